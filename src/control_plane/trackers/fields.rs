//! Reads the fields of a JSON answer by path. An error names the field.

use serde_json::Value;

use super::TrackerError;

/// A required, non-empty string.
pub(super) fn text<'a>(document: &'a Value, path: &str) -> Result<&'a str, TrackerError> {
    match at(document, path) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(Value::Null) | None => Err(TrackerError::field(path, "is missing")),
        Some(_) => Err(TrackerError::field(path, "must be a non-empty string")),
    }
}

/// A required list.
pub(super) fn list<'a>(document: &'a Value, path: &str) -> Result<&'a [Value], TrackerError> {
    match at(document, path) {
        Some(Value::Array(list)) => Ok(list),
        Some(Value::Null) | None => Err(TrackerError::field(path, "is missing")),
        Some(_) => Err(TrackerError::field(path, "must be a list")),
    }
}

/// Whether a field is `true`.
pub(super) fn true_or_false(document: &Value, path: &str) -> bool {
    at(document, path) == Some(&Value::Bool(true))
}

/// The value at a path like `state.name`.
fn at<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.')
        .try_fold(document, |value, name| value.get(name))
}
