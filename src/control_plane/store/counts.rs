//! What the store contains.

use chrono::{DateTime, Utc};

use super::{Store, StoreError};

impl Store {
    /// The number of rows of each kind, in display order. Sessions and tokens count until they
    /// expire.
    pub(crate) async fn counts(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(sql!(fetch_all(&self.pool):
            "SELECT 'users', count(*) FROM users WHERE removed_at IS NULL
             UNION ALL SELECT 'teams', count(*) FROM teams
             UNION ALL SELECT 'links', count(*) FROM links
             UNION ALL SELECT 'sessions', count(*) FROM sessions
                 WHERE refresh_expires_at > ?1 AND token_name IS NULL
             UNION ALL SELECT 'tokens', count(*) FROM sessions
                 WHERE refresh_expires_at > ?1 AND token_name IS NOT NULL
             UNION ALL SELECT 'projects', count(*) FROM projects
             UNION ALL SELECT 'connections', count(*) FROM connections
             UNION ALL SELECT 'tickets', count(*) FROM tickets
             UNION ALL SELECT 'origin_links', count(*) FROM origin_links
             UNION ALL SELECT 'events', count(*) FROM events";
            now.timestamp()
        )?)
    }

    /// Fails if the database cannot be written to.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.begin().await?.commit().await?)
    }
}
