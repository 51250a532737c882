//! Tickets, and the search over them.

use serde::Deserialize;

use super::{Project, Store, StoreError};
use crate::wire::Provider;
use crate::wire::candidate::{CandidateFields, FieldError, MatchType, OriginCandidate};

/// A ticket as an import gives it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Ticket {
    /// Which tracker.
    pub provider: Provider,
    /// What kind of resource it is in: `linear_team`.
    pub resource_type: String,
    /// The tracker's id of that resource.
    pub resource_id: String,
    /// The tracker's id of the ticket.
    pub external_issue_id: String,
    /// The key people use.
    pub external_issue_key: String,
    /// Its title, as written.
    pub title: String,
    /// Its status; may be empty.
    pub status: String,
    /// Where to read it.
    pub url: String,
    /// Its description, which a text search looks into.
    #[serde(default)]
    pub body: String,
}

impl Ticket {
    /// Demands what every candidate of a search must have, and a resource.
    pub(crate) fn check(&self) -> Result<(), FieldError> {
        for (field, value) in [
            ("resource_type", &self.resource_type),
            ("resource_id", &self.resource_id),
        ] {
            if value.is_empty() {
                return Err(FieldError::new(field, "must be a non-empty string"));
            }
        }
        OriginCandidate::new(CandidateFields {
            external_issue_id: self.external_issue_id.clone(),
            external_issue_key: self.external_issue_key.clone(),
            title: self.title.clone(),
            status: self.status.clone(),
            url: self.url.clone(),
            match_type: MatchType::Text,
        })
        .map(drop)
    }
}

type CandidateRow = (String, String, String, String, String);

fn candidates(rows: Vec<CandidateRow>, match_type: MatchType) -> Vec<OriginCandidate> {
    let candidate = |(external_issue_id, external_issue_key, title, status, url)| {
        OriginCandidate::new(CandidateFields {
            external_issue_id,
            external_issue_key,
            title,
            status,
            url,
            match_type,
        })
        .ok()
    };
    rows.into_iter().filter_map(candidate).collect()
}

impl Store {
    /// Adds tickets, or renews those whose id is there already: all of them or none.
    pub(crate) async fn import_tickets(&self, tickets: &[Ticket]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for (index, ticket) in tickets.iter().enumerate() {
            sqlx::query(
                "INSERT INTO tickets (provider, resource_type, resource_id, external_issue_id,
                     external_issue_key, title, status, url, body)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (provider, resource_type, resource_id, external_issue_id)
                 DO UPDATE SET external_issue_key = excluded.external_issue_key,
                     title = excluded.title, status = excluded.status, url = excluded.url,
                     body = excluded.body",
            )
            .bind(ticket.provider.as_str())
            .bind(&ticket.resource_type)
            .bind(&ticket.resource_id)
            .bind(&ticket.external_issue_id)
            .bind(&ticket.external_issue_key)
            .bind(&ticket.title)
            .bind(&ticket.status)
            .bind(&ticket.url)
            .bind(&ticket.body)
            .execute(&mut *transaction)
            .await
            .map_err(|error| match error.as_database_error() {
                Some(refused) if refused.is_unique_violation() => {
                    StoreError::TicketKeyTaken { index }
                }
                _ => error.into(),
            })?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The ticket with this key in the project's resource; letter case does not matter.
    pub(crate) async fn ticket_by_key(
        &self,
        project: &Project,
        key: &str,
    ) -> Result<Vec<OriginCandidate>, StoreError> {
        let rows: Vec<CandidateRow> = sqlx::query_as(
            "SELECT external_issue_id, external_issue_key, title, status, url FROM tickets
             WHERE provider = ? AND resource_type = ? AND resource_id = ?
                 AND external_issue_key = ?",
        )
        .bind(&project.provider)
        .bind(&project.resource_type)
        .bind(&project.resource_id)
        .bind(key)
        .fetch_all(&self.pool)
        .await?;
        Ok(candidates(rows, MatchType::Exact))
    }

    /// Tickets in the project's resource that hold every word, the best first: a hit in the key
    /// counts more than one in the title, that more than one in the body.
    pub(crate) async fn tickets_by_text(
        &self,
        project: &Project,
        text: &str,
        limit: u32,
    ) -> Result<Vec<OriginCandidate>, StoreError> {
        let Some(expression) = match_expression(text) else {
            return Ok(Vec::new());
        };
        let rows: Vec<CandidateRow> = sqlx::query_as(
            "SELECT t.external_issue_id, t.external_issue_key, t.title, t.status, t.url
             FROM ticket_text JOIN tickets AS t ON t.id = ticket_text.rowid
             WHERE ticket_text MATCH ? AND t.provider = ? AND t.resource_type = ?
                 AND t.resource_id = ?
             ORDER BY bm25(ticket_text, 10.0, 5.0, 1.0), t.id LIMIT ?",
        )
        .bind(expression)
        .bind(&project.provider)
        .bind(&project.resource_type)
        .bind(&project.resource_id)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        Ok(candidates(rows, MatchType::Text))
    }
}

/// Words people type, as an FTS5 expression in which nothing is an operator: each word quoted, and
/// good as the beginning of a longer one. `None` where there is no word.
fn match_expression(text: &str) -> Option<String> {
    const MOST_WORDS: usize = 32;
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(MOST_WORDS)
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
