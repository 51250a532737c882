//! The offline queue (QUEUE §2): events wait here, durably, until the control plane has them.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::fs::FsError;
use crate::world::World;

/// The queue of one project: one folder below `queue/` in the state directory.
#[derive(Debug, Clone)]
pub struct Queue {
    folder: PathBuf,
}

/// What one queue holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events that wait for delivery.
    pub pending: u64,
    /// Events in the dead letter.
    pub dead: u64,
    /// Bytes of all its files.
    pub bytes: u64,
    /// The time of the oldest event that waits.
    pub oldest: Option<DateTime<Utc>>,
}

/// Events that could not be made durable.
#[derive(Debug, thiserror::Error)]
#[error("the event could not be recorded")]
pub struct NotRecorded {
    /// Which ones.
    pub event_ids: Vec<String>,
    /// Why.
    #[source]
    pub cause: FsError,
}

impl Queue {
    /// The queue of the project with this UUID; `unknown` outside a project.
    pub fn of_project(state_directory: &Path, project_uuid: &str) -> Self {
        Self {
            folder: state_directory.join("queue").join(project_uuid),
        }
    }

    /// Every queue there is.
    pub fn all(_state_directory: &Path) -> Result<Vec<Self>, FsError> {
        Ok(Vec::new())
    }

    /// Records events, each a compact JSON object without a newline. `Ok` means: durable.
    pub fn append(&self, _world: &World, _lines: &[Vec<u8>]) -> Result<(), NotRecorded> {
        Err(NotRecorded {
            event_ids: Vec::new(),
            cause: FsError::on("append to", &self.folder)(std::io::ErrorKind::Unsupported.into()),
        })
    }

    /// The highest Lamport clock of any event in the queue or its dead letter, 0 without any.
    pub fn highest_lamport_clock(&self) -> u64 {
        0
    }

    /// Counts without changing anything.
    pub fn counts(&self) -> Counts {
        Counts::default()
    }
}

/// One line for people where the queues hold more than is healthy, or events older than a day.
pub fn reminder(_world: &World, _state_directory: &Path) -> Option<String> {
    None
}
