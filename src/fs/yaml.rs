//! Reading YAML, and what may be changed in it.

use serde::de::DeserializeOwned;

/// One change inside a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change<'a> {
    /// Gives the key this text.
    Set(&'a str, &'a str),
    /// Takes the key away.
    Remove(&'a str),
}

/// Why a text could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum YamlError {
    /// It is not YAML, or does not have the expected form.
    #[error("{0}")]
    Syntax(String),
    /// The change cannot be made without touching more than the block.
    #[error("the {key} block cannot be changed without touching anything else")]
    Refused {
        /// The block's key.
        key: String,
        /// The lines a person should write instead; empty where the block is to go.
        lines: String,
    },
}

/// Reads a text into a type; an empty document is the type's default.
pub(crate) fn parse<T: DeserializeOwned + Default>(text: &str) -> Result<T, YamlError> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::AsString,
    };
    serde_saphyr::from_str_with_options::<Option<T>>(text, options)
        .map(Option::unwrap_or_default)
        .map_err(|error| {
            let plain = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
            YamlError::Syntax(plain)
        })
}
