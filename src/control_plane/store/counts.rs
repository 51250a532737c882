//! How much of everything the store holds.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Store, StoreError};

/// Rows, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    /// People who may log in.
    pub users: i64,
    /// Their teams.
    pub teams: i64,
    /// Users who may act for a provider, counted once a provider.
    pub links: i64,
    /// Projects that are mapped.
    pub projects: i64,
    /// Tickets that a search can find.
    pub tickets: i64,
    /// Missions that have an origin.
    pub origin_links: i64,
    /// Events received.
    pub events: i64,
    /// Sessions that can still be used or refreshed.
    pub sessions: i64,
}

impl Store {
    /// Counts everything.
    pub(crate) async fn counts(&self, now: DateTime<Utc>) -> Result<Counts, StoreError> {
        type Row = (i64, i64, i64, i64, i64, i64, i64, i64);
        let row: Row = sqlx::query_as(
            "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM teams),
                 (SELECT count(*) FROM links), (SELECT count(*) FROM projects),
                 (SELECT count(*) FROM tickets), (SELECT count(*) FROM origin_links),
                 (SELECT count(*) FROM events),
                 (SELECT count(*) FROM sessions WHERE refresh_expires_at > ?)",
        )
        .bind(now.timestamp())
        .fetch_one(&self.pool)
        .await?;
        let (users, teams, links, projects, tickets, origin_links, events, sessions) = row;
        Ok(Counts {
            users,
            teams,
            links,
            projects,
            tickets,
            origin_links,
            events,
            sessions,
        })
    }

    /// Fails where the store cannot be asked at all.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }
}
