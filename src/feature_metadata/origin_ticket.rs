//! The origin of a mission, as `meta.json` records it: exactly seven keys.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::document::{MetaError, canonical, load};
use super::{Meta, write_meta};
use crate::fs::lock;
use crate::fs::replace::Replaced;
use crate::world::World;

/// The ticket a mission began from. All seven values are non-empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OriginTicket {
    provider: String,
    resource_type: String,
    resource_id: String,
    external_issue_id: String,
    external_issue_key: String,
    external_issue_url: String,
    title: String,
}

const KEYS: [&str; 7] = [
    "external_issue_id",
    "external_issue_key",
    "external_issue_url",
    "provider",
    "resource_id",
    "resource_type",
    "title",
];

impl OriginTicket {
    /// Reads the seven keys; names every one that is missing or empty, or does not belong.
    pub fn from_keys(keys: &Meta) -> Result<Self, MetaError> {
        let text = |key: &str| {
            keys.get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let missing: Vec<_> = KEYS
            .iter()
            .filter(|k| text(k).is_empty())
            .map(|k| (*k).to_owned())
            .collect();
        let unknown: Vec<_> = keys
            .keys()
            .filter(|k| !KEYS.contains(&k.as_str()))
            .cloned()
            .collect();
        if !missing.is_empty() || !unknown.is_empty() {
            return Err(MetaError::OriginTicket { missing, unknown });
        }
        Ok(Self {
            provider: text("provider"),
            resource_type: text("resource_type"),
            resource_id: text("resource_id"),
            external_issue_id: text("external_issue_id"),
            external_issue_key: text("external_issue_key"),
            external_issue_url: text("external_issue_url"),
            title: text("title"),
        })
    }

    /// The keys as JSON.
    pub fn to_keys(&self) -> Meta {
        match serde_json::to_value(self) {
            Ok(Value::Object(keys)) => keys,
            _ => Meta::new(),
        }
    }

    /// The ticket's key: `WEB-123`.
    pub fn external_issue_key(&self) -> &str {
        &self.external_issue_key
    }
}

/// Records the origin in the `meta.json` at `path` and changes nothing else. Read, change and
/// replace happen under `lock_file`; where a person's editor comes in between it is done again,
/// three times at most.
pub fn set_origin_ticket(
    world: &World,
    lock_file: &Path,
    path: &Path,
    ticket: &OriginTicket,
) -> Result<Replaced, MetaError> {
    const TRIES: usize = 3;
    let contended = || MetaError::Contended {
        path: path.to_owned(),
    };
    let _held =
        lock::acquire(world, lock_file, Duration::from_secs(10)).map_err(|error| match error {
            lock::LockError::Busy { .. } => contended(),
            lock::LockError::File(error) => error.into(),
        })?;
    for _ in 0..TRIES {
        let read = load(path)?;
        let mut keys = read.keys().clone();
        keys.insert("origin_ticket".to_owned(), Value::Object(ticket.to_keys()));
        if canonical(&keys) == read.bytes() {
            return Ok(Replaced::Unchanged);
        }
        if load(path)?.bytes() == read.bytes() {
            return write_meta(path, &keys);
        }
    }
    Err(contended())
}
