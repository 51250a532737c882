//! A ticket in a search response, and its strict parser.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::NON_EMPTY;
use super::ticket::{KnownMission, StatusKind};

/// The most bytes of all fields of a candidate together. `meta.json`, events and intent files hold
/// them, and each of these has a size limit.
const LARGEST: usize = 256 * 1024;

/// How a search found a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MatchType {
    /// The query is its key, or a former key of it.
    Exact,
    /// Its text matched.
    #[default]
    Text,
}

/// A ticket that can become the origin of a mission. [`OriginCandidate::new`] and
/// [`OriginCandidate::from_json`] are the only constructors, so its id, key, title and URL are never
/// empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Value")]
pub struct OriginCandidate(CandidateFields);

/// The unchecked fields of a candidate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CandidateFields {
    /// The tracker's internal id.
    pub external_issue_id: String,
    /// The human-readable key: `WEB-123`.
    pub external_issue_key: String,
    pub title: String,
    /// May be empty.
    pub status: String,
    pub url: String,
    pub match_type: MatchType,
    /// `None` if the server does not send it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_kind: Option<StatusKind>,
    /// The missions that the ticket has; `None` if the server does not send them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missions: Option<Vec<KnownMission>>,
}

/// The field of a received document that breaks a rule, and the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct FieldError {
    /// Path of the field: `candidates[2].url`.
    pub field: String,
    /// `is missing`, `must be a non-empty string`, …
    pub rule: &'static str,
}

impl FieldError {
    pub fn new(field: impl Into<String>, rule: &'static str) -> Self {
        Self {
            field: field.into(),
            rule,
        }
    }

    /// The same error with its path below `outer`.
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
        let mut size = 0;
        for (field, value, required) in [
            ("external_issue_id", &fields.external_issue_id, true),
            ("external_issue_key", &fields.external_issue_key, true),
            ("status", &fields.status, false),
            ("url", &fields.url, true),
            ("title", &fields.title, true),
        ] {
            if required && value.is_empty() {
                return Err(FieldError::new(field, NON_EMPTY));
            }
            size += value.len();
            if size > LARGEST {
                return Err(FieldError::new(field, "makes it larger than 256 KiB"));
            }
        }
        if !is_http_url(&fields.url) {
            return Err(FieldError::new("url", "must be an http or https URL"));
        }
        Ok(Self(fields))
    }

    /// Reads one candidate strictly: it converts and invents no value, and ignores unknown fields.
    pub fn from_json(document: &Value) -> Result<Self, FieldError> {
        let Value::Object(object) = document else {
            return Err(FieldError::new("candidate", "must be an object"));
        };
        let match_type = match object.get("match_type") {
            None | Some(Value::Null) => MatchType::Text,
            Some(Value::String(word)) if word == "exact" => MatchType::Exact,
            Some(Value::String(word)) if word == "text" => MatchType::Text,
            Some(_) => return Err(FieldError::new("match_type", MATCH_TYPE)),
        };
        let status = match object.get("status") {
            Some(Value::String(status)) => status.clone(),
            None => return Err(FieldError::new("status", "is missing")),
            Some(_) => return Err(FieldError::new("status", "must be a string")),
        };
        let missions = KnownMission::listed(object.get("missions"))
            .map_err(|_| FieldError::new("missions", "must be a list of missions"))?;
        let kind = object.get("status_kind").cloned().unwrap_or_default();
        Self::new(CandidateFields {
            external_issue_id: required_string(object, "external_issue_id")?,
            external_issue_key: required_string(object, "external_issue_key")?,
            title: required_string(object, "title")?,
            status,
            url: required_string(object, "url")?,
            match_type,
            // Other servers may have kinds of their own.
            status_kind: serde_json::from_value(kind).ok(),
            missions,
        })
    }

    /// The tracker's internal id.
    pub fn external_issue_id(&self) -> &str {
        &self.0.external_issue_id
    }

    /// The human-readable key: `WEB-123`.
    pub fn external_issue_key(&self) -> &str {
        &self.0.external_issue_key
    }

    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// May be empty.
    pub fn status(&self) -> &str {
        &self.0.status
    }

    pub fn url(&self) -> &str {
        &self.0.url
    }

    pub fn match_type(&self) -> MatchType {
        self.0.match_type
    }

    pub fn status_kind(&self) -> Option<StatusKind> {
        self.0.status_kind
    }

    /// The missions that the ticket has; `None` if the server does not send them.
    pub fn missions(&self) -> Option<&[KnownMission]> {
        self.0.missions.as_deref()
    }
}

impl TryFrom<Value> for OriginCandidate {
    type Error = FieldError;

    fn try_from(document: Value) -> Result<Self, FieldError> {
        Self::from_json(&document)
    }
}

const MATCH_TYPE: &str = "must be \"exact\" or \"text\"";

/// A required, non-empty string.
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
    fn an_empty_or_wrong_field_is_rejected() {
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
    fn the_default_match_type_is_text() {
        for none in [json!(null), json!("text")] {
            let mut document = complete();
            document["match_type"] = none;
            let candidate = OriginCandidate::from_json(&document).unwrap();
            assert_eq!(candidate.match_type(), MatchType::Text);
        }
    }
}
