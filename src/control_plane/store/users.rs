//! People, their teams and the providers they may act for.

use chrono::{DateTime, Utc};

use super::{Store, StoreError};
use crate::wire::Provider;

/// What adding something that may be there already did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// It is new.
    Created,
    /// It was there and is now as asked.
    Updated,
}

impl Store {
    /// Adds a user, or changes the password of one who is there; either way the user is then in
    /// the team and has the links. A changed password ends every session it opened.
    pub(crate) async fn add_user(
        &self,
        name: &str,
        password_hash: &str,
        team: &str,
        links: &[Provider],
        now: DateTime<Utc>,
    ) -> Result<Added, StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let existing: Option<(i64,)> = sqlx::query_as("SELECT id FROM users WHERE name = ?")
            .bind(name)
            .fetch_optional(&mut *transaction)
            .await?;
        let (user, added) = if let Some((user,)) = existing {
            sqlx::query("UPDATE users SET password_hash = ? WHERE id = ?")
                .bind(password_hash)
                .bind(user)
                .execute(&mut *transaction)
                .await?;
            sqlx::query("DELETE FROM sessions WHERE user_id = ?")
                .bind(user)
                .execute(&mut *transaction)
                .await?;
            (user, Added::Updated)
        } else {
            let insert =
                sqlx::query("INSERT INTO users (name, password_hash, created_at) VALUES (?, ?, ?)")
                    .bind(name)
                    .bind(password_hash)
                    .bind(now.timestamp())
                    .execute(&mut *transaction)
                    .await?;
            (insert.last_insert_rowid(), Added::Created)
        };
        sqlx::query("INSERT INTO teams (slug) VALUES (?) ON CONFLICT DO NOTHING")
            .bind(team)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO memberships (user_id, team_id) SELECT ?, id FROM teams WHERE slug = ?
             ON CONFLICT DO NOTHING",
        )
        .bind(user)
        .bind(team)
        .execute(&mut *transaction)
        .await?;
        for provider in links {
            sqlx::query(
                "INSERT INTO links (user_id, provider) VALUES (?, ?) ON CONFLICT DO NOTHING",
            )
            .bind(user)
            .bind(provider.as_str())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(added)
    }

    /// A user's id and password hash.
    pub(crate) async fn user_by_name(
        &self,
        name: &str,
    ) -> Result<Option<(i64, String)>, StoreError> {
        Ok(
            sqlx::query_as("SELECT id, password_hash FROM users WHERE name = ?")
                .bind(name)
                .fetch_optional(&self.pool)
                .await?,
        )
    }

    /// The team a user may act for: the one named, else the first they joined; its id and slug.
    pub(crate) async fn team_of_user(
        &self,
        user: i64,
        named: Option<&str>,
    ) -> Result<Option<(i64, String)>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT teams.id, teams.slug FROM memberships
             JOIN teams ON teams.id = memberships.team_id
             WHERE memberships.user_id = ?1 AND (?2 IS NULL OR teams.slug = ?2)
             ORDER BY memberships.rowid LIMIT 1",
        )
        .bind(user)
        .bind(named)
        .fetch_optional(&self.pool)
        .await?)
    }

    /// The providers a user may act for, by name.
    pub(crate) async fn links_of(&self, name: &str) -> Result<Vec<String>, StoreError> {
        let links: Vec<(String,)> = sqlx::query_as(
            "SELECT links.provider FROM links JOIN users ON users.id = links.user_id
             WHERE users.name = ? ORDER BY links.provider",
        )
        .bind(name)
        .fetch_all(&self.pool)
        .await?;
        Ok(links.into_iter().map(|(provider,)| provider).collect())
    }

    /// Whether a user may act for a provider.
    pub(crate) async fn is_linked(
        &self,
        user: i64,
        provider: Provider,
    ) -> Result<bool, StoreError> {
        let link: Option<(i64,)> =
            sqlx::query_as("SELECT 1 FROM links WHERE user_id = ? AND provider = ?")
                .bind(user)
                .bind(provider.as_str())
                .fetch_optional(&self.pool)
                .await?;
        Ok(link.is_some())
    }
}
