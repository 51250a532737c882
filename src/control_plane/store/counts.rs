//! What the store contains.

use chrono::{DateTime, Utc};

use super::{Store, StoreError};

impl Store {
    /// The number of rows of each kind, in display order. Sessions count until they can no longer
    /// be refreshed.
    pub(crate) async fn counts(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(sql!(fetch_all(&self.pool):
            "SELECT 'users', count(*) FROM users
             UNION ALL SELECT 'teams', count(*) FROM teams
             UNION ALL SELECT 'links', count(*) FROM links
             UNION ALL SELECT 'sessions', count(*) FROM sessions WHERE refresh_expires_at > ?
             UNION ALL SELECT 'projects', count(*) FROM projects
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
