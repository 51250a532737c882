//! Users, their teams, and the providers they are linked to.

use chrono::{DateTime, Utc};

use super::{Store, StoreError};
use crate::wire::Provider;

impl Store {
    /// Adds a user, or sets the password of an existing one and ends their sessions. Either way the
    /// user then belongs to the team and has the links. Returns whether the user is new.
    pub(crate) async fn add_user(
        &self,
        name: &str,
        password_hash: &str,
        team: &str,
        links: &[Provider],
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let existing: Option<(i64,)> = sql!(query_as:
            "SELECT id FROM users WHERE name = ?";
            name
        )
        .fetch_optional(&mut *transaction)
        .await?;
        let user = if let Some((user,)) = existing {
            sql!(query: "UPDATE users SET password_hash = ? WHERE id = ?"; password_hash, user)
                .execute(&mut *transaction)
                .await?;
            sql!(query: "DELETE FROM sessions WHERE user_id = ?"; user)
                .execute(&mut *transaction)
                .await?;
            user
        } else {
            sql!(query:
                "INSERT INTO users (name, password_hash, created_at) VALUES (?, ?, ?)";
                name, password_hash, now.timestamp()
            )
            .execute(&mut *transaction)
            .await?
            .last_insert_rowid()
        };
        sql!(query: "INSERT INTO teams (slug) VALUES (?) ON CONFLICT DO NOTHING"; team)
            .execute(&mut *transaction)
            .await?;
        sql!(query:
            "INSERT INTO memberships (user_id, team_id) SELECT ?, id FROM teams WHERE slug = ?
             ON CONFLICT DO NOTHING";
            user, team
        )
        .execute(&mut *transaction)
        .await?;
        for provider in links {
            sql!(query:
                "INSERT INTO links (user_id, provider) VALUES (?, ?) ON CONFLICT DO NOTHING";
                user, provider.as_str()
            )
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(existing.is_none())
    }

    /// The id and password hash of a user.
    pub(crate) async fn user_by_name(
        &self,
        name: &str,
    ) -> Result<Option<(i64, String)>, StoreError> {
        let user = sql!(query_as: "SELECT id, password_hash FROM users WHERE name = ?"; name);
        Ok(user.fetch_optional(&self.pool).await?)
    }

    /// The id and slug of a team of the user: the requested one, or the first that they joined.
    pub(crate) async fn team_of_user(
        &self,
        user: i64,
        requested: Option<&str>,
    ) -> Result<Option<(i64, String)>, StoreError> {
        let team = sql!(query_as:
            "SELECT teams.id, teams.slug FROM memberships
             JOIN teams ON teams.id = memberships.team_id
             WHERE memberships.user_id = ?1 AND (?2 IS NULL OR teams.slug = ?2)
             ORDER BY memberships.rowid LIMIT 1";
            user, requested
        );
        Ok(team.fetch_optional(&self.pool).await?)
    }

    /// The providers that a user is linked to, sorted.
    pub(crate) async fn links_of(&self, name: &str) -> Result<Vec<String>, StoreError> {
        let links: Vec<(String,)> = sql!(query_as:
            "SELECT links.provider FROM links JOIN users ON users.id = links.user_id
             WHERE users.name = ? ORDER BY links.provider";
            name
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(links.into_iter().map(|(provider,)| provider).collect())
    }

    pub(crate) async fn is_linked(
        &self,
        user: i64,
        provider: Provider,
    ) -> Result<bool, StoreError> {
        let link: Option<(i64,)> = sql!(query_as:
            "SELECT 1 FROM links WHERE user_id = ? AND provider = ?";
            user, provider.as_str()
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(link.is_some())
    }
}
