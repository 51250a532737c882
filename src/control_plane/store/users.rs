//! Users, their teams, and the providers they are linked to.

use chrono::{DateTime, Utc};

use super::{SessionOwner, Store, StoreError};
use crate::wire::{PERSONAL_TEAM, Provider};

impl Store {
    /// The user of a personal control plane, who is made when it first runs: linked to every provider
    /// and without a password.
    pub(crate) async fn personal_user(
        &self,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<SessionOwner, StoreError> {
        if let Some(owner) = self.personal_owner(name).await? {
            return Ok(owner);
        }
        let mut transaction = self.begin().await?;
        sql!(execute(&mut *transaction):
            "INSERT INTO users (name, password_hash, created_at) VALUES (?, '', ?)
             ON CONFLICT DO NOTHING";
            name, now.timestamp()
        )?;
        sql!(execute(&mut *transaction):
            "INSERT INTO teams (slug) VALUES (?) ON CONFLICT DO NOTHING"; PERSONAL_TEAM)?;
        sql!(execute(&mut *transaction):
            "INSERT INTO memberships (user_id, team_id)
             SELECT users.id, teams.id FROM users, teams WHERE users.name = ? AND teams.slug = ?
             ON CONFLICT DO NOTHING";
            name, PERSONAL_TEAM
        )?;
        for provider in Provider::ALL {
            sql!(execute(&mut *transaction):
                "INSERT INTO links (user_id, provider) SELECT id, ? FROM users WHERE name = ?
                 ON CONFLICT DO NOTHING";
                provider.as_str(), name
            )?;
        }
        transaction.commit().await?;
        let owner = self.personal_owner(name).await?;
        Ok(owner.ok_or(sqlx::Error::RowNotFound)?)
    }

    async fn personal_owner(&self, name: &str) -> Result<Option<SessionOwner>, StoreError> {
        let row: Option<(i64, i64)> = sql!(fetch_optional(&self.pool):
            "SELECT users.id, teams.id FROM users
             JOIN memberships ON memberships.user_id = users.id
             JOIN teams ON teams.id = memberships.team_id
             WHERE users.name = ? AND teams.slug = ?";
            name, PERSONAL_TEAM
        )?;
        Ok(row.map(|(user_id, team_id)| SessionOwner {
            session_id: 0,
            user_id,
            user_name: name.to_owned(),
            team_id,
            team_slug: PERSONAL_TEAM.to_owned(),
        }))
    }

    /// The id and password hash of a user.
    pub(crate) async fn user_by_name(
        &self,
        name: &str,
    ) -> Result<Option<(i64, String)>, StoreError> {
        Ok(sql!(fetch_optional(&self.pool):
            "SELECT id, password_hash FROM users WHERE name = ? AND removed_at IS NULL"; name)?)
    }

    /// The id and slug of a team of the user: the requested one, or the first that they joined.
    pub(crate) async fn team_of_user(
        &self,
        user: i64,
        requested: Option<&str>,
    ) -> Result<Option<(i64, String)>, StoreError> {
        Ok(sql!(fetch_optional(&self.pool):
            "SELECT teams.id, teams.slug FROM memberships
             JOIN teams ON teams.id = memberships.team_id
             WHERE memberships.user_id = ?1 AND (?2 IS NULL OR teams.slug = ?2)
             ORDER BY memberships.rowid LIMIT 1";
            user, requested
        )?)
    }

    /// The slugs of a user's teams, in the order in which they joined.
    pub(crate) async fn teams_of(&self, user: i64) -> Result<Vec<String>, StoreError> {
        let teams: Vec<(String,)> = sql!(fetch_all(&self.pool):
            "SELECT teams.slug FROM memberships JOIN teams ON teams.id = memberships.team_id
             WHERE memberships.user_id = ? ORDER BY memberships.rowid";
            user
        )?;
        Ok(teams.into_iter().map(|(slug,)| slug).collect())
    }

    /// The providers that a user is linked to, sorted.
    pub(crate) async fn links_of(&self, name: &str) -> Result<Vec<String>, StoreError> {
        let links: Vec<(String,)> = sql!(fetch_all(&self.pool):
            "SELECT links.provider FROM links JOIN users ON users.id = links.user_id
             WHERE users.name = ? ORDER BY links.provider";
            name
        )?;
        Ok(links.into_iter().map(|(provider,)| provider).collect())
    }

    pub(crate) async fn is_linked(
        &self,
        user: i64,
        provider: Provider,
    ) -> Result<bool, StoreError> {
        let link: Option<(i64,)> = sql!(fetch_optional(&self.pool):
            "SELECT 1 FROM links WHERE user_id = ? AND provider = ?"; user, provider.as_str())?;
        Ok(link.is_some())
    }
}
