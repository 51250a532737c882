//! What git knows about the directory a command acts in.

use std::path::{Path, PathBuf};

use super::command::GitError;
use crate::world::World;

/// A repository with a work tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The top of the work tree.
    pub root: PathBuf,
    /// This work tree's own git folder.
    pub git_directory: PathBuf,
    /// The git folder that all linked work trees share.
    pub common_directory: PathBuf,
    /// The branch's short name; `None` where HEAD is detached.
    pub branch: Option<String>,
    /// The commit HEAD names; `None` before the first one.
    pub head: Option<String>,
}

/// What a directory belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Discovered {
    /// A work tree.
    Repository(Repository),
    /// A git folder without a work tree around the directory: a bare repository, or the inside of
    /// `.git`.
    Bare(PathBuf),
    /// No repository.
    None,
}

/// An operation of the user's that a commit of ours would disturb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupted {
    /// `git merge`.
    Merge,
    /// `git rebase` or `git am`.
    Rebase,
    /// `git cherry-pick`.
    CherryPick,
    /// `git revert`.
    Revert,
}

impl Interrupted {
    /// The word for it: `merge`, `rebase`, `cherry-pick`, `revert`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Rebase => "rebase",
            Self::CherryPick => "cherry-pick",
            Self::Revert => "revert",
        }
    }
}

impl Repository {
    /// Whether this is a work tree made by `git worktree add`.
    pub fn is_linked_worktree(&self) -> bool {
        self.git_directory != self.common_directory
    }

    /// The operation that waits for the user here, if any.
    pub fn interrupted(&self) -> Option<Interrupted> {
        None
    }
}

/// Asks git, once, what this directory belongs to.
pub fn discover(world: &World, directory: &Path) -> Result<Discovered, GitError> {
    let _ = (world, directory);
    Err(GitError::NotInstalled)
}

/// The URL of the remote `origin`, as configured.
pub fn remote_url(world: &World, repository: &Repository) -> Result<Option<String>, GitError> {
    let _ = (world, repository);
    Err(GitError::NotInstalled)
}

/// Whether HEAD holds exactly what the work tree holds at these paths (relative to the root).
pub fn is_committed(
    world: &World,
    repository: &Repository,
    paths: &[PathBuf],
) -> Result<bool, GitError> {
    let _ = (world, repository, paths);
    Err(GitError::NotInstalled)
}
