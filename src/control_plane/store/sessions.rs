//! Sessions: short access tokens, refresh tokens that are good for one use.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use sqlx::{Sqlite, Transaction};

use super::{Store, StoreError};
use crate::secret::Secret;

/// How long an access token is good.
pub(crate) const ACCESS_LIFETIME: TimeDelta = TimeDelta::minutes(15);
/// How long a refresh token is good, if it is not used.
pub(crate) const REFRESH_LIFETIME: TimeDelta = TimeDelta::days(7);

/// What is kept of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenHash(Vec<u8>);

impl TokenHash {
    /// The hash of a token. It is 256 random bits, so a fast hash is enough.
    pub(crate) fn of(token: &Secret) -> Self {
        Self(Sha256::digest(token.expose().as_bytes()).to_vec())
    }
}

/// The hashes of the two tokens of a session.
#[derive(Debug, Clone)]
pub(crate) struct TokenPair {
    /// For requests.
    pub access: TokenHash,
    /// For the next pair.
    pub refresh: TokenHash,
}

/// Whose session it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionOwner {
    /// The session.
    pub session_id: i64,
    /// The user.
    pub user_id: i64,
    /// The team it was opened for.
    pub team_id: i64,
    /// The slug of that team.
    pub team_slug: String,
}

type OwnerRow = (i64, i64, i64, String);

impl From<OwnerRow> for SessionOwner {
    fn from((session_id, user_id, team_id, team_slug): OwnerRow) -> Self {
        Self {
            session_id,
            user_id,
            team_id,
            team_slug,
        }
    }
}

impl Store {
    /// Opens a session, and forgets those that can no longer be refreshed.
    pub(crate) async fn open_session(
        &self,
        user: i64,
        team: i64,
        tokens: &TokenPair,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM sessions WHERE refresh_expires_at <= ?")
            .bind(now.timestamp())
            .execute(&mut *transaction)
            .await?;
        let session = sqlx::query(
            "INSERT INTO sessions
                 (user_id, team_id, access_hash, access_expires_at, refresh_expires_at)
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(user)
        .bind(team)
        .bind(&tokens.access.0)
        .bind((now + ACCESS_LIFETIME).timestamp())
        .bind((now + REFRESH_LIFETIME).timestamp())
        .execute(&mut *transaction)
        .await?
        .last_insert_rowid();
        insert_refresh_token(&mut transaction, session, &tokens.refresh, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Whose session an access token is of; `None` where it is unknown or over.
    pub(crate) async fn session_of_access(
        &self,
        access: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<SessionOwner>, StoreError> {
        let row: Option<OwnerRow> = sqlx::query_as(
            "SELECT sessions.id, user_id, team_id, teams.slug FROM sessions
             JOIN teams ON teams.id = team_id
             WHERE access_hash = ? AND access_expires_at > ?",
        )
        .bind(&access.0)
        .bind(now.timestamp())
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(Into::into))
    }

    /// Puts a new pair in place of the one whose refresh token this is. `None` where the token is
    /// unknown, over or used before; in the last case somebody else holds a copy of it, so the
    /// session ends for both.
    pub(crate) async fn rotate_session(
        &self,
        refresh: &TokenHash,
        tokens: &TokenPair,
        now: DateTime<Utc>,
    ) -> Result<Option<SessionOwner>, StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let row: Option<(i64, i64, Option<i64>)> = sqlx::query_as(
            "SELECT session_id, expires_at, used_at FROM refresh_tokens WHERE hash = ?",
        )
        .bind(&refresh.0)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some((session, expires_at, used_at)) = row else {
            return Ok(None);
        };
        if used_at.is_some() {
            sqlx::query("DELETE FROM sessions WHERE id = ?")
                .bind(session)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            tracing::warn!(session, "refresh token used twice, session ended");
            return Ok(None);
        }
        if expires_at <= now.timestamp() {
            return Ok(None);
        }
        sqlx::query("UPDATE refresh_tokens SET used_at = ? WHERE hash = ?")
            .bind(now.timestamp())
            .bind(&refresh.0)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM refresh_tokens WHERE session_id = ? AND expires_at <= ?")
            .bind(session)
            .bind(now.timestamp())
            .execute(&mut *transaction)
            .await?;
        insert_refresh_token(&mut transaction, session, &tokens.refresh, now).await?;
        sqlx::query(
            "UPDATE sessions SET access_hash = ?, access_expires_at = ?, refresh_expires_at = ?
             WHERE id = ?",
        )
        .bind(&tokens.access.0)
        .bind((now + ACCESS_LIFETIME).timestamp())
        .bind((now + REFRESH_LIFETIME).timestamp())
        .bind(session)
        .execute(&mut *transaction)
        .await?;
        let owner: OwnerRow = sqlx::query_as(
            "SELECT sessions.id, user_id, team_id, teams.slug FROM sessions
             JOIN teams ON teams.id = team_id WHERE sessions.id = ?",
        )
        .bind(session)
        .fetch_one(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Some(owner.into()))
    }
}

async fn insert_refresh_token(
    transaction: &mut Transaction<'_, Sqlite>,
    session: i64,
    refresh: &TokenHash,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES (?, ?, ?)")
        .bind(&refresh.0)
        .bind(session)
        .bind((now + REFRESH_LIFETIME).timestamp())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
