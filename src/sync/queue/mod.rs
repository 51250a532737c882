//! The offline queue stores events durably until the control plane has accepted them.
//!
//! Each project has one folder with one growing file, sealed segments and a dead-letter file.
//! Deleting a segment acknowledges its events, so no cursor or index can contradict the data.
//! `docs/queue-format.md` describes the files.

mod append;
mod counts;
mod dead_letter;
mod drain;
mod folder;
mod lines;
mod reminder;
mod removal;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub(crate) use append::NotRecorded;
pub(crate) use counts::Counts;
pub(crate) use dead_letter::{DeadEvent, DeadLetterFile, RetryError};
pub(crate) use drain::{DrainLock, Segment};
pub(crate) use lines::{Line, MAX_LINE_BYTES};
pub(crate) use reminder::reminder;

use crate::fs::{FsError, entries};

/// The folder of all queues in the state directory.
const QUEUES: &str = "queue";
/// The folder of the events that belong to no project.
const UNKNOWN: &str = "unknown";

/// The queue of one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    folder: PathBuf,
}

impl Queue {
    /// The queue of the project with this UUID. The UUID comes from a file in the repository; if it
    /// is not a plain name, the folder is `unknown`.
    pub fn of_project(state_directory: &Path, project_uuid: &str) -> Self {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_name = (1..=64).contains(&project_uuid.len()) && project_uuid.bytes().all(plain);
        let name = if is_name { project_uuid } else { UNKNOWN };
        Self {
            folder: state_directory.join(QUEUES).join(name),
        }
    }

    /// The queue of the events that belong to no project.
    pub(crate) fn outside_projects(state_directory: &Path) -> Self {
        Self::of_project(state_directory, UNKNOWN)
    }

    /// All existing queues, sorted by name.
    pub(crate) fn all(state_directory: &Path) -> Result<Vec<Self>, FsError> {
        let entries = entries(&state_directory.join(QUEUES))?.into_iter();
        let mut folders: Vec<_> = entries.map(|entry| entry.path()).collect();
        folders.retain(|folder| folder.is_dir());
        Ok(folders.into_iter().map(|folder| Self { folder }).collect())
    }

    /// Whether the folder exists.
    pub(crate) fn exists(&self) -> bool {
        std::fs::symlink_metadata(&self.folder).is_ok()
    }

    /// The name of the folder, which is the project's UUID.
    pub(crate) fn name(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}
