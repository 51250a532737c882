//! Received events.

use chrono::{DateTime, Utc};

use super::{SessionOwner, Store, StoreError};

/// An event that has passed all checks.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedEvent<'a> {
    pub event_id: String,
    pub event_type: String,
    pub aggregate_id: String,
    /// The event as received, byte for byte.
    pub document: &'a str,
}

impl Store {
    /// Stores a batch of events durably. The result says for each event whether it is new.
    pub(crate) async fn receive_events(
        &self,
        owner: &SessionOwner,
        events: &[ReceivedEvent<'_>],
        now: DateTime<Utc>,
    ) -> Result<Vec<bool>, StoreError> {
        let mut transaction = self.begin().await?;
        let mut new = Vec::with_capacity(events.len());
        for event in events {
            let inserted = sql!(execute(&mut *transaction):
                "INSERT INTO events (event_id, event_type, aggregate_id, team_id, received_by,
                     received_at, document)
                 VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
                &event.event_id, &event.event_type, &event.aggregate_id, owner.team_id,
                owner.user_id, now.timestamp(), event.document
            )?;
            new.push(inserted.rows_affected() == 1);
        }
        transaction.commit().await?;
        Ok(new)
    }
}
