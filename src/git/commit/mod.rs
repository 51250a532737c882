//! Commits given paths and leaves all other index entries unchanged. [`path_commit`] makes the commit;
//! [`index`] adds and repairs the entries of these paths.

mod index;
mod path_commit;
#[cfg(test)]
mod tests;
pub(crate) mod undo;

use std::path::PathBuf;
use std::time::Duration;

use self::index::Index;
use self::path_commit::PathCommit;
use super::command::{Git, GitError};
use super::locked::other_process;
pub(crate) use super::rejection::RejectedBy;
use super::repository::{Interrupted, Repository};
use crate::fs::lock::{self, Lock, LockError};
use crate::fs::{FsError, ensure_private_directory};
use crate::world::World;

/// How long to wait for a lock of git before the commit is deferred.
pub(crate) const GIT_LOCK_WAIT: Duration = Duration::from_secs(5);

/// Git prints full object names, syncs objects before references, and does not start maintenance.
const SETTINGS: &[&str] = &[
    "core.abbrev=no",
    "core.fsync=all",
    "maintenance.auto=false",
    "gc.auto=0",
];

/// A commit to make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CommitRequest<'a> {
    /// The files to commit, relative to the root.
    pub paths: &'a [PathBuf],
    pub message: &'a str,
    /// Skips the hooks, like `git commit --no-verify`.
    pub no_verify: bool,
    pub state: PathState,
    /// How long to wait for other git processes: [`GIT_LOCK_WAIT`].
    pub git_lock_wait: Duration,
    /// How long to wait for other spec-kitty commits, whose hooks may take long.
    pub lock_wait: Duration,
}

/// What HEAD may contain of the paths of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathState {
    /// Nothing: this command created all of them. Saves the check for changes.
    New,
    /// An earlier run created them. Those in HEAD are done, even if the user changed them since.
    Begun,
    /// Possibly an older state.
    Changed,
    /// An older state: this command has just changed the files.
    Written,
}

/// The result of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Committed {
    /// The full object name of the new commit.
    Commit(String),
    /// HEAD contains the same content already.
    NothingToCommit,
    /// Another git process committed the files since the command began, as `git commit -a` does. The
    /// object name of that commit.
    Elsewhere(String),
    /// The user's rules ignore all of the paths.
    Ignored,
    /// The user excludes the paths from changes (`skip-worktree`).
    LeftAlone,
    /// The files are written; a later run makes the commit.
    Deferred(Deferral),
}

/// Why a commit is deferred.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Deferral {
    #[error("a {} is in progress", .0.name())]
    Interrupted(Interrupted),
    /// Another git process holds the lock of the index or of a reference, or a killed one left it.
    /// What that process does.
    #[error("another git process {0}")]
    Locked(String),
}

/// Why a commit failed. The files are written anyway.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommitError {
    #[error("{}", match reason {
        RejectedBy::Hook => "a git hook rejected the commit",
        RejectedBy::Identity => "git does not know who you are",
        RejectedBy::Signing => "git could not sign the commit",
        RejectedBy::Other => "git refused the commit",
    })]
    Rejected {
        reason: RejectedBy,
        /// The output of git or the hook. Text from outside: sanitise it before showing it.
        stderr: String,
    },
    #[error(transparent)]
    Git(#[from] GitError),
    /// Another spec-kitty process held the commit lock for too long.
    #[error(transparent)]
    Lock(#[from] LockError),
}

impl From<FsError> for CommitError {
    fn from(error: FsError) -> Self {
        Self::Lock(error.into())
    }
}

/// Makes a commit of exactly the requested paths. All other index entries stay unchanged, also on
/// failure.
pub(crate) fn commit(
    world: &World,
    repository: &Repository,
    request: &CommitRequest<'_>,
) -> Result<Committed, CommitError> {
    let _lock = lock_commits(world, repository, request.lock_wait)?;
    let git = Git::in_directory(world, &repository.root).with_settings(SETTINGS);
    let end = world.instant() + request.git_lock_wait;
    let commit = PathCommit {
        repository,
        request,
        index: Index { world, git, end },
    };
    match commit.run() {
        Err(CommitError::Git(GitError::Failed(failure))) => match other_process(&failure) {
            Some(held) => Ok(Committed::Deferred(Deferral::Locked(held))),
            None => Err(CommitError::Rejected {
                reason: RejectedBy::Other,
                stderr: failure.stderr,
            }),
        },
        other => other,
    }
}

/// The lock that keeps other spec-kitty processes from changing HEAD and the index.
fn lock_commits(
    world: &World,
    repository: &Repository,
    wait: Duration,
) -> Result<Lock, CommitError> {
    let folder = repository.common_directory.join("spec-kitty");
    ensure_private_directory(&folder)?;
    Ok(lock::acquire(world, &folder.join("commit.lock"), wait)?)
}
