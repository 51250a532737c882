//! The list of imported tickets, newest update first.

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

use super::tickets::{CandidateRow, accepted};
use super::{ProjectMapping, Store, StoreError};
use crate::control_plane::trackers::clean_body;
use crate::text::truncate;
use crate::wire::candidate::{FieldError, MatchType, OriginCandidate};
use crate::wire::full_ticket::FullTicket;
use crate::wire::ticket::StatusFilter;

/// The most characters of a body in a list, which shows only its beginning.
const BODY_CHARACTERS: usize = 4_000;

/// What an import may say about a ticket for its place in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TicketDetails {
    /// UTC, in one format.
    pub updated_at: Option<String>,
    pub assignee: Option<String>,
}

impl TicketDetails {
    pub(super) fn from_json(object: &Map<String, Value>) -> Result<Self, FieldError> {
        let text = |field| match object.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(FieldError::new(field, "must be a string")),
        };
        let time = |text: String| {
            let time = DateTime::parse_from_rfc3339(&text).ok();
            let time = time.map(|time| time.with_timezone(&Utc));
            time.map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
                .ok_or_else(|| FieldError::new("updated_at", "must be an RFC 3339 time"))
        };
        Ok(Self {
            updated_at: text("updated_at")?.map(time).transpose()?,
            assignee: text("assignee")?,
        })
    }
}

/// Where a page ends: the update and the row of its last ticket. Clients send it back unread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Empty if it is unknown.
    updated_at: String,
    row: i64,
}

impl Cursor {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (updated_at, row) = text.rsplit_once('~')?;
        Some(Self {
            updated_at: updated_at.to_owned(),
            row: row.parse().ok()?,
        })
    }

    fn text(&self) -> String {
        format!("{}~{}", self.updated_at, self.row)
    }
}

/// One page of a list.
#[derive(Debug)]
pub(crate) struct TicketPage {
    pub tickets: Vec<FullTicket>,
    /// `None` on the last page.
    pub next_cursor: Option<String>,
}

/// Row, id, key, title, status, URL, kind of status, update, assignee, body.
pub(super) type FullRow = (
    i64,
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
);

pub(super) const LIST: &str =
    "SELECT id, external_issue_id, external_issue_key, title, status, url, status_kind, updated_at,
         assignee, body
     FROM tickets
     WHERE provider = ?1 AND resource_type = ?2 AND resource_id = ?3
         AND coalesce(status_kind, '') IN (SELECT value FROM json_each(?4))
         AND (coalesce(updated_at, '') < ?5 OR (coalesce(updated_at, '') = ?5 AND id > ?6)
              OR ?5 IS NULL)
     ORDER BY coalesce(updated_at, '') DESC, id LIMIT ?7";

impl Store {
    /// Lists the tickets of the project's resource. Those without a known update come last, in the
    /// order of their import.
    pub(crate) async fn tickets_by_update(
        &self,
        project: &ProjectMapping,
        status: StatusFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<TicketPage, StoreError> {
        let mut rows: Vec<FullRow> = sql!(fetch_all(&self.pool): LIST;
            &project.provider, &project.resource_type, &project.resource_id, accepted(status),
            after.map(|cursor| &cursor.updated_at), after.map(|cursor| cursor.row), limit + 1)?;
        let has_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let last = rows.last().filter(|_| has_more);
        let next_cursor = last.map(|(row, .., updated_at, _, _)| {
            let cursor = Cursor {
                updated_at: updated_at.clone().unwrap_or_default(),
                row: *row,
            };
            cursor.text()
        });
        Ok(TicketPage {
            tickets: self.full_tickets(project, rows, MatchType::Text).await?,
            next_cursor,
        })
    }

    /// The tickets of these rows. Only an exact match has its whole body.
    pub(super) async fn full_tickets(
        &self,
        project: &ProjectMapping,
        rows: Vec<FullRow>,
        match_type: MatchType,
    ) -> Result<Vec<FullTicket>, StoreError> {
        let mut details = HashMap::new();
        let mut of_candidates: Vec<CandidateRow> = Vec::new();
        for (_, issue, key, title, status, url, kind, updated_at, assignee, body) in rows {
            details.insert(issue.clone(), (updated_at, assignee, body));
            of_candidates.push((issue, key, title, status, url, kind));
        }
        let candidates = self.candidates(project, of_candidates, match_type);
        let full = |candidate: OriginCandidate| {
            let (updated_at, assignee, body) = details.remove(candidate.external_issue_id())?;
            Some(FullTicket {
                candidate,
                assignee,
                updated_at,
                body: match match_type {
                    MatchType::Exact => clean_body(&body),
                    MatchType::Text => Some(truncate(&body, BODY_CHARACTERS).into_owned())
                        .filter(|body| !body.is_empty()),
                },
                branch_name: None,
            })
        };
        Ok(candidates.await?.into_iter().filter_map(full).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn details(document: &Value) -> Result<TicketDetails, FieldError> {
        TicketDetails::from_json(document.as_object().unwrap())
    }

    #[test]
    fn times_of_any_zone_have_one_format() {
        for (said, kept) in [
            ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00.000Z"),
            ("2026-11-22T12:30:00.5+02:00", "2026-11-22T10:30:00.500Z"),
        ] {
            let read = details(&json!({"updated_at": said})).unwrap();
            assert_eq!(read.updated_at.as_deref(), Some(kept));
        }
        let none = json!({"updated_at": null, "assignee": null});
        assert_eq!(details(&none), Ok(TicketDetails::default()));
        for (field, value) in [
            ("updated_at", json!("yesterday")),
            ("updated_at", json!(7)),
            ("assignee", json!({"name": "Ada"})),
        ] {
            assert_eq!(details(&json!({field: value})).unwrap_err().field, field);
        }
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for (updated_at, row) in [("2026-11-22T10:00:00.000Z", 7), ("", 1)] {
            let updated_at = updated_at.to_owned();
            let cursor = Cursor { updated_at, row };
            assert_eq!(Cursor::parse(&cursor.text()), Some(cursor));
        }
        for text in ["", "7", "x~", "x~y"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
