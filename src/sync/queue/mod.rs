//! The offline queue (QUEUE §2): events wait here, durably, until the control plane has them.
//!
//! One folder a project; one file that grows, sealed segments that never do, a dead letter.
//! Deleting a segment is the acknowledgement: no cursor or index could disagree with the data.

mod append;
mod contents;
mod dead_letter;
mod drain_lock;
mod folder;
mod lines;
mod reminder;
mod segment;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use append::NotRecorded;
pub(crate) use contents::Counts;
pub(crate) use dead_letter::{DeadEvent, DeadLetter, Retried, RetryError};
pub(crate) use drain_lock::DrainLock;
pub(crate) use lines::{Line, MAX_LINE_BYTES};
pub(crate) use reminder::reminder;
pub(crate) use segment::Segment;

use crate::fs::FsError;

/// The folder of all queues, in the state directory.
const QUEUES: &str = "queue";
/// The scope of events that belong to no project.
const UNKNOWN: &str = "unknown";

/// The queue of one project: one folder below `queue/` in the state directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    folder: PathBuf,
}

impl Queue {
    /// The queue of the project with this UUID. The text comes from a file of the repository, so
    /// one that is no plain name must not choose a folder: it shares the queue `unknown`.
    pub fn of_project(state_directory: &Path, project_uuid: &str) -> Self {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_name = (1..=64).contains(&project_uuid.len()) && project_uuid.bytes().all(plain);
        let scope = if is_name { project_uuid } else { UNKNOWN };
        Self {
            folder: state_directory.join(QUEUES).join(scope),
        }
    }

    /// The queue of events that belong to no project.
    pub fn outside_projects(state_directory: &Path) -> Self {
        Self::of_project(state_directory, UNKNOWN)
    }

    /// Every queue there is, by name.
    pub fn all(state_directory: &Path) -> Result<Vec<Self>, FsError> {
        let root = state_directory.join(QUEUES);
        let entries = match fs::read_dir(&root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(FsError::on("list the folder", &root)(error)),
        };
        let mut queues = Vec::new();
        for entry in entries {
            let folder = entry.map_err(FsError::on("list the folder", &root))?.path();
            if folder.is_dir() {
                queues.push(Self { folder });
            }
        }
        queues.sort_by(|a, b| a.folder.cmp(&b.folder));
        Ok(queues)
    }

    /// Whether anything was ever recorded here.
    pub fn exists(&self) -> bool {
        fs::symlink_metadata(&self.folder).is_ok()
    }

    /// The name of its folder: the project's UUID.
    pub fn scope(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}
