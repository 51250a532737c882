//! Imported tickets, and the search in them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use sqlx::SqliteConnection;

use super::missions::missions_of;
use super::ticket_list::{FullRow, TicketDetails};
use super::{ProjectMapping, STEPS, Store, StoreError};
use crate::wire::candidate::{
    CandidateFields, FieldError, MatchType, OriginCandidate, required_string,
};
use crate::wire::full_ticket::FullTicket;
use crate::wire::ticket::{KnownMission, StatusFilter, StatusKind};
use crate::wire::{PROVIDER_NAME, Provider};

const STATUS_KIND: &str =
    "must be \"backlog\", \"unstarted\", \"started\", \"done\" or \"canceled\"";

/// A ticket of `admin tickets import`: a search candidate in a tracker resource.
#[derive(Debug, Clone)]
pub(crate) struct ImportedTicket {
    provider: Provider,
    resource_type: String,
    resource_id: String,
    candidate: OriginCandidate,
    /// As the document says, or as the name of the status suggests.
    status_kind: Option<StatusKind>,
    /// A text search also searches the body.
    body: String,
    details: TicketDetails,
}

impl ImportedTicket {
    /// Parses one ticket. Ignores unknown fields.
    pub(crate) fn from_json(document: &Value) -> Result<Self, FieldError> {
        let Value::Object(object) = document else {
            return Err(FieldError::new("ticket", "must be an object"));
        };
        let candidate = OriginCandidate::from_json(document)?;
        let status_kind = match object.get("status_kind") {
            None | Some(Value::Null) => StatusKind::of_status(candidate.status()),
            Some(_) => candidate
                .status_kind()
                .map(Some)
                .ok_or_else(|| FieldError::new("status_kind", STATUS_KIND))?,
        };
        let provider = required_string(object, "provider")?;
        Ok(Self {
            provider: provider
                .parse()
                .map_err(|_| FieldError::new("provider", PROVIDER_NAME))?,
            resource_type: required_string(object, "resource_type")?,
            resource_id: required_string(object, "resource_id")?,
            candidate,
            status_kind,
            details: TicketDetails::from_json(object)?,
            body: match object.get("body") {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(body)) => body.clone(),
                Some(_) => return Err(FieldError::new("body", "must be a string")),
            },
        })
    }
}

/// `CROSS JOIN` makes the full-text index the outer loop. SQLite would search the index once for each
/// ticket of the resource.
pub(super) const TEXT_SEARCH: &str =
    "SELECT t.external_issue_id, t.external_issue_key, t.title, t.status, t.url, t.status_kind
     FROM ticket_text CROSS JOIN tickets AS t ON t.id = ticket_text.rowid
     WHERE ticket_text MATCH ?1 AND t.provider = ?2 AND t.resource_type = ?3 AND t.resource_id = ?4
         AND coalesce(t.status_kind, '') IN (SELECT value FROM json_each(?5))
     ORDER BY coalesce(t.status_kind, '') IN (SELECT value FROM json_each(?6)),
         bm25(ticket_text, 10.0, 5.0, 1.0), t.id
     LIMIT ?7";

/// A text search among the tickets of a project.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextQuery<'a> {
    pub text: &'a str,
    pub status: StatusFilter,
    /// The most tickets.
    pub limit: u32,
    /// The search ends after this time.
    pub time: Duration,
}

#[derive(Debug)]
pub(crate) struct FoundTickets {
    pub tickets: Vec<FullTicket>,
    /// Whether more tickets match.
    pub has_more: bool,
}

pub(super) type CandidateRow = (String, String, String, String, String, Option<String>);

/// A row that is not a valid candidate is skipped. An import checks them, so there should be none.
fn candidate(
    row: CandidateRow,
    match_type: MatchType,
    missions: Vec<KnownMission>,
) -> Option<OriginCandidate> {
    let (external_issue_id, external_issue_key, title, status, url, kind) = row;
    OriginCandidate::new(CandidateFields {
        external_issue_id,
        external_issue_key,
        title,
        status,
        url,
        match_type,
        status_kind: kind.as_deref().and_then(StatusKind::from_word),
        missions: Some(missions),
    })
    .inspect_err(|error| tracing::error!(%error, "invalid ticket in the store"))
    .ok()
}

