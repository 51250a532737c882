//! A ticket as a search answers it, and the strict reading of one (DESIGN §5).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

/// The most bytes of all texts of a candidate. They are written into `meta.json`, an event and an
/// intent, and all of these are read up to a limit.
const LARGEST: usize = 256 * 1024;

/// How a candidate came to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchType {
    /// Its key is the one that was asked for (or is where that one moved to).
    Exact,
    /// Its text matched.
    #[default]
    Text,
}

/// A ticket that may become the origin of a mission. It can only be made by [`OriginCandidate::new`]
/// or [`OriginCandidate::from_json`], so none has an empty id, key, title or URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value")]
pub struct OriginCandidate {
    external_issue_id: String,
    external_issue_key: String,
    title: String,
    status: String,
    url: String,
    match_type: MatchType,
}

/// The raw fields of a candidate.
#[derive(Debug, Clone, Default)]
pub struct CandidateFields {
    /// The tracker's own id.
    pub external_issue_id: String,
    /// The key people use: `WEB-123`.
    pub external_issue_key: String,
    /// The ticket's title, as written.
    pub title: String,
    /// The ticket's status; may be empty.
    pub status: String,
    /// Where to read it.
    pub url: String,
    /// How it was found.
    pub match_type: MatchType,
}

/// A document from outside that breaks a rule: which field, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct FieldError {
    /// Path of the field: `candidates[2].url`.
    pub field: String,
    /// `is missing`, `must be a non-empty string`, …
    pub rule: &'static str,
}

impl FieldError {
    /// An error for a field.
    pub fn new(field: impl Into<String>, rule: &'static str) -> Self {
        Self {
            field: field.into(),
            rule,
        }
    }

    /// The same error, seen from the document that holds this one.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        Self {
            field: format!("{outer}.{}", self.field),
            ..self
        }
    }
}

impl OriginCandidate {
    /// Checks the fields: non-empty id, key and title, and an http(s) URL.
    pub fn new(fields: CandidateFields) -> Result<Self, FieldError> {
        let CandidateFields {
            external_issue_id,
            external_issue_key,
            title,
            status,
            url,
            match_type,
        } = fields;
        for (field, value) in [
            ("external_issue_id", &external_issue_id),
            ("external_issue_key", &external_issue_key),
            ("title", &title),
            ("url", &url),
        ] {
            if value.is_empty() {
                return Err(FieldError::new(field, NON_EMPTY));
            }
        }
        let mut size = 0;
        for (field, value) in [
            ("external_issue_id", &external_issue_id),
            ("external_issue_key", &external_issue_key),
            ("status", &status),
            ("url", &url),
            ("title", &title),
        ] {
            size += value.len();
            if size > LARGEST {
                return Err(FieldError::new(field, "makes it larger than 256 KiB"));
            }
        }
        if !is_http_url(&url) {
            return Err(FieldError::new("url", "must be an http or https URL"));
        }
        Ok(Self {
            external_issue_id,
            external_issue_key,
            title,
            status,
            url,
            match_type,
        })
    }

    /// Reads one candidate strictly: no value is converted or invented, unknown fields are ignored.
    pub fn from_json(document: &Value) -> Result<Self, FieldError> {
        let Value::Object(object) = document else {
            return Err(FieldError::new("candidate", "must be an object"));
        };
        let match_type = match object.get("match_type") {
            None | Some(Value::Null) => MatchType::Text,
            Some(Value::String(word)) if word == "exact" => MatchType::Exact,
            Some(Value::String(word)) if word == "text" => MatchType::Text,
            Some(_) => {
                return Err(FieldError::new(
                    "match_type",
                    "must be \"exact\" or \"text\"",
                ));
            }
        };
        let status = match object.get("status") {
            Some(Value::String(status)) => status.clone(),
            None => return Err(FieldError::new("status", "is missing")),
            Some(_) => return Err(FieldError::new("status", "must be a string")),
        };
        Self::new(CandidateFields {
            external_issue_id: required_string(object, "external_issue_id")?,
            external_issue_key: required_string(object, "external_issue_key")?,
            title: required_string(object, "title")?,
            status,
            url: required_string(object, "url")?,
            match_type,
        })
    }

