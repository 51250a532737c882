//! Why a mission was not made.

use std::path::PathBuf;

use crate::fs::FsError;
use crate::fs::lock::LockError;
use crate::git::command::GitError;
use crate::git::commit::CommitError;
use crate::mission::metadata::MetadataError;

/// Why a mission was not made.
#[derive(Debug, thiserror::Error)]
pub enum FeatureCreationError {
    /// The slug is not kebab-case.
    #[error(
        "Invalid feature slug {0:?}: use lower-case words joined by hyphens, a letter first; \
         valid: user-auth, fix-bug-123; invalid: User-Auth, user_auth, 123-fix"
    )]
    InvalidSlug(String),
    /// The mission type is no name.
    #[error("invalid mission type {0:?}: use a name such as software-dev or documentation")]
    InvalidMissionType(String),
    /// The target branch is no branch name.
    #[error("{0:?} is not a valid branch name")]
    InvalidBranch(String),
    /// There is no git repository with a work tree.
    #[error("{} is not in a git repository with a work tree; a mission needs one", .0.display())]
    NotARepository(PathBuf),
    /// HEAD is detached.
    #[error("no branch is checked out (detached HEAD); a mission needs a branch")]
    DetachedHead,
    /// A linked work tree, or a folder below `.worktrees/`.
    #[error("{} is inside a git worktree; missions are made in the main checkout", .0.display())]
    InsideWorktree(PathBuf),
    /// `kitty-specs` is no folder of this project.
    #[error("kitty-specs {0}")]
    SpecsUnusable(&'static str),
    /// The number is in use.
    #[error("mission number {number} is taken by {by}")]
    NumberTaken {
        /// As missions carry it.
        number: String,
        /// The folder that has it.
        by: String,
    },
    /// The slug is in use.
    #[error("the slug {slug} is taken by {by}")]
    SlugTaken {
        /// The slug.
        slug: String,
        /// The folder that has it.
        by: String,
    },
    /// The files could not be written.
    #[error(transparent)]
    Meta(#[from] MetadataError),
    /// A folder could not be read or written.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// git could not be asked.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The unfinished mission of the same slug or ticket is not in the work tree.
    #[error("mission {0} is not finished, and outside of the sparse checkout")]
    Hidden(String),
    /// Other processes held a lock for too long.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The mission is there, but not committed: the same command goes on from here.
    #[error("mission {feature_slug} was created, but not committed")]
    NotCommitted {
        /// The mission.
        feature_slug: String,
        /// Why.
        source: CommitError,
    },
}
