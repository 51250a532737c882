//! Which ticket a mission began from: the authoritative record, and the memory of what was
//! answered to whom.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use sqlx::{Sqlite, Transaction};

use super::{Project, Store, StoreError};
use crate::wire::request::BindRequest;
use crate::wire::response::BindResponse;

/// How long an answer is remembered for its idempotency key.
const IDEMPOTENCY_LIFETIME: TimeDelta = TimeDelta::days(1);

/// A request to bind, checked, with what the store needs to answer it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BindAttempt<'a> {
    /// Who asks.
    pub user_id: i64,
    /// For which project.
    pub project: &'a Project,
    /// What they ask.
    pub request: &'a BindRequest,
    /// The caller's idempotency key.
    pub key: &'a str,
    /// SHA-256 of the request: whether it is the same one when the key comes again.
    pub request_hash: &'a [u8],
    /// The id of the link, should there be a new one.
    pub new_link_id: &'a str,
    /// The time.
    pub now: DateTime<Utc>,
}

/// What binding came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BindOutcome {
    /// The mission has this origin, since now or since before.
    Bound(BindResponse),
    /// The mission has another origin: that one's key.
    Conflict(String),
}

/// The answer to a bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answered {
    /// Decided now.
    Now(BindOutcome),
    /// The idempotency key was seen with the same request: the same answer, status and body.
    Before(u16, String),
    /// The idempotency key was seen with another request.
    KeyReused,
}

impl Store {
    /// Binds a ticket to a mission, unless that has another origin. The look and the write are one
    /// transaction that shuts out every other writer, so of two that race one wins.
    ///
    /// `remember` turns an outcome into the status and body that the key shall bring back.
    pub(crate) async fn bind_origin(
        &self,
        attempt: &BindAttempt<'_>,
        remember: impl FnOnce(&BindOutcome) -> (u16, String) + Send,
    ) -> Result<Answered, StoreError> {
        let forgotten = (attempt.now - IDEMPOTENCY_LIFETIME).timestamp();
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let record: Option<(Vec<u8>, u16, String)> = sqlx::query_as(
            "SELECT request_hash, status, body FROM idempotency_records
             WHERE user_id = ? AND key = ? AND created_at > ?",
        )
        .bind(attempt.user_id)
        .bind(attempt.key)
        .bind(forgotten)
        .fetch_optional(&mut *transaction)
        .await?;
        match record {
            Some((hash, status, body)) if hash == attempt.request_hash => {
                return Ok(Answered::Before(status, body));
            }
            Some(_) => return Ok(Answered::KeyReused),
            None => {}
        }
        let existing: Option<(String, String, String, String)> = sqlx::query_as(
            "SELECT id, bound_at, external_issue_id, external_issue_key FROM origin_links
             WHERE project_id = ? AND mission_id = ?",
        )
        .bind(attempt.project.id)
        .bind(&attempt.request.mission_id)
        .fetch_optional(&mut *transaction)
        .await?;
        let outcome = match existing {
            Some((origin_link_id, bound_at, id, _)) if id == attempt.request.external_issue_id => {
                BindOutcome::Bound(BindResponse {
                    origin_link_id,
                    bound_at,
                })
            }
            Some((.., key)) => BindOutcome::Conflict(key),
            None => {
                let response = BindResponse {
                    origin_link_id: attempt.new_link_id.to_owned(),
                    bound_at: attempt.now.to_rfc3339_opts(SecondsFormat::Secs, true),
                };
                insert_link(&mut transaction, attempt, &response).await?;
                BindOutcome::Bound(response)
            }
        };
        let (status, body) = remember(&outcome);
        sqlx::query("DELETE FROM idempotency_records WHERE created_at <= ?")
            .bind(forgotten)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO idempotency_records (user_id, key, request_hash, status, body, created_at)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(attempt.user_id)
        .bind(attempt.key)
        .bind(attempt.request_hash)
        .bind(status)
        .bind(body)
        .bind(attempt.now.timestamp())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Answered::Now(outcome))
    }
}

async fn insert_link(
    transaction: &mut Transaction<'_, Sqlite>,
    attempt: &BindAttempt<'_>,
    response: &BindResponse,
) -> Result<(), StoreError> {
    let request = attempt.request;
    sqlx::query(
        "INSERT INTO origin_links (id, project_id, mission_id, mission_slug, external_issue_id,
             external_issue_key, external_issue_url, external_title, external_status, bound_by,
             bound_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&response.origin_link_id)
    .bind(attempt.project.id)
    .bind(&request.mission_id)
    .bind(&request.mission_slug)
    .bind(&request.external_issue_id)
    .bind(&request.external_issue_key)
    .bind(&request.external_issue_url)
    .bind(&request.external_title)
    .bind(&request.external_status)
    .bind(attempt.user_id)
    .bind(&response.bound_at)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