    /// The tracker's own id.
    pub fn external_issue_id(&self) -> &str {
        &self.external_issue_id
    }

    /// The key people use: `WEB-123`.
    pub fn external_issue_key(&self) -> &str {
        &self.external_issue_key
    }

    /// The ticket's title, as written.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The ticket's status; may be empty.
    pub fn status(&self) -> &str {
        &self.status
    }

    /// Where to read it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How it was found.
    pub fn match_type(&self) -> MatchType {
        self.match_type
    }
}

impl TryFrom<Value> for OriginCandidate {
    type Error = FieldError;

    fn try_from(document: Value) -> Result<Self, FieldError> {
        Self::from_json(&document)
    }
}

const NON_EMPTY: &str = "must be a non-empty string";

/// A field that must be there and be a non-empty string.
pub(crate) fn required_string(
    object: &Map<String, Value>,
    field: &str,
) -> Result<String, FieldError> {
    match object.get(field) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        Some(_) => Err(FieldError::new(field, NON_EMPTY)),
        None => Err(FieldError::new(field, "is missing")),
    }
}

fn is_http_url(text: &str) -> bool {
    !text.chars().any(char::is_control)
        && Url::parse(text)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn complete() -> Value {
        json!({
            "external_issue_id": "9f1c", "external_issue_key": "WEB-1", "title": "Sign in",
            "status": "", "url": "https://linear.app/x", "match_type": "exact", "body": 7,
        })
    }

    #[test]
    fn a_candidate_has_its_fields() {
        let candidate = OriginCandidate::from_json(&complete()).unwrap();
        assert_eq!(candidate.external_issue_id(), "9f1c");
        assert_eq!(candidate.external_issue_key(), "WEB-1");
        assert_eq!(candidate.title(), "Sign in");
        assert_eq!(candidate.status(), "");
        assert_eq!(candidate.url(), "https://linear.app/x");
        assert_eq!(candidate.match_type(), MatchType::Exact);
        let written = serde_json::to_value(&candidate).unwrap();
        let read: OriginCandidate = serde_json::from_value(written).unwrap();
        assert_eq!(read, candidate);
    }

    #[test]
    fn none_can_be_made_with_an_empty_or_wrong_field() {
        let cases = [
            ("external_issue_id", json!(""), NON_EMPTY),
            ("external_issue_id", json!(1), NON_EMPTY),
            ("external_issue_key", json!(null), NON_EMPTY),
            ("title", json!(""), NON_EMPTY),
            ("status", json!(1), "must be a string"),
            ("url", json!(""), NON_EMPTY),
            (
                "url",
                json!("javascript:alert(1)"),
                "must be an http or https URL",
            ),
            ("url", json!("https://x/\n"), "must be an http or https URL"),
            (
                "match_type",
                json!("fuzzy"),
                "must be \"exact\" or \"text\"",
            ),
        ];
        for (field, value, rule) in cases {
            let mut document = complete();
            document[field] = value;
            let error = OriginCandidate::from_json(&document).unwrap_err();
            assert_eq!(error, FieldError::new(field, rule));
        }
        for field in [
            "external_issue_id",
            "external_issue_key",
            "title",
            "status",
            "url",
        ] {
            let mut document = complete();
            document.as_object_mut().unwrap().remove(field);
            let error = OriginCandidate::from_json(&document).unwrap_err();
            assert_eq!(error, FieldError::new(field, "is missing"));
        }
    }

    #[test]
    fn without_a_match_type_it_is_a_match_of_text() {
        for none in [json!(null), json!("text")] {
            let mut document = complete();
            document["match_type"] = none;
            let candidate = OriginCandidate::from_json(&document).unwrap();
            assert_eq!(candidate.match_type(), MatchType::Text);
        }
    }
}
