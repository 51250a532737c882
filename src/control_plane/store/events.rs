//! Received events.

use chrono::{DateTime, Utc};

use super::{SessionOwner, Store, StoreError, Transaction};

/// An event that has passed all checks.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedEvent<'a> {
    pub event_id: String,
    pub event_type: String,
    pub aggregate_id: String,
    /// The event as received, byte for byte.
    pub document: &'a str,
}

/// What became of a received event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receipt {
    New,
    /// The same user sent it before, or another one sent the same bytes.
    Duplicate,
    /// Another user sent a different event with this id.
    IdTaken,
}

impl Store {
    /// Stores a batch of events durably, and says what became of each.
    pub(crate) async fn receive_events(
        &self,
        owner: &SessionOwner,
        events: &[ReceivedEvent<'_>],
        now: DateTime<Utc>,
    ) -> Result<Vec<Receipt>, StoreError> {
        let mut transaction = self.begin().await?;
        let mut receipts = Vec::with_capacity(events.len());
        for event in events {
            let inserted = sql!(execute(&mut *transaction):
                "INSERT INTO events (event_id, event_type, aggregate_id, team_id, received_by,
                     received_at, document)
                 VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
                &event.event_id, &event.event_type, &event.aggregate_id, owner.team_id,
                owner.user_id, now.timestamp(), event.document
            )?;
            receipts.push(match inserted.rows_affected() {
                0 => earlier(&mut transaction, owner, event).await?,
                _ => Receipt::New,
            });
        }
        transaction.commit().await?;
        Ok(receipts)
    }
}

/// Compares an event with the stored one that has its id.
async fn earlier(
    transaction: &mut Transaction,
    owner: &SessionOwner,
    event: &ReceivedEvent<'_>,
) -> Result<Receipt, StoreError> {
    let (is_same,): (bool,) = sql!(fetch_one(&mut **transaction):
        "SELECT received_by = ? OR document = ? FROM events WHERE event_id = ?";
        owner.user_id, event.document, &event.event_id
    )?;
    Ok(if is_same {
        Receipt::Duplicate
    } else {
        Receipt::IdTaken
    })
}
