//! Request and response of the list of tickets.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::candidate::{FieldError, required_string};
use super::full_ticket::FullTicket;
use super::response::parse_object;
use super::ticket::StatusFilter;

/// Body of [`super::LIST_TICKETS_PATH`]. One of `project_slug` and `binding_ref` is present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListRequest {
    /// `jira` or `linear`.
    pub provider: String,
    /// The project's name on the control plane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_slug: Option<String>,
    /// The control plane's stable reference to the project, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding_ref: Option<String>,
    /// The most tickets: 1 to 100.
    pub limit: u32,
    /// Only the tickets of the user. If absent, the server decides: true if it knows who that is in
    /// the tracker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mine: Option<bool>,
    /// Which tickets; `all` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusFilter>,
    /// [`ListResponse::next_cursor`] of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Response of the list path.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ListResponse {
    /// Newest update first.
    pub tickets: Vec<FullTicket>,
    /// For example `linear_team`. Can be empty if there are no tickets.
    pub resource_type: String,
    pub resource_id: String,
    /// Whether there is another page.
    pub has_more: bool,
    /// What the request for the next page contains; opaque.
    pub next_cursor: Option<String>,
    /// Whether these are only tickets of the user; `None` if the server does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mine: Option<bool>,
}

impl ListResponse {
    /// Drops tickets beyond `limit`, and then the cursor, which would skip them.
    pub(crate) fn parse(body: &[u8], limit: usize) -> Result<Self, FieldError> {
        let object = parse_object(body)?;
        let listed = match object.get("tickets") {
            Some(Value::Array(listed)) => listed,
            Some(_) => return Err(FieldError::new("tickets", "must be a list")),
            None => return Err(FieldError::new("tickets", "is missing")),
        };
        let mut tickets = Vec::new();
        for (i, document) in listed.iter().enumerate() {
            let ticket = FullTicket::from_json(document);
            tickets.push(ticket.map_err(|error| error.within(&format!("tickets[{i}]")))?);
        }
        let resource = |field| match required_string(&object, field) {
            Err(_) if tickets.is_empty() => Ok(String::new()),
            other => other,
        };
        let (resource_type, resource_id) = (resource("resource_type")?, resource("resource_id")?);
        let is_cut = tickets.len() > limit;
        tickets.truncate(limit);
        let next_cursor = required_string(&object, "next_cursor").ok();
        let said = |field| object.get(field).and_then(Value::as_bool);
        let has_more = is_cut || said("has_more").unwrap_or(next_cursor.is_some());
        let next_cursor = next_cursor.filter(|_| has_more && !is_cut);
        Ok(Self {
            mine: said("mine"),
            tickets,
            resource_type,
            resource_id,
            has_more,
            next_cursor,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ticket(key: &str) -> Value {
        json!({
            "external_issue_id": key, "external_issue_key": key, "title": "T", "status": "Todo",
            "url": "https://linear.app/acme/issue/x", "match_type": "text", "assignee": "Ada",
            "updated_at": "2026-11-22T10:00:00Z", "body": "Text",
        })
    }

    #[test]
    fn a_written_list_is_read_again() {
        let body = json!({
            "tickets": [ticket("WEB-1")], "resource_type": "linear_team", "resource_id": "t",
            "has_more": true, "next_cursor": "c", "mine": false,
        });
        let read = ListResponse::parse(body.to_string().as_bytes(), 10).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), body);
    }

    #[test]
    fn a_longer_list_has_more() {
        let body = json!({
            "tickets": [ticket("WEB-1"), ticket("WEB-2")], "resource_type": "x", "resource_id": "y",
            "next_cursor": "c",
        });
        for (limit, shown, cursor) in [(2, 2, Some("c")), (1, 1, None)] {
            let read = ListResponse::parse(body.to_string().as_bytes(), limit).unwrap();
            assert_eq!((read.tickets.len(), read.has_more), (shown, true));
            assert_eq!(read.next_cursor.as_deref(), cursor);
        }
    }
}
