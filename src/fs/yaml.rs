//! Parses YAML, and names the possible changes of a block.

use serde::de::DeserializeOwned;

/// One change in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change<'a> {
    /// Sets a key to a text.
    Set(&'a str, &'a str),
    /// Removes a key.
    Remove(&'a str),
}

/// Why a text could not be parsed or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum YamlError {
    /// It is not valid YAML, or does not have the expected form.
    #[error("{0}")]
    Syntax(String),
    /// The change would affect more than the block. `lines` are the lines to write by hand, empty
    /// if the block should be removed.
    #[error("the {key} block cannot be changed without affecting other parts of the file")]
    Refused { key: String, lines: String },
}

/// Parses a text; an empty document gives the type's default.
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
