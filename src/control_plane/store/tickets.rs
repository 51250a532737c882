//! Imported tickets, and the search in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use sqlx::SqliteConnection;

use super::{ProjectMapping, STEPS, Store, StoreError};
use crate::wire::candidate::{
    CandidateFields, FieldError, MatchType, OriginCandidate, required_string,
};
use crate::wire::{PROVIDER_NAME, Provider};

/// A ticket of `admin tickets import`: a search candidate in a tracker resource.
#[derive(Debug, Clone)]
pub(crate) struct ImportedTicket {
    provider: Provider,
    resource_type: String,
    resource_id: String,
    candidate: OriginCandidate,
    /// A text search also searches the body.
    body: String,
}

impl ImportedTicket {
    /// Parses one ticket. Ignores unknown fields.
    pub(crate) fn from_json(document: &Value) -> Result<Self, FieldError> {
        let Value::Object(object) = document else {
            return Err(FieldError::new("ticket", "must be an object"));
        };
        let candidate = OriginCandidate::from_json(document)?;
        let provider = required_string(object, "provider")?;
        Ok(Self {
            provider: provider
                .parse()
                .map_err(|_| FieldError::new("provider", PROVIDER_NAME))?,
            resource_type: required_string(object, "resource_type")?,
            resource_id: required_string(object, "resource_id")?,
            candidate,
            body: match object.get("body") {
                None => String::new(),
                Some(Value::String(body)) => body.clone(),
                Some(_) => return Err(FieldError::new("body", "must be a string")),
            },
        })
    }
}

/// `CROSS JOIN` makes the full-text index the outer loop. SQLite would search the index once for each
/// ticket of the resource.
pub(super) const TEXT_SEARCH: &str =
    "SELECT t.external_issue_id, t.external_issue_key, t.title, t.status, t.url
     FROM ticket_text CROSS JOIN tickets AS t ON t.id = ticket_text.rowid
     WHERE ticket_text MATCH ? AND t.provider = ? AND t.resource_type = ? AND t.resource_id = ?
     ORDER BY bm25(ticket_text, 10.0, 5.0, 1.0), t.id LIMIT ?";

type CandidateRow = (String, String, String, String, String);

/// Skips rows that are not valid candidates. An import checks them, so there should be none.
fn candidates(rows: Vec<CandidateRow>, match_type: MatchType) -> Vec<OriginCandidate> {
    let candidate = |(external_issue_id, external_issue_key, title, status, url)| {
        OriginCandidate::new(CandidateFields {
            external_issue_id,
            external_issue_key,
            title,
            status,
            url,
            match_type,
            ..CandidateFields::default()
        })
        .inspect_err(|error| tracing::error!(%error, "invalid ticket in the store"))
        .ok()
    };
    rows.into_iter().filter_map(candidate).collect()
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
                     external_issue_key, title, status, url, body)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (provider, resource_type, resource_id, external_issue_id)
                 DO UPDATE SET external_issue_key = excluded.external_issue_key,
                     title = excluded.title, status = excluded.status, url = excluded.url,
                     body = excluded.body";
                ticket.provider.as_str(), &ticket.resource_type, &ticket.resource_id,
                ticket.candidate.external_issue_id(), ticket.candidate.external_issue_key(),
                ticket.candidate.title(), ticket.candidate.status(), ticket.candidate.url(),
                &ticket.body
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
    ) -> Result<Vec<OriginCandidate>, StoreError> {
        let rows = sql!(fetch_all(&self.pool):
            "SELECT external_issue_id, external_issue_key, title, status, url FROM tickets
             WHERE provider = ? AND resource_type = ? AND resource_id = ?
                 AND external_issue_key = ?";
            &project.provider, &project.resource_type, &project.resource_id, key
        )?;
        Ok(candidates(rows, MatchType::Exact))
    }

    /// Finds tickets in the project's resource that contain every word, the best match first: the
    /// key weighs more than the title, and the title more than the body. The search ends after this
    /// time, and when its caller drops it.
    pub(crate) async fn tickets_by_text(
        &self,
        project: &ProjectMapping,
        text: &str,
        limit: u32,
        time: Duration,
    ) -> Result<Vec<OriginCandidate>, StoreError> {
        let Some(expression) = match_expression(text) else {
            return Ok(Vec::new());
        };
        let search = async {
            let mut connection = self.searches.acquire().await?;
            let _running = end_with_caller(&mut connection, &self.interrupted).await?;
            sql!(fetch_all(&mut *connection): TEXT_SEARCH;
                expression, &project.provider, &project.resource_type, &project.resource_id, limit)
        };
        let rows = tokio::time::timeout(time, search).await;
        let rows = rows.map_err(|_| StoreError::SearchTooSlow)??;
        Ok(candidates(rows, MatchType::Text))
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
