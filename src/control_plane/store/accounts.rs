//! Changes to users by `spec-kitty admin`.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Store, StoreError, Transaction, time};
use crate::wire::Provider;

/// A user of `admin user list`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct UserRow {
    pub id: i64,
    pub name: String,
    pub teams: Vec<String>,
    /// The providers that the user may use.
    pub links: Vec<String>,
    /// RFC 3339.
    pub created_at: Option<String>,
}

/// What a removal did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    Removed,
    /// An earlier command has removed it.
    Already,
    /// It never existed.
    Unknown,
}

impl Store {
    /// Adds a user, or sets the password of an existing one and ends their sessions. Either way the
    /// user then belongs to the team and has the links. Returns whether the user is new, or was
    /// removed before.
    pub(crate) async fn add_user(
        &self,
        name: &str,
        password_hash: &str,
        team: &str,
        links: &[Provider],
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let existing: Option<(i64, bool)> = sql!(fetch_optional(&mut *transaction):
            "SELECT id, removed_at IS NULL FROM users WHERE name = ?"; name)?;
        let user = if let Some((user, _)) = existing {
            set_password(&mut transaction, user, password_hash).await?;
            user
        } else {
            sql!(execute(&mut *transaction):
                "INSERT INTO users (name, password_hash, created_at) VALUES (?, ?, ?)";
                name, password_hash, now.timestamp()
            )?
            .last_insert_rowid()
        };
        sql!(execute(&mut *transaction):
            "INSERT INTO teams (slug) VALUES (?) ON CONFLICT DO NOTHING"; team)?;
        sql!(execute(&mut *transaction):
            "INSERT INTO memberships (user_id, team_id) SELECT ?, id FROM teams WHERE slug = ?
             ON CONFLICT DO NOTHING";
            user, team
        )?;
        for provider in links {
            sql!(execute(&mut *transaction):
                "INSERT INTO links (user_id, provider) VALUES (?, ?) ON CONFLICT DO NOTHING";
                user, provider.as_str()
            )?;
        }
        transaction.commit().await?;
        Ok(existing.is_none_or(|(_, is_active)| !is_active))
    }

    /// Sets the password of a user and ends their sessions; their tokens stay. Returns `None` if no
    /// user has this name.
    pub(crate) async fn set_password(
        &self,
        name: &str,
        password_hash: &str,
    ) -> Result<Option<()>, StoreError> {
        let mut transaction = self.begin().await?;
        let user = active_user(&mut transaction, name).await?;
        if let Some(user) = user {
            set_password(&mut transaction, user, password_hash).await?;
        }
        transaction.commit().await?;
        Ok(user.map(drop))
    }

    /// Links a user to a provider, or ends the link. Returns whether that changed anything, or `None`
    /// if no user has this name.
    pub(crate) async fn set_link(
        &self,
        name: &str,
        provider: Provider,
        linked: bool,
    ) -> Result<Option<bool>, StoreError> {
        let mut transaction = self.begin().await?;
        let changed = match active_user(&mut transaction, name).await? {
            None => None,
            Some(user) => {
                let statement = if linked {
                    "INSERT INTO links (user_id, provider) VALUES (?, ?) ON CONFLICT DO NOTHING"
                } else {
                    "DELETE FROM links WHERE user_id = ? AND provider = ?"
                };
                let result = sql!(execute(&mut *transaction): statement; user, provider.as_str())?;
                Some(result.rows_affected() > 0)
            }
        };
        transaction.commit().await?;
        Ok(changed)
    }

    /// Removes a user with their sessions, tokens, teams and links. The name stays on the missions
    /// they bound and the events they sent; `add_user` with this name brings the user back.
    pub(crate) async fn remove_user(
        &self,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<Removal, StoreError> {
        let mut transaction = self.begin().await?;
        let removed: Option<(i64,)> = sql!(fetch_optional(&mut *transaction):
            "UPDATE users SET removed_at = ?, password_hash = ''
             WHERE name = ? AND removed_at IS NULL RETURNING id";
            now.timestamp(), name
        )?;
        let removal = if let Some((user,)) = removed {
            for statement in [
                "DELETE FROM sessions WHERE user_id = ?",
                "DELETE FROM memberships WHERE user_id = ?",
                "DELETE FROM links WHERE user_id = ?",
                "DELETE FROM idempotency_records WHERE user_id = ?",
            ] {
                sql!(execute(&mut *transaction): statement; user)?;
            }
            Removal::Removed
        } else {
            let known: Option<(i64,)> = sql!(fetch_optional(&mut *transaction):
                "SELECT id FROM users WHERE name = ?"; name)?;
            known.map_or(Removal::Unknown, |_| Removal::Already)
        };
        transaction.commit().await?;
        Ok(removal)
    }

    /// All users, by name.
    pub(crate) async fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        let rows: Vec<(i64, String, String, String, i64)> = sql!(fetch_all(&self.pool):
            "SELECT id, name,
                 (SELECT json_group_array(slug) FROM memberships JOIN teams ON teams.id = team_id
                  WHERE user_id = users.id),
                 (SELECT json_group_array(provider) FROM links WHERE user_id = users.id),
                 created_at
             FROM users WHERE removed_at IS NULL ORDER BY name"
        )?;
        let mut users = Vec::with_capacity(rows.len());
        for (id, name, teams, links, created_at) in rows {
            users.push(UserRow {
                id,
                name,
                teams: serde_json::from_str(&teams)?,
                links: serde_json::from_str(&links)?,
                created_at: time(created_at),
            });
        }
        Ok(users)
    }
}

async fn active_user(transaction: &mut Transaction, name: &str) -> Result<Option<i64>, StoreError> {
    let user: Option<(i64,)> = sql!(fetch_optional(&mut **transaction):
        "SELECT id FROM users WHERE name = ? AND removed_at IS NULL"; name)?;
    Ok(user.map(|(user,)| user))
}

/// Also ends the sessions of the user, but not their tokens.
async fn set_password(
    transaction: &mut Transaction,
    user: i64,
    password_hash: &str,
) -> Result<(), StoreError> {
    sql!(execute(&mut **transaction):
        "UPDATE users SET password_hash = ?, removed_at = NULL WHERE id = ?";
        password_hash, user)?;
    sql!(execute(&mut **transaction):
        "DELETE FROM sessions WHERE user_id = ? AND token_name IS NULL"; user)?;
    Ok(())
}
