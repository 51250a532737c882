//! An opened project: where it is, whose it is, and the locks its commands share.

pub(crate) mod config;
pub(crate) mod git_remote;
pub(crate) mod identity;
pub(crate) mod paths;

use std::path::{Path, PathBuf};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use self::identity::{IdentityError, ProjectIdentity};
use self::paths::{RootError, find_root, relative};
use crate::fs::lock::{self, Lock, LockError};
use crate::fs::{FsError, ensure_private_directory};
use crate::git::command::GitError;
use crate::git::repository::{Discovered, Repository, discover, remote_url};
use crate::text::short_digest;
use crate::world::World;

/// Where a project's identity is kept until its configuration holds one.
pub(crate) const KEEP_FILE: &str = "project.json";

/// Where the project's repository stood when the event happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitMetadata {
    /// The branch checked out; `None` on a detached HEAD or outside git.
    pub branch: Option<String>,
    /// The full sha of HEAD; `None` before the first commit or outside git.
    pub head: Option<String>,
}

/// A project and what surrounds it.
#[derive(Debug)]
pub struct Project {
    /// Its root folder, without symbolic links.
    pub root: PathBuf,
    /// The user's state directory.
    pub state_directory: PathBuf,
    /// Its git repository; `None` outside git or in a bare one.
    pub repository: Option<Repository>,
    /// As events name it.
    pub identity: ProjectIdentity,
}

/// Why a project cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// There is none.
    #[error(transparent)]
    Root(#[from] RootError),
    /// git cannot be asked.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Its configuration is broken.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The folder for its locks cannot be made.
    #[error(transparent)]
    Fs(#[from] FsError),
}

impl Project {
    /// Opens the project that the world's directory belongs to. One git process, and another at the
    /// same time where the configuration leaves something to the remote.
    pub fn open(world: &World) -> Result<Self, ProjectError> {
        let root = find_root(world)?;
        let state_directory = world.state_directory();
        let leaves_names = !identity::is_complete(&root)?;
        let (discovered, remote) = thread::scope(|scope| {
            let remote = leaves_names.then(|| scope.spawn(|| remote_url(world, &root)));
            (discover(world, &root), remote.map(ScopedJoinHandle::join))
        });
        let repository = match discovered? {
            Discovered::Repository(repository) => Some(repository),
            Discovered::Bare(_) | Discovered::None => None,
        };
        let remote = match (&repository, remote) {
            (Some(_), Some(Ok(remote))) => remote?,
            _ => None,
        };
        let shared = shared_directory(repository.as_ref(), &state_directory, &root);
        let keep_file = shared.join(KEEP_FILE);
        let identity = identity::load(world, &root, &keep_file, remote.as_deref())?;
        Ok(Self {
            root,
            state_directory,
            repository,
            identity,
        })
    }

    /// Where locks and the kept identity lie: outside the tree, shared by all work trees.
    pub fn shared_directory(&self) -> PathBuf {
        shared_directory(self.repository.as_ref(), &self.state_directory, &self.root)
    }

    /// The branch checked out; empty on a detached HEAD.
    pub(crate) fn current_branch(&self) -> &str {
        let branch = self.repository.as_ref().and_then(|it| it.branch.as_deref());
        branch.unwrap_or_default()
    }

    /// A path below the root, as JSON and messages show it.
    pub fn relative(&self, path: &Path) -> String {
        relative(&self.root, path)
    }

    /// Branch and commit for an event; `head` is the commit just made, if one was.
    pub fn git_metadata(&self, head: Option<&str>) -> GitMetadata {
        let repository = self.repository.as_ref();
        GitMetadata {
            branch: repository.and_then(|repository| repository.branch.clone()),
            head: head
                .map(str::to_owned)
                .or_else(|| repository.and_then(|r| r.head.clone())),
        }
    }

    /// A lock file for something that must happen once at a time: `name` for people, `key` for
    /// what it is about. Keys share 64 files, so that these stay few.
    pub fn lock_file(&self, name: &str, key: &str) -> Result<PathBuf, FsError> {
        let folder = self.shared_directory();
        ensure_private_directory(&folder)?;
        let bucket = Sha256::digest(key).first().map_or(0, |byte| byte % 64);
        Ok(folder.join(format!("{name}-{bucket:02}.lock")))
    }

    /// The lock under which a mission gets its number, its intent and its folder.
    pub fn number_lock_file(&self) -> Result<PathBuf, FsError> {
        self.lock_file("number", "")
    }

    /// Takes the lock of [`Self::lock_file`], waiting at most `wait`.
    pub fn lock(
        &self,
        world: &World,
        name: &str,
        key: &str,
        wait: Duration,
    ) -> Result<Lock, LockError> {
        lock::acquire(world, &self.lock_file(name, key)?, wait)
    }
}

/// Where a project's locks and its kept identity lie: outside the tree, shared by all work trees.
pub(crate) fn shared_directory(
    repository: Option<&Repository>,
    state_directory: &Path,
    root: &Path,
) -> PathBuf {
    if let Some(repository) = repository {
        return repository.common_directory.join("spec-kitty");
    }
    let name = short_digest(root.as_os_str().as_encoded_bytes());
    state_directory.join("projects").join(name)
}