/// The values of `status_kind` that pass a filter, as a JSON list; an unknown kind is an empty word.
pub(super) fn accepted(filter: StatusFilter) -> String {
    let kinds = StatusKind::ALL.map(Some).into_iter().chain([None]);
    let words = kinds
        .filter(|kind| filter.accepts(*kind))
        .map(|kind| kind.map_or("", StatusKind::as_str));
    serde_json::json!(words.collect::<Vec<_>>()).to_string()
}

impl Store {
    /// Adds tickets, or updates those with a known id: all or nothing.
    pub(crate) async fn import_tickets(
        &self,
        tickets: &[ImportedTicket],
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for (index, ticket) in tickets.iter().enumerate() {
            sql!(execute(&mut *transaction):
                "INSERT INTO tickets (provider, resource_type, resource_id, external_issue_id,
                     external_issue_key, title, status, url, body, status_kind, updated_at, assignee)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (provider, resource_type, resource_id, external_issue_id)
                 DO UPDATE SET external_issue_key = excluded.external_issue_key,
                     title = excluded.title, status = excluded.status, url = excluded.url,
                     body = excluded.body, status_kind = excluded.status_kind,
                     updated_at = excluded.updated_at, assignee = excluded.assignee";
                ticket.provider.as_str(), &ticket.resource_type, &ticket.resource_id,
                ticket.candidate.external_issue_id(), ticket.candidate.external_issue_key(),
                ticket.candidate.title(), ticket.candidate.status(), ticket.candidate.url(),
                &ticket.body, ticket.status_kind.map(StatusKind::as_str),
                &ticket.details.updated_at, &ticket.details.assignee
            )
            .map_err(|error| match error.as_database_error() {
                Some(database) if database.is_unique_violation() => {
                    StoreError::TicketKeyTaken { index }
                }
                _ => error.into(),
            })?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Finds the ticket with this key in the project's resource, ignoring case.
    pub(crate) async fn ticket_by_key(
        &self,
        project: &ProjectMapping,
        key: &str,
        status: StatusFilter,
    ) -> Result<FoundTickets, StoreError> {
        let rows: Vec<FullRow> = sql!(fetch_all(&self.pool):
            "SELECT id, external_issue_id, external_issue_key, title, status, url, status_kind,
                 updated_at, assignee, body
             FROM tickets
             WHERE provider = ? AND resource_type = ? AND resource_id = ?
                 AND external_issue_key = ?
                 AND coalesce(status_kind, '') IN (SELECT value FROM json_each(?))";
            &project.provider, &project.resource_type, &project.resource_id, key, accepted(status)
        )?;
        Ok(FoundTickets {
            tickets: self.full_tickets(project, rows, MatchType::Exact).await?,
            has_more: false,
        })
    }

    /// Finds tickets in the project's resource that contain every word. Open tickets come before done
    /// ones, then the best match: the key weighs more than the title, and the title more than the
    /// body. The search also ends when its caller drops it.
    pub(crate) async fn tickets_by_text(
        &self,
        project: &ProjectMapping,
        query: TextQuery<'_>,
    ) -> Result<FoundTickets, StoreError> {
        let Some(expression) = match_expression(query.text) else {
            return Ok(FoundTickets {
                tickets: Vec::new(),
                has_more: false,
            });
        };
        let search = async {
            let mut connection = self.searches.acquire().await?;
            let _running = end_with_caller(&mut connection, &self.interrupted).await?;
            sql!(fetch_all(&mut *connection): TEXT_SEARCH;
                expression, &project.provider, &project.resource_type, &project.resource_id,
                accepted(query.status), accepted(StatusFilter::Done), query.limit + 1)
        };
        let rows = tokio::time::timeout(query.time, search).await;
        let mut rows: Vec<CandidateRow> = rows.map_err(|_| StoreError::SearchTooSlow)??;
        let limit = query.limit as usize;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let candidates = self.candidates(project, rows, MatchType::Text).await?;
        Ok(FoundTickets {
            tickets: candidates.into_iter().map(FullTicket::from).collect(),
            has_more,
        })
    }

    /// The ticket with this id and this key, if the project's resource has it. The case of the key
    /// does not matter.
    pub(crate) async fn ticket(
        &self,
        project: &ProjectMapping,
        id: &str,
        key: &str,
    ) -> Result<Option<OriginCandidate>, StoreError> {
        let row: Option<CandidateRow> = sql!(fetch_optional(&self.pool):
            "SELECT external_issue_id, external_issue_key, title, status, url, status_kind
             FROM tickets
             WHERE provider = ? AND resource_type = ? AND resource_id = ?
                 AND external_issue_id = ? AND external_issue_key = ?";
            &project.provider, &project.resource_type, &project.resource_id, id, key
        )?;
        Ok(row.and_then(|row| candidate(row, MatchType::Exact, Vec::new())))
    }

    /// The missions of these tickets, by the id of the ticket.
    pub(crate) async fn missions<'a>(
        &self,
        project: &ProjectMapping,
        issues: impl Iterator<Item = &'a str>,
    ) -> Result<HashMap<String, Vec<KnownMission>>, StoreError> {
        let mut missions: HashMap<String, Vec<KnownMission>> = HashMap::new();
        for of in missions_of(&self.pool, project, issues).await? {
            let list = missions.entry(of.external_issue_id).or_default();
            list.push(of.mission);
        }
        Ok(missions)
    }

