//! Lasting tokens, and the sessions and tokens that `spec-kitty admin` lists and revokes.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Removal, Store, StoreError, TokenHash, time};

/// A session of `admin session list`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct SessionRow {
    pub id: i64,
    pub user: String,
    pub team: String,
    /// RFC 3339; `None` if version 0.1.0 opened the session.
    pub created_at: Option<String>,
    /// When it can no longer be refreshed.
    pub expires_at: Option<String>,
}

/// A token of `admin token list`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct TokenRow {
    pub id: i64,
    pub name: String,
    pub user: String,
    pub team: String,
    /// RFC 3339.
    pub created_at: Option<String>,
    /// `None` if it does not expire.
    pub expires_at: Option<String>,
}

/// A token to create. It is a session that is never refreshed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewToken<'a> {
    pub user: &'a str,
    pub team: &'a str,
    /// Unique among the tokens of the user.
    pub name: &'a str,
    pub hash: &'a TokenHash,
    /// `None` if it does not expire.
    pub expires_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenCreation {
    /// With this id.
    Created(i64),
    UnknownUser,
    NotInTeam,
    NameTaken,
}

/// A session that was opened by a login, or a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionKind {
    Login,
    Token,
}

impl Store {
    pub(crate) async fn create_token(
        &self,
        token: NewToken<'_>,
        now: DateTime<Utc>,
    ) -> Result<TokenCreation, StoreError> {
        let mut transaction = self.begin().await?;
        sql!(execute(&mut *transaction): "DELETE FROM sessions WHERE refresh_expires_at <= ?";
            now.timestamp())?;
        let user: Option<(i64, Option<i64>)> = sql!(fetch_optional(&mut *transaction):
            "SELECT users.id, (
                 SELECT team_id FROM memberships JOIN teams ON teams.id = team_id
                 WHERE user_id = users.id AND slug = ?
             ) FROM users WHERE name = ? AND removed_at IS NULL";
            token.team, token.user
        )?;
        let creation = match user {
            None => TokenCreation::UnknownUser,
            Some((_, None)) => TokenCreation::NotInTeam,
            Some((user, Some(team))) => {
                let expires = token.expires_at.map_or(i64::MAX, |at| at.timestamp());
                let inserted = sql!(execute(&mut *transaction):
                    "INSERT INTO sessions (user_id, team_id, access_hash, access_expires_at,
                         refresh_expires_at, created_at, token_name)
                     VALUES (?, ?, ?, ?, ?, ?, ?)
                     ON CONFLICT (user_id, token_name) DO NOTHING";
                    user, team, token.hash.bytes(), expires, expires, now.timestamp(), token.name
                )?;
                match inserted.rows_affected() {
                    0 => TokenCreation::NameTaken,
                    _ => TokenCreation::Created(inserted.last_insert_rowid()),
                }
            }
        };
        transaction.commit().await?;
        Ok(creation)
    }

    /// The sessions that can still be used or refreshed, oldest first.
    pub(crate) async fn sessions(&self, now: DateTime<Utc>) -> Result<Vec<SessionRow>, StoreError> {
        let rows: Vec<(i64, String, String, Option<i64>, i64)> = sql!(fetch_all(&self.pool):
            "SELECT sessions.id, users.name, teams.slug, sessions.created_at, refresh_expires_at
             FROM sessions JOIN users ON users.id = user_id JOIN teams ON teams.id = team_id
             WHERE token_name IS NULL AND refresh_expires_at > ? ORDER BY sessions.id";
            now.timestamp()
        )?;
        let row =
            |(id, user, team, created_at, expires_at): (i64, _, _, Option<i64>, i64)| SessionRow {
                id,
                user,
                team,
                created_at: created_at.and_then(time),
                expires_at: time(expires_at),
            };
        Ok(rows.into_iter().map(row).collect())
    }

    /// The tokens that have not expired, oldest first.
    pub(crate) async fn tokens(&self, now: DateTime<Utc>) -> Result<Vec<TokenRow>, StoreError> {
        let rows: Vec<(i64, String, String, String, i64, i64)> = sql!(fetch_all(&self.pool):
            "SELECT sessions.id, token_name, users.name, teams.slug, sessions.created_at,
                 access_expires_at
             FROM sessions JOIN users ON users.id = user_id JOIN teams ON teams.id = team_id
             WHERE token_name IS NOT NULL AND access_expires_at > ? ORDER BY sessions.id";
            now.timestamp()
        )?;
        let row = |(id, name, user, team, created_at, expires_at)| TokenRow {
            id,
            name,
            user,
            team,
            created_at: time(created_at),
            expires_at: time(expires_at),
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// Ends a session or a token.
    pub(crate) async fn revoke(&self, id: i64, kind: SessionKind) -> Result<Removal, StoreError> {
        let mut transaction = self.begin().await?;
        let deleted = sql!(execute(&mut *transaction):
            "DELETE FROM sessions WHERE id = ? AND (token_name IS NOT NULL) = ?";
            id, kind == SessionKind::Token
        )?;
        // Ids count up and are never used again, so an earlier one existed.
        let (existed,): (bool,) = sql!(fetch_one(&mut *transaction):
            "SELECT ?1 > 0 AND ?1 <= coalesce(
                 (SELECT seq FROM sqlite_sequence WHERE name = 'sessions'), 0
             ) AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = ?1)";
            id
        )?;
        transaction.commit().await?;
        Ok(match (deleted.rows_affected(), existed) {
            (0, true) => Removal::Already,
            (0, false) => Removal::Unknown,
            _ => Removal::Removed,
        })
    }
}
