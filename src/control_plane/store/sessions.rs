//! Sessions: short-lived access tokens, and refresh tokens that can be used once.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};

use super::{Store, StoreError, Transaction};
use crate::secret::Secret;

pub(crate) const ACCESS_LIFETIME: TimeDelta = TimeDelta::minutes(15);
/// How long an unused refresh token is valid.
pub(crate) const REFRESH_LIFETIME: TimeDelta = TimeDelta::days(7);

/// The SHA-256 of a token. A token has 256 random bits, so a fast hash is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenHash(Vec<u8>);

impl TokenHash {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn of(token: &Secret) -> Self {
        Self(Sha256::digest(token.expose().as_bytes()).to_vec())
    }
}

#[derive(Debug, Clone)]
pub(crate) struct TokenPair {
    pub access: TokenHash,
    pub refresh: TokenHash,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionOwner {
    pub session_id: i64,
    pub user_id: i64,
    pub user_name: String,
    /// The team that the session acts for.
    pub team_id: i64,
    pub team_slug: String,
}

type OwnerRow = (i64, i64, String, i64, String);

impl From<OwnerRow> for SessionOwner {
    fn from((session_id, user_id, user_name, team_id, team_slug): OwnerRow) -> Self {
        Self {
            session_id,
            user_id,
            user_name,
            team_id,
            team_slug,
        }
    }
}

impl Store {
    /// Opens a session, and deletes sessions that can no longer be refreshed.
    pub(crate) async fn open_session(
        &self,
        user: i64,
        team: i64,
        tokens: &TokenPair,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sql!(execute(&mut *transaction): "DELETE FROM sessions WHERE refresh_expires_at <= ?";
            now.timestamp())?;
        let session = sql!(execute(&mut *transaction):
            "INSERT INTO sessions
                 (user_id, team_id, access_hash, access_expires_at, refresh_expires_at, created_at)
             VALUES (?, ?, ?, ?, ?, ?)";
            user, team, &tokens.access.0, (now + ACCESS_LIFETIME).timestamp(),
            (now + REFRESH_LIFETIME).timestamp(), now.timestamp()
        )?
        .last_insert_rowid();
        insert_refresh_token(&mut transaction, session, &tokens.refresh, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Finds the session of a valid access token.
    pub(crate) async fn session_of_access(
        &self,
        access: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<SessionOwner>, StoreError> {
        let row: Option<OwnerRow> = sql!(fetch_optional(&self.pool):
            "SELECT sessions.id, user_id, users.name, team_id, teams.slug FROM sessions
             JOIN users ON users.id = user_id
             JOIN teams ON teams.id = team_id
             WHERE access_hash = ? AND access_expires_at > ?";
            &access.0, now.timestamp()
        )?;
        Ok(row.map(Into::into))
    }

    /// Replaces the tokens of the session that a refresh token belongs to. Returns `None` if the
    /// token is unknown, expired or already used. A second use means that somebody has a copy of the
    /// token, so it also ends the session.
    pub(crate) async fn rotate_session(
        &self,
        refresh: &TokenHash,
        tokens: &TokenPair,
        now: DateTime<Utc>,
    ) -> Result<Option<SessionOwner>, StoreError> {
        let mut transaction = self.begin().await?;
        let row: Option<(i64, i64, Option<i64>)> = sql!(fetch_optional(&mut *transaction):
            "SELECT session_id, expires_at, used_at FROM refresh_tokens WHERE hash = ?";
            &refresh.0
        )?;
        let Some((session, expires_at, used_at)) = row else {
            transaction.commit().await?;
            return Ok(None);
        };
        if used_at.is_some() {
            sql!(execute(&mut *transaction): "DELETE FROM sessions WHERE id = ?"; session)?;
            transaction.commit().await?;
            tracing::warn!(session, "refresh token used twice, session ended");
            return Ok(None);
        }
        if expires_at <= now.timestamp() {
            transaction.commit().await?;
            return Ok(None);
        }
        sql!(execute(&mut *transaction):
            "UPDATE refresh_tokens SET used_at = ? WHERE hash = ?"; now.timestamp(), &refresh.0)?;
        sql!(execute(&mut *transaction):
            "DELETE FROM refresh_tokens WHERE session_id = ? AND expires_at <= ?";
            session, now.timestamp()
        )?;
        insert_refresh_token(&mut transaction, session, &tokens.refresh, now).await?;
        let owner: OwnerRow = sql!(fetch_one(&mut *transaction):
            "UPDATE sessions SET access_hash = ?, access_expires_at = ?, refresh_expires_at = ?
             WHERE id = ?
             RETURNING id, user_id, (SELECT name FROM users WHERE users.id = user_id),
                 team_id, (SELECT slug FROM teams WHERE teams.id = team_id)";
            &tokens.access.0, (now + ACCESS_LIFETIME).timestamp(),
            (now + REFRESH_LIFETIME).timestamp(), session
        )?;
        transaction.commit().await?;
        Ok(Some(owner.into()))
    }
}

async fn insert_refresh_token(
    transaction: &mut Transaction,
    session: i64,
    refresh: &TokenHash,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sql!(execute(&mut **transaction):
        "INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES (?, ?, ?)";
        &refresh.0, session, (now + REFRESH_LIFETIME).timestamp()
    )?;
    Ok(())
}
