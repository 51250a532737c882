//! A Jira issue in an answer.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::control_plane::trackers::fields::text;
use crate::control_plane::trackers::ticket::timestamp;
use crate::control_plane::trackers::{Ticket, TrackerError, adf};
use crate::web::ServerUrl;
use crate::wire::ticket::StatusKind;

/// The fields that a list of tickets needs.
pub(super) const FIELDS: [&str; 5] = ["summary", "status", "assignee", "updated", "project"];
/// [`FIELDS`] and the description.
pub(super) const FIELDS_WITH_BODY: &str = "summary,status,assignee,updated,project,description";

/// An issue as Jira sends it. Only the description is not parsed: it can be nested deeper than the
/// parser goes.
#[derive(Debug, Deserialize)]
pub(super) struct Issue {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    key: Value,
    #[serde(default)]
    fields: Fields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    summary: Value,
    status: Value,
    assignee: Value,
    updated: Value,
    project: Value,
    description: Option<Box<RawValue>>,
}

impl Issue {
    pub(super) fn parse(json: &[u8]) -> Result<Self, TrackerError> {
        let unreadable = |_| TrackerError::field("issue", "cannot be read");
        serde_json::from_slice(json).map_err(unreadable)
    }

    /// Whether it belongs to a project. Jira sends ids as strings.
    pub(super) fn is_in(&self, project: &str) -> Result<bool, TrackerError> {
        match self.fields.project.get("id") {
            Some(Value::Number(id)) => Ok(id.to_string() == project),
            _ => match text(&self.fields.project, "id") {
                Ok(id) => Ok(id == project),
                Err(_) => Err(TrackerError::field("fields.project.id", "is missing")),
            },
        }
    }

    pub(super) fn into_ticket(self, site: &ServerUrl) -> Result<Ticket, TrackerError> {
        let Self { id, key, fields } = self;
        let required = |name, value: &Value| match value {
            Value::String(text) if !text.is_empty() => Ok(text.clone()),
            Value::Null => Err(TrackerError::field(name, "is missing")),
            _ => Err(TrackerError::field(name, "must be a non-empty string")),
        };
        let key = required("key", &key)?;
        let url = site.endpoint(&format!("/browse/{key}")).to_string();
        let optional = |value, path| text(value, path).ok().map(str::to_owned);
        let category = text(&fields.status, "statusCategory.key");
        Ticket {
            external_issue_id: required("id", &id)?,
            external_issue_key: key,
            title: required("fields.summary", &fields.summary)?,
            status: optional(&fields.status, "name").unwrap_or_default(),
            status_kind: category.ok().and_then(status_kind),
            url,
            assignee: optional(&fields.assignee, "displayName"),
            updated_at: fields.updated.as_str().and_then(timestamp),
            body: fields.description.as_deref().map(body),
            branch_name: None,
        }
        .checked()
    }
}

/// The description: a document tree, or wiki markup, which stays as it is.
fn body(description: &RawValue) -> String {
    let json = description.get();
    if let Ok(text) = serde_json::from_str::<String>(json) {
        return text;
    }
    adf::to_markdown(json)
}

fn status_kind(category: &str) -> Option<StatusKind> {
    Some(match category {
        "new" => StatusKind::Unstarted,
        "indeterminate" => StatusKind::Started,
        "done" => StatusKind::Done,
        _ => return None,
    })
}