    /// The tickets of these rows, with their missions.
    pub(super) async fn candidates(
        &self,
        project: &ProjectMapping,
        rows: Vec<CandidateRow>,
        match_type: MatchType,
    ) -> Result<Vec<OriginCandidate>, StoreError> {
        let issues = rows.iter().map(|(issue, ..)| issue.as_str());
        let mut missions = self.missions(project, issues).await?;
        let candidate = |row: CandidateRow| {
            let missions = missions.remove(&row.0).unwrap_or_default();
            candidate(row, match_type, missions)
        };
        Ok(rows.into_iter().filter_map(candidate).collect())
    }
}

/// The next query of this connection ends when the result is dropped or the flag is set.
pub(super) async fn end_with_caller(
    connection: &mut SqliteConnection,
    interrupted: &Arc<AtomicBool>,
) -> Result<Arc<()>, sqlx::Error> {
    let (caller, interrupted) = (Arc::new(()), Arc::clone(interrupted));
    let waiting = Arc::downgrade(&caller);
    let go_on = move || waiting.strong_count() > 0 && !interrupted.load(Ordering::Relaxed);
    let mut handle = connection.lock_handle().await?;
    handle.set_progress_handler(STEPS, go_on);
    Ok(caller)
}

/// Turns a text into an FTS5 expression without operators: each word is quoted and matches as a
/// prefix. `None` if the text contains no word.
fn match_expression(text: &str) -> Option<String> {
    const MAX_WORDS: usize = 32;
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(MAX_WORDS)
        .map(|word| format!("\"{word}\"*"))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::match_expression;

    #[test]
    fn no_text_is_an_operator() {
        let cases = [
            ("login page", Some(r#""login"* "page"*"#)),
            (
                r#"a" OR title:b NEAR(c) -d *"#,
                Some(r#""a"* "OR"* "title"* "b"* "NEAR"* "c"* "d"*"#),
            ),
            ("Größe\0日本", Some(r#""Größe"* "日本"*"#)),
            (" -*\"()^ ", None),
        ];
        for (text, expression) in cases {
            assert_eq!(match_expression(text).as_deref(), expression, "{text:?}");
        }
    }
}
