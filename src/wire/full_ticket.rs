//! A ticket with everything that the control plane says about it.

use serde::Serialize;
use serde_json::Value;

use super::candidate::{FieldError, OriginCandidate};

/// A ticket, and what only a person reads of it. A search by words leaves the rest out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FullTicket {
    #[serde(flatten)]
    pub candidate: OriginCandidate,
    /// The name of a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    /// Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The tracker's own suggestion for a git branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch_name: Option<String>,
}

impl FullTicket {
    /// Reads the candidate strictly. The rest may be missing, or have another form.
    pub(crate) fn from_json(document: &Value) -> Result<Self, FieldError> {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let person = document.get("assignee");
        let name = person.and_then(|person| person.get("name"));
        Ok(Self {
            candidate: OriginCandidate::from_json(document)?,
            assignee: text(person).or_else(|| text(name)),
            updated_at: text(document.get("updated_at")),
            body: text(document.get("body")),
            branch_name: text(document.get("branch_name")),
        })
    }
}

impl From<OriginCandidate> for FullTicket {
    fn from(candidate: OriginCandidate) -> Self {
        Self {
            candidate,
            assignee: None,
            updated_at: None,
            body: None,
            branch_name: None,
        }
    }
}
