//! Events that clients delivered.

use chrono::{DateTime, Utc};

use super::{SessionOwner, Store, StoreError};

/// An event that keeps all rules.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedEvent<'a> {
    /// Its ULID.
    pub event_id: String,
    /// What happened.
    pub event_type: String,
    /// To what.
    pub aggregate_id: String,
    /// The event, byte for byte.
    pub document: &'a str,
}

impl Store {
    /// Keeps a batch of events; for each whether it is new. All are durable when this returns.
    pub(crate) async fn receive_events(
        &self,
        owner: &SessionOwner,
        events: &[ReceivedEvent<'_>],
        now: DateTime<Utc>,
    ) -> Result<Vec<bool>, StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let mut new = Vec::with_capacity(events.len());
        for event in events {
            let insert = sqlx::query(
                "INSERT INTO events (event_id, event_type, aggregate_id, team_id, received_by,
                     received_at, document)
                 VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            )
            .bind(&event.event_id)
            .bind(&event.event_type)
            .bind(&event.aggregate_id)
            .bind(owner.team_id)
            .bind(owner.user_id)
            .bind(now.timestamp())
            .bind(event.document)
            .execute(&mut *transaction)
            .await?;
            new.push(insert.rows_affected() == 1);
        }
        transaction.commit().await?;
        Ok(new)
    }
}
