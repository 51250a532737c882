//! A project: its root, identity, configuration, remote and locks.

pub(crate) mod config;
pub(crate) mod git_remote;
pub(crate) mod identity;
pub(crate) mod inside;
pub(crate) mod paths;

use std::path::{Path, PathBuf};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use self::config::ConfigError;
use self::identity::ProjectIdentity;
use self::paths::{RootError, find_root, relative};
use crate::fs::lock::{self, Lock, LockError};
use crate::fs::{FsError, ensure_private_directory};
use crate::git::command::GitError;
use crate::git::readiness::{self, NotReady};
use crate::git::repository::{Discovered, Repository, discover_with};
use crate::git::settings::{self, Settings};
use crate::text::short_digest;
use crate::world::{EntropyError, World};

/// The file with the project's UUID until the configuration contains one.
pub(crate) const UUID_FILE: &str = "project.json";

/// The state of the project's repository at the time of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitMetadata {
    /// The current branch; `None` on a detached HEAD or outside git.
    pub branch: Option<String>,
    /// The object name of HEAD; `None` before the first commit or outside git.
    pub head: Option<String>,
}

/// An opened project.
#[derive(Debug)]
pub(crate) struct Project {
    /// The root folder, without symbolic links.
    pub root: PathBuf,
    /// The user's state directory.
    pub state_directory: PathBuf,
    /// `None` outside git and in a bare repository.
    pub repository: Option<Repository>,
    /// Whether HEAD contains the project's configuration file.
    has_config_in_head: bool,
    /// The configuration of git, if it has been read.
    settings: Option<Settings>,
    pub identity: ProjectIdentity,
}

