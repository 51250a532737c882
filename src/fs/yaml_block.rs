//! Edits one top-level block of a YAML file and nothing else (QUEUE §4.2).
//!
//! The text is edited by lines, so that comments, order, quoting and line endings survive; a parser
//! then reads the old and the new text and both must mean the same except for the one change that
//! was asked for. Whatever this plain editor does not understand (a flow mapping, an anchor used
//! elsewhere, an explicit key) fails that comparison and is refused.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::yaml_lines::Lines;
pub use super::yaml_lines::scalar;

/// One change inside a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'a> {
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
pub fn parse<T: DeserializeOwned + Default>(text: &str) -> Result<T, YamlError> {
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

/// Makes these changes inside the block of a key. Where there is no such block (or only an empty
/// one) it gets the lines of `template` first: indented by two, each ended by a newline.
pub fn change_block(
    text: &str,
    key: &str,
    template: &str,
    changes: &[Change<'_>],
) -> Result<String, YamlError> {
    let before: Map<String, Value> = parse(text)?;
    let mut block = match before.get(key) {
        None | Some(Value::Null) => parse(template)?,
        Some(Value::Object(block)) if block.is_empty() => parse(template)?,
        Some(Value::Object(block)) => block.clone(),
        Some(_) => return Err(YamlError::Syntax(format!("{key} must be a mapping"))),
    };
    for change in changes {
        match *change {
            Change::Set(name, value) => block.insert(name.to_owned(), value.into()),
            Change::Remove(name) => block.remove(name),
        };
    }
    let mut expected = before;
    expected.insert(key.to_owned(), Value::Object(block));

    let mut lines = Lines::of(text);
    let found = lines.block(key);
    if found.is_none() {
        lines.append_block(key, template);
    } else if let Some(header) = found.and_then(|found| lines.empty_block(key, found)) {
        lines.fill_block(key, header, template);
    }
    // Backwards, because new keys are put first.
    for change in changes.iter().rev() {
        lines.change(key, *change);
    }
    verified(lines.text(), &expected).ok_or_else(|| YamlError::Refused {
        key: key.to_owned(),
        lines: by_hand(key, changes),
    })
}

/// Takes away the block of a key, with the comments inside it.
pub fn remove_block(text: &str, key: &str) -> Result<String, YamlError> {
    let mut expected: Map<String, Value> = parse(text)?;
    if expected.remove(key).is_none() {
        return Ok(text.to_owned());
    }
    let mut lines = Lines::of(text);
    if let Some(found) = lines.block(key) {
        lines.remove_block(found);
    }
    verified(lines.text(), &expected).ok_or_else(|| YamlError::Refused {
        key: key.to_owned(),
        lines: String::new(),
    })
}

/// The text, if it means exactly what is expected.
fn verified(text: String, expected: &Map<String, Value>) -> Option<String> {
    let found: Map<String, Value> = parse(&text).ok()?;
    (found == *expected && !has_lone_carriage_return(&text)).then_some(text)
}

/// A carriage return alone also ends a line in YAML, but not for this editor.
fn has_lone_carriage_return(text: &str) -> bool {
    text.replace("\r\n", "").contains('\r')
}

fn by_hand(key: &str, changes: &[Change<'_>]) -> String {
    let mut lines = format!("{key}:");
    for change in changes {
        if let Change::Set(name, value) = change {
            lines.push_str("\n  ");
            lines.push_str(name);
            lines.push_str(": ");
            lines.push_str(&scalar(value));
        }
    }
    lines
}

#[cfg(test)]
#[path = "yaml_block_tests.rs"]
mod tests;
