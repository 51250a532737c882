//! Edits one top-level block of a YAML file and nothing else.
//!
//! The editor works on lines, so comments, order, quoting and line endings survive. A parser then
//! compares the old and the new text: they may differ only in the requested change. Syntax that the
//! editor does not support (a flow mapping, an anchor used elsewhere, an explicit key) fails this
//! comparison, and the edit is refused.

use serde_json::{Map, Value};

pub(crate) use super::yaml::{Change, YamlError, parse};
use super::yaml_lines::YamlLines;
pub(crate) use super::yaml_lines::scalar;

/// Changes the block of a key. A missing or empty block first gets the lines of `template`, which
/// are indented by two and each end in a newline.
pub(crate) fn change_block(
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

    let mut lines = YamlLines::of(text);
    match lines.block(key) {
        None => lines.append_block(key, template),
        Some(found) => lines.fill_empty_block(key, found, template),
    }
    // In reverse, because each new key becomes the first.
    for change in changes.iter().rev() {
        lines.change(key, *change);
    }
    verified(lines.text(), &expected).ok_or_else(|| YamlError::Refused {
        key: key.to_owned(),
        lines: by_hand(key, changes),
    })
}

/// Removes the block of a key and the comments in it.
pub(crate) fn remove_block(text: &str, key: &str) -> Result<String, YamlError> {
    let mut expected: Map<String, Value> = parse(text)?;
    if expected.remove(key).is_none() {
        return Ok(text.to_owned());
    }
    let mut lines = YamlLines::of(text);
    if let Some(found) = lines.block(key) {
        lines.remove_block(found);
    }
    verified(lines.text(), &expected).ok_or_else(|| YamlError::Refused {
        key: key.to_owned(),
        lines: String::new(),
    })
}

/// The text, if it parses to exactly the expected mapping.
fn verified(text: String, expected: &Map<String, Value>) -> Option<String> {
    let found: Map<String, Value> = parse(&text).ok()?;
    (found == *expected && !has_lone_carriage_return(&text)).then_some(text)
}

/// A single carriage return ends a line in YAML, but not in this editor.
fn has_lone_carriage_return(text: &str) -> bool {
    text.replace("\r\n", "").contains('\r')
}

fn by_hand(key: &str, changes: &[Change<'_>]) -> String {
    let mut lines = format!("{key}:");
    for change in changes {
        if let Change::Set(name, value) = change {
            lines.extend(["\n  ", name, ": ", &scalar(value)]);
        }
    }
    lines
}

#[cfg(test)]
#[path = "yaml_block_tests.rs"]
mod tests;
