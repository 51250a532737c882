//! A repository in a temporary folder, independent of the developer's git configuration.

use std::fs;
use std::path::{Path, PathBuf};

use super::command::{Git, GitError};
use super::repository::{Discovered, Repository, discover};
use crate::world::World;

/// A home folder, a repository `repository` on the branch `main`, and a world with only these.
pub(super) struct Sandbox {
    folder: tempfile::TempDir,
    pub(super) root: PathBuf,
    pub(super) world: World,
}

impl Sandbox {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("repository");
        fs::create_dir(&root).unwrap();
        let mut sandbox = Self {
            world: World::with_variables::<&str, &str>(root.clone(), []),
            folder,
            root,
        };
        sandbox.world = sandbox.world_with::<&str>([]);
        sandbox.git(&["init", "--quiet", "--initial-branch=main"]);
        sandbox.identify(&sandbox.root);
        sandbox
    }

    /// Configures user name and email.
    pub(super) fn identify(&self, repository: &Path) {
        self.git_in(repository, &["config", "user.name", "Ada"]);
        self.git_in(repository, &["config", "user.email", "ada@example.org"]);
    }

    /// The same world with more variables.
    pub(super) fn world_with<V: Into<std::ffi::OsString>>(
        &self,
        variables: impl IntoIterator<Item = (&'static str, V)>,
    ) -> World {
        let path = World::from_process().unwrap();
        let path = path.variable("PATH").unwrap();
        let home = self.folder.path();
        let base: [(&str, std::ffi::OsString); 5] = [
            ("PATH", path.into()),
            ("HOME", home.into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("GIT_CONFIG_GLOBAL", home.join("gitconfig").into()),
            ("GIT_CEILING_DIRECTORIES", home.into()),
        ];
        let more = variables
            .into_iter()
            .map(|(name, value)| (name, value.into()));
        World::with_variables(self.root.clone(), base.into_iter().chain(more))
    }

    /// A path next to the repository.
    pub(super) fn sibling(&self, name: &str) -> PathBuf {
        self.root.parent().unwrap().join(name)
    }

    pub(super) fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.root, arguments)
    }

    pub(super) fn git_in(&self, directory: &Path, arguments: &[&str]) -> String {
        let output = self.try_git_in(directory, arguments);
        let output = output.unwrap_or_else(|error| panic!("{arguments:?}: {error:?}"));
        String::from_utf8_lossy(&output).into_owned()
    }

    pub(super) fn try_git_in(
        &self,
        directory: &Path,
        arguments: &[&str],
    ) -> Result<Vec<u8>, GitError> {
        Git::in_directory(&self.world, directory).run(arguments)
    }

    pub(super) fn write(&self, path: impl AsRef<Path>, text: &str) {
        write(&self.root.join(path), text);
    }

    /// Writes and commits one file, like a user.
    pub(super) fn commit_file(&self, path: &str, text: &str) {
        self.write(path, text);
        self.git(&["add", "--", path]);
        self.git(&["commit", "--quiet", "--message", path]);
    }

    /// Installs an executable hook.
    pub(super) fn hook(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.root.join(".git/hooks").join(name);
        write(&path, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(super) fn repository(&self) -> Repository {
        self.repository_in(&self.root)
    }

    pub(super) fn repository_in(&self, directory: &Path) -> Repository {
        match discover(&self.world, directory).unwrap() {
            Discovered::Repository(repository) => repository,
            other => panic!("{other:?}"),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a fixture need not be durable")]
pub(super) fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
