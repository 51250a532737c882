//! The stored answers to earlier requests with an idempotency key.

use chrono::{DateTime, TimeDelta, Utc};

use super::{StoreError, Transaction};

/// How long an answer is stored for its idempotency key.
const LIFETIME: TimeDelta = TimeDelta::days(1);

/// A request with an idempotency key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyedRequest<'a> {
    pub user_id: i64,
    /// The idempotency key of the caller.
    pub key: &'a str,
    /// SHA-256 of the request, to detect a different request with the same key.
    pub hash: &'a [u8],
    pub now: DateTime<Utc>,
}

/// The status and body that a repeated request gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredAnswer {
    pub status: u16,
    pub body: String,
}

/// What is stored for a key.
#[derive(Debug)]
pub(super) enum Earlier {
    Nothing,
    /// The answer to the same request.
    Answer(StoredAnswer),
    OtherRequest,
}

impl KeyedRequest<'_> {
    fn expired(&self) -> i64 {
        (self.now - LIFETIME).timestamp()
    }

    pub(super) async fn earlier(
        &self,
        transaction: &mut Transaction,
    ) -> Result<Earlier, StoreError> {
        let record: Option<(Vec<u8>, u16, String)> = sql!(fetch_optional(&mut **transaction):
            "SELECT request_hash, status, body FROM idempotency_records
             WHERE user_id = ? AND key = ? AND created_at > ?";
            self.user_id, self.key, self.expired()
        )?;
        Ok(match record {
            None => Earlier::Nothing,
            Some((hash, status, body)) if hash == self.hash => {
                Earlier::Answer(StoredAnswer { status, body })
            }
            Some(_) => Earlier::OtherRequest,
        })
    }

    /// Stores an answer, and removes expired ones. It is removed together with the link it names.
    pub(super) async fn store(
        &self,
        transaction: &mut Transaction,
        answer: &StoredAnswer,
        link: Option<&str>,
    ) -> Result<(), StoreError> {
        sql!(execute(&mut **transaction): "DELETE FROM idempotency_records WHERE created_at <= ?";
            self.expired())?;
        sql!(execute(&mut **transaction):
            "INSERT INTO idempotency_records
                 (user_id, key, request_hash, status, body, created_at, origin_link_id)
             VALUES (?, ?, ?, ?, ?, ?, ?)";
            self.user_id, self.key, self.hash, answer.status, &answer.body,
            self.now.timestamp(), link
        )?;
        Ok(())
    }
}
