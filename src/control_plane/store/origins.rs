//! Which ticket a mission began from: the authoritative record, and the memory of what was
//! answered to whom.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use sqlx::{Sqlite, Transaction};

use super::{Project, Store, StoreError};
use crate::wire::request::BindRequest;
use crate::wire::response::BindResponse;

/// How long an answer is remembered for its idempotency key.
const IDEMPOTENCY_LIFETIME: TimeDelta = TimeDelta::days(1);

/// The key of a request that may come twice, and what it asked.
#[derive(Debug, Clone, Copy)]
pub struct Idempotency<'a> {
    /// The caller's key.
    pub key: &'a str,
    /// SHA-256 of the request.
    pub request_hash: &'a [u8],
}

/// What binding came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindOutcome {
    /// The mission has this origin, since now or since before.
    Bound(BindResponse),
    /// The mission has another origin: that one's key.
    Conflict(String),
}

/// The answer to a bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
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
    pub async fn bind_origin(
        &self,
        user: i64,
        project: &Project,
        request: &BindRequest,
        idempotency: Idempotency<'_>,
        (new_link_id, now): (&str, DateTime<Utc>),
        remember: impl FnOnce(&BindOutcome) -> (u16, String) + Send,
    ) -> Result<Answered, StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let record: Option<(Vec<u8>, u16, String)> = sqlx::query_as(
            "SELECT request_hash, status, body FROM idempotency_records
             WHERE user_id = ? AND key = ? AND created_at > ?",
        )
        .bind(user)
        .bind(idempotency.key)
        .bind((now - IDEMPOTENCY_LIFETIME).timestamp())
        .fetch_optional(&mut *transaction)
        .await?;
        match record {
            Some((hash, status, body)) if hash == idempotency.request_hash => {
                return Ok(Answered::Before(status, body));
            }
            Some(_) => return Ok(Answered::KeyReused),
            None => {}
        }
        let existing: Option<(String, String, String, String)> = sqlx::query_as(
            "SELECT id, bound_at, external_issue_id, external_issue_key FROM origin_links
             WHERE project_id = ? AND mission_id = ?",
        )
        .bind(project.id)
        .bind(&request.mission_id)
        .fetch_optional(&mut *transaction)
        .await?;
        let outcome = match existing {
            Some((origin_link_id, bound_at, id, _)) if id == request.external_issue_id => {
                BindOutcome::Bound(BindResponse {
                    origin_link_id,
                    bound_at,
                })
            }
            Some((.., key)) => BindOutcome::Conflict(key),
            None => {
                let response = BindResponse {
                    origin_link_id: new_link_id.to_owned(),
                    bound_at: now.to_rfc3339_opts(SecondsFormat::Secs, true),
                };
                insert_link(&mut transaction, user, project, request, &response).await?;
                BindOutcome::Bound(response)
            }
        };
        let (status, body) = remember(&outcome);
        sqlx::query("DELETE FROM idempotency_records WHERE created_at <= ?")
            .bind((now - IDEMPOTENCY_LIFETIME).timestamp())
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO idempotency_records (user_id, key, request_hash, status, body, created_at)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(user)
        .bind(idempotency.key)
        .bind(idempotency.request_hash)
        .bind(status)
        .bind(body)
        .bind(now.timestamp())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Answered::Now(outcome))
    }
}

async fn insert_link(
    transaction: &mut Transaction<'_, Sqlite>,
    user: i64,
    project: &Project,
    request: &BindRequest,
    response: &BindResponse,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO origin_links (id, project_id, mission_id, mission_slug, external_issue_id,
             external_issue_key, external_issue_url, external_title, external_status, bound_by,
             bound_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&response.origin_link_id)
    .bind(project.id)
    .bind(&request.mission_id)
    .bind(&request.mission_slug)
    .bind(&request.external_issue_id)
    .bind(&request.external_issue_key)
    .bind(&request.external_issue_url)
    .bind(&request.external_title)
    .bind(&request.external_status)
    .bind(user)
    .bind(&response.bound_at)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