/// Why a project cannot be opened, or its identity cannot be determined.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProjectError {
    #[error(transparent)]
    Root(#[from] RootError),
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The UUID file could not be read or written.
    #[error(transparent)]
    UuidFile(#[from] FsError),
    #[error("{} does not contain a project UUID", _0.display())]
    UuidFileBroken(PathBuf),
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    #[error(transparent)]
    Lock(#[from] LockError),
}

impl Project {
    /// Opens the current project. Starts one git process, and a second one at the same time if the
    /// project's configuration does not contain all names.
    pub(crate) fn open(world: &World) -> Result<Self, ProjectError> {
        let root = find_root(world)?;
        let needs_settings = !identity::is_complete(&root)?;
        Self::open_at(world, root, needs_settings)
    }

    /// Opens the current project for a command that commits. Starts two git processes at the same
    /// time.
    pub(crate) fn open_to_commit(world: &World) -> Result<Self, ProjectError> {
        Self::open_at(world, find_root(world)?, true)
    }

    fn open_at(world: &World, root: PathBuf, needs_settings: bool) -> Result<Self, ProjectError> {
        let state_directory = world.state_directory();
        let (discovered, settings) = thread::scope(|scope| {
            let read = || settings::read(world, &root);
            let settings = needs_settings.then(|| scope.spawn(read));
            let discovered = discover_with(world, &root, config::CONFIG_FILE);
            (discovered, settings.map(ScopedJoinHandle::join))
        });
        let (discovered, has_config_in_head) = discovered?;
        let repository = match discovered {
            Discovered::Repository(repository) => Some(repository),
            Discovered::Bare(_) | Discovered::None => None,
        };
        let settings = match (&repository, settings) {
            (Some(_), Some(Ok(settings))) => Some(settings?),
            _ => None,
        };
        let shared = shared_directory(repository.as_ref(), &state_directory, &root);
        let uuid_file = shared.join(UUID_FILE);
        let remote = settings.as_ref().and_then(Settings::remote_url);
        let identity = identity::load(world, &root, &uuid_file, remote.as_deref())?;
        Ok(Self {
            root,
            state_directory,
            repository,
            has_config_in_head,
            settings,
            identity,
        })
    }

    /// The same project after its work tree was switched.
    pub(crate) fn reopened(&self, world: &World) -> Result<Self, GitError> {
        let (found, has_config_in_head) = discover_with(world, &self.root, config::CONFIG_FILE)?;
        Ok(Self {
            root: self.root.clone(),
            state_directory: self.state_directory.clone(),
            repository: match found {
                Discovered::Repository(repository) => Some(repository),
                Discovered::Bare(_) | Discovered::None => None,
            },
            has_config_in_head,
            settings: self.settings.clone(),
            identity: self.identity.clone(),
        })
    }

    /// Refuses what keeps git from committing: no identity, or no signer.
    pub(crate) fn require_commits(&self, world: &World) -> Result<(), NotReady> {
        match (&self.repository, &self.settings) {
            (None, _) => Ok(()),
            (Some(_), Some(settings)) => readiness::check(world, &self.root, settings),
            (Some(_), None) => {
                let settings = settings::read(world, &self.root)?;
                readiness::check(world, &self.root, &settings)
            }
        }
    }

    /// Whether the project's configuration file exists in this work tree only: no commit contains it, so
    /// another clone or branch would be another project.
    pub(crate) fn has_uncommitted_config(&self) -> bool {
        let exists = || config::path(&self.root).exists();
        self.repository.is_some() && !self.has_config_in_head && exists()
    }

    /// The folder for locks and the UUID file: outside the work tree, shared by all work trees.
    pub(crate) fn shared_directory(&self) -> PathBuf {
        shared_directory(self.repository.as_ref(), &self.state_directory, &self.root)
    }

    /// The root of this project in each other work tree of its repository.
    pub(crate) fn other_roots(&self) -> Vec<PathBuf> {
        let Some(repository) = &self.repository else {
            return Vec::new();
        };
        let inside = self.root.strip_prefix(&repository.root);
        let inside = inside.unwrap_or(Path::new(""));
        let roots = repository.other_work_trees().into_iter();
        roots
            .map(|root| root.components().chain(inside.components()).collect())
            .collect()
    }

    /// The current branch; empty on a detached HEAD.
    pub(crate) fn current_branch(&self) -> &str {
        let branch = self.repository.as_ref().and_then(|it| it.branch.as_deref());
        branch.unwrap_or_default()
    }

    /// A path relative to the root, for JSON and messages.
    pub(crate) fn relative(&self, path: &Path) -> String {
        relative(&self.root, path)
    }

    /// Branch and commit for an event. `head` is the commit that the command made.
    pub(crate) fn git_metadata(&self, head: Option<&str>) -> GitMetadata {
        let (branch, current) = match &self.repository {
            Some(repository) => (repository.branch.clone(), repository.head.clone()),
            None => (None, None),
        };
        let head = head.map(str::to_owned).or(current);
        GitMetadata { branch, head }
    }

    /// The lock file for an action (`name`) on an object (`key`). All keys of a name share 64 files,
    /// which limits their number.
    pub(crate) fn lock_file(&self, name: &str, key: &str) -> Result<PathBuf, FsError> {
        let folder = self.shared_directory();
        ensure_private_directory(&folder)?;
        let bucket = Sha256::digest(key).first().map_or(0, |byte| byte % 64);
        Ok(folder.join(format!("{name}-{bucket:02}.lock")))
    }

    /// The lock for the creation of missions: number, intent and folder.
    pub(crate) fn number_lock_file(&self) -> Result<PathBuf, FsError> {
        self.lock_file("number", "")
    }

    /// Acquires the lock of [`Self::lock_file`] within `wait`.
    pub(crate) fn lock(
        &self,
        world: &World,
        name: &str,
        key: &str,
        wait: Duration,
    ) -> Result<Lock, LockError> {
        lock::acquire(world, &self.lock_file(name, key)?, wait)
    }
}

/// The folder for locks and the UUID file: in the common git folder, or outside git in the state
/// directory.
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
