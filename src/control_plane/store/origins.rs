//! The origin of each mission, and the stored answers to earlier bind requests.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::{ProjectMapping, Store, StoreError, Transaction};
use crate::wire::request::BindRequest;
use crate::wire::response::BindResponse;

/// How long an answer is stored for its idempotency key.
const IDEMPOTENCY_LIFETIME: TimeDelta = TimeDelta::days(1);

/// A validated bind request, and what the store needs to answer it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BindAttempt<'a> {
    pub user_id: i64,
    pub project: &'a ProjectMapping,
    pub request: &'a BindRequest,
    /// The idempotency key of the caller.
    pub key: &'a str,
    /// SHA-256 of the request, to detect a different request with the same key.
    pub request_hash: &'a [u8],
    /// The id of the link if a new one is created.
    pub new_link_id: &'a str,
    pub now: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BindOutcome {
    /// The ticket is the origin of the mission, because of this request or an earlier one.
    Bound(BindResponse),
    /// The mission has another origin, with this key.
    Conflict(String),
}

/// The status and body that a repeated request gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredAnswer {
    pub status: u16,
    pub body: String,
}

impl Store {
    /// Binds a ticket to a mission, unless the mission has another origin. Reading and writing
    /// happen in one transaction that excludes other writers, so one of two racing binds wins.
    ///
    /// `answer` turns the outcome into the answer that is stored for the key. Returns `None` if the
    /// key belongs to a different request.
    pub(crate) async fn bind_origin(
        &self,
        attempt: &BindAttempt<'_>,
        answer: impl FnOnce(&BindOutcome) -> serde_json::Result<StoredAnswer> + Send,
    ) -> Result<Option<StoredAnswer>, StoreError> {
        let expired = (attempt.now - IDEMPOTENCY_LIFETIME).timestamp();
        let mut transaction = self.begin().await?;
        let record: Option<(Vec<u8>, u16, String)> = sql!(fetch_optional(&mut *transaction):
            "SELECT request_hash, status, body FROM idempotency_records
             WHERE user_id = ? AND key = ? AND created_at > ?";
            attempt.user_id, attempt.key, expired
        )?;
        if let Some((hash, status, body)) = record {
            transaction.commit().await?;
            let same = hash == attempt.request_hash;
            return Ok(same.then_some(StoredAnswer { status, body }));
        }
        let answer = answer(&find_or_insert_link(&mut transaction, attempt).await?)?;
        sql!(execute(&mut *transaction): "DELETE FROM idempotency_records WHERE created_at <= ?";
            expired)?;
        sql!(execute(&mut *transaction):
            "INSERT INTO idempotency_records (user_id, key, request_hash, status, body, created_at)
             VALUES (?, ?, ?, ?, ?, ?)";
            attempt.user_id, attempt.key, attempt.request_hash, answer.status, &answer.body,
            attempt.now.timestamp()
        )?;
        transaction.commit().await?;
        Ok(Some(answer))
    }
}

type LinkRow = (String, String, String, String);

async fn find_or_insert_link(
    transaction: &mut Transaction,
    attempt: &BindAttempt<'_>,
) -> Result<BindOutcome, StoreError> {
    let request = attempt.request;
    let existing: Option<LinkRow> = sql!(fetch_optional(&mut **transaction):
        "SELECT id, bound_at, external_issue_id, external_issue_key FROM origin_links
         WHERE project_id = ? AND mission_id = ?";
        attempt.project.id, &request.mission_id
    )?;
    if let Some((origin_link_id, bound_at, id, key)) = existing {
        return Ok(if id == request.external_issue_id {
            BindOutcome::Bound(BindResponse {
                origin_link_id: Some(origin_link_id),
                bound_at: Some(bound_at),
            })
        } else {
            BindOutcome::Conflict(key)
        });
    }
    let response = BindResponse {
        origin_link_id: Some(attempt.new_link_id.to_owned()),
        bound_at: Some(attempt.now.to_rfc3339_opts(SecondsFormat::Secs, true)),
    };
    sql!(execute(&mut **transaction):
        "INSERT INTO origin_links (id, project_id, mission_id, mission_slug, external_issue_id,
             external_issue_key, external_issue_url, external_title, external_status, bound_by,
             bound_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        &response.origin_link_id, attempt.project.id, &request.mission_id, request.slug(),
        &request.external_issue_id, &request.external_issue_key, &request.external_issue_url,
        &request.external_title, &request.external_status, attempt.user_id, &response.bound_at
    )?;
    Ok(BindOutcome::Bound(response))
}
