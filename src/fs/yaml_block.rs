//! Edits one top-level block of a YAML file and nothing else (QUEUE §4.2).
//!
//! The text is edited by lines, so that comments, order, quoting and line endings survive; a parser
//! then reads the old and the new text and both must mean the same except for the one change that
//! was asked for. Whatever this plain editor does not understand (a flow mapping, an anchor used
//! elsewhere, an explicit key) fails that comparison and is refused.

use serde_json::{Map, Value};

pub(crate) use super::yaml::{Change, YamlError, parse};
use super::yaml_lines::Lines;
pub(crate) use super::yaml_lines::scalar;

/// Makes these changes inside the block of a key. Where there is no such block (or only an empty
/// one) it gets the lines of `template` first: indented by two, each ended by a newline.
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
pub(crate) fn remove_block(text: &str, key: &str) -> Result<String, YamlError> {
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
