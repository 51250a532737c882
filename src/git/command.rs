//! The one way git is started.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use super::environment;
use crate::world::World;

/// Why git gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no `git` in the search path.
    #[error("git is not installed, or not in PATH")]
    NotInstalled,
    /// This git is older than the options we use.
    #[error("this git is too old; version {} or later is needed", GitError::OLDEST)]
    OldVersion,
    /// git ended with an error.
    #[error(transparent)]
    Failed(Box<GitFailure>),
    /// git could not be started, or talked to.
    #[error("cannot run git in {}", directory.display())]
    Io {
        /// Where it was to run.
        directory: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// git answered something that cannot be read.
    #[error("cannot read what git {command} answered")]
    Unreadable {
        /// The git command's name.
        command: &'static str,
    },
}

impl GitError {
    /// The oldest git that knows every option we use (`git add --sparse`).
    pub const OLDEST: &'static str = "2.34";
}

/// A git command that ended with an error.
#[derive(Debug, thiserror::Error)]
#[error("git {} failed", arguments.first().map_or("", String::as_str))]
pub struct GitFailure {
    /// What git was asked, without the program's name and options of ours.
    pub arguments: Vec<String>,
    /// Its exit code; `None` where a signal ended it.
    pub status: Option<i32>,
    /// What it printed before.
    pub stdout: Vec<u8>,
    /// Its own words: outside text, not yet safe to show.
    pub stderr: String,
}

/// What a git command printed.
#[derive(Debug)]
pub(crate) struct GitOutput {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error, lossily.
    pub stderr: String,
}

/// Git in one directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Git<'a> {
    world: &'a World,
    directory: &'a Path,
    settings: &'a [&'a str],
}

impl<'a> Git<'a> {
    /// Git as if typed in this directory.
    pub(crate) fn in_directory(world: &'a World, directory: &'a Path) -> Self {
        Self {
            world,
            directory,
            settings: &[],
        }
    }

    /// The same with configuration of its own, each `key=value`.
    #[must_use]
    pub(crate) fn with_settings(mut self, settings: &'a [&'a str]) -> Self {
        self.settings = settings;
        self
    }

    /// Runs git with nothing on its standard input. Ending with an error is an error.
    pub(crate) fn run<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<GitOutput, GitError> {
        self.run_with_input(arguments, &[])
    }

    /// Runs git with these bytes on its standard input.
    pub(crate) fn run_with_input<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> Result<GitOutput, GitError> {
        let arguments: Vec<OsString> = arguments
            .into_iter()
            .map(|argument| argument.as_ref().to_owned())
            .collect();
        let output = self
            .answer(&arguments, input)
            .map_err(|error| self.not_run(error))?;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            return Ok(GitOutput {
                stdout: output.stdout,
                stderr,
            });
        }
        Err(GitError::Failed(Box::new(GitFailure {
            arguments: arguments
                .iter()
                .map(|argument| argument.to_string_lossy().into_owned())
                .collect(),
            status: output.status.code(),
            stdout: output.stdout,
            stderr,
        })))
    }

    /// Feeds git and reads it at the same time: either alone could wait for the other for ever.
    ///
    /// Its words go into a file without a name where there is room for one: what a hook leaves
    /// running in the background inherits them, and a pipe would not end before that does.
    fn answer(&self, arguments: &[OsString], input: &[u8]) -> io::Result<Output> {
        let words = nameless_file(self.world).ok();
        let stderr = match &words {
            Some(file) => file.try_clone()?.into(),
            None => Stdio::piped(),
        };
        let mut child = self.start(arguments, !input.is_empty(), stderr)?;
        let stdin = child.stdin.take();
        let mut output = std::thread::scope(|scope| {
            if let Some(mut stdin) = stdin {
                // A git that fails early closes the pipe: its exit code tells more than this.
                scope.spawn(move || drop(stdin.write_all(input)));
            }
            child.wait_with_output()
        })?;
        if let Some(mut file) = words {
            file.rewind()?;
            file.read_to_end(&mut output.stderr)?;
        }
        Ok(output)
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that starts git")]
    fn start(&self, arguments: &[OsString], with_input: bool, stderr: Stdio) -> io::Result<Child> {
        let mut command = Command::new(program(self.world));
        for setting in self.settings {
            command.arg("-c").arg(setting);
        }
        command
            .args(arguments)
            .current_dir(self.directory)
            .env_clear()
            .envs(environment::for_git(self.world.variables()))
            .stdin(if with_input {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
    }

    /// "Not found" is git or the directory: only the second is there to be looked at.
    fn not_run(&self, source: io::Error) -> GitError {
        if source.kind() == io::ErrorKind::NotFound && self.directory.is_dir() {
            return GitError::NotInstalled;
        }
        GitError::Io {
            directory: self.directory.to_owned(),
            source,
        }
    }
}

/// A file that no other program can find; in memory, since a disk takes longer than most of git.
#[cfg(target_os = "linux")]
fn nameless_file(_world: &World) -> io::Result<File> {
    let flags = rustix::fs::MemfdFlags::CLOEXEC;
    Ok(rustix::fs::memfd_create("git", flags)?.into())
}

/// A file that no other program can find.
#[cfg(not(target_os = "linux"))]
fn nameless_file(world: &World) -> io::Result<File> {
    tempfile::tempfile_in(world.temporary_directory())
}

/// git's path, looked up as the operating system would. Named by its path it is started without
/// a copy of this process, which is a good part of what a short git command costs. A relative
/// entry of `PATH` starts at git's own directory, so there the look-up is left to the system.
fn program(world: &World) -> PathBuf {
    let name = Path::new("git");
    let folders = world.search_path();
    let candidates = folders
        .iter()
        .take_while(|folder| folder.is_absolute())
        .map(|folder| folder.join(name));
    let executable = |path: &PathBuf| {
        path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
    };
    candidates
        .into_iter()
        .find(executable)
        .unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn git_is_found_as_the_system_would_find_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str, mode: u32| {
            let path = folder.path().join(name);
            std::fs::create_dir(&path).unwrap();
            let options = &mut std::fs::OpenOptions::new();
            let options = std::os::unix::fs::OpenOptionsExt::mode(options, mode);
            options
                .create(true)
                .write(true)
                .open(path.join("git"))
                .unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (plain, first, second) = (place("a", 0o644), place("b", 0o755), place("c", 0o755));
        let found = |entries: &[&str]| {
            let path = entries.join(":");
            program(&World::with_variables(
                folder.path().to_owned(),
                [("PATH", path)],
            ))
        };
        assert_eq!(
            found(&["/nowhere", &plain, &first, &second]),
            Path::new(&first).join("git")
        );
        assert_eq!(found(&["bin", &first]), Path::new("git"));
        assert_eq!(found(&[&plain]), Path::new("git"));
        assert_eq!(found(&[]), Path::new("git"));
    }

    #[test]
    fn a_failure_carries_arguments_code_and_words() {
        let sandbox = Sandbox::new();
        let error = Git::in_directory(&sandbox.world, &sandbox.root)
            .run(["rev-parse", "--verify", "nothing"])
            .unwrap_err();
        let GitError::Failed(failure) = error else {
            panic!("{error:?}")
        };
        assert_eq!(failure.to_string(), "git rev-parse failed");
        assert_eq!(failure.arguments, ["rev-parse", "--verify", "nothing"]);
        assert_eq!(failure.status, Some(128));
        assert_eq!(failure.stderr, "fatal: Needed a single revision\n");
    }

    #[test]
    fn input_beyond_any_pipe_is_fed_and_read_together() {
        let sandbox = Sandbox::new();
        let input = b"x\n".repeat(200_000);
        let out = Git::in_directory(&sandbox.world, &sandbox.root)
            .run_with_input(["cat-file", "--batch-check", "--buffer"], &input)
            .unwrap();
        assert_eq!(out.stdout, b"x missing\n".repeat(200_000));
        let ignored = Git::in_directory(&sandbox.world, &sandbox.root)
            .run_with_input(["version"], &input)
            .unwrap();
        assert!(ignored.stdout.starts_with(b"git version"));
    }

    #[test]
    fn a_missing_git_and_a_missing_directory_are_told_apart() {
        let sandbox = Sandbox::new();
        let gone = sandbox.root.join("gone");
        let error = Git::in_directory(&sandbox.world, &gone).run(["version"]);
        assert!(matches!(error, Err(GitError::Io { .. })), "{error:?}");
        let bare = World::with_variables(sandbox.root.clone(), [("PATH", "/nonexistent")]);
        let error = Git::in_directory(&bare, &sandbox.root).run(["version"]);
        assert!(matches!(error, Err(GitError::NotInstalled)), "{error:?}");
    }

    #[test]
    fn a_surrounding_hook_does_not_lead_git_elsewhere() {
        let sandbox = Sandbox::new();
        let hook = sandbox.world_with([
            ("GIT_DIR", "/nonexistent"),
            ("GIT_INDEX_FILE", "/nonexistent"),
            ("LC_ALL", "de_DE.UTF-8"),
        ]);
        let out = Git::in_directory(&hook, &sandbox.root)
            .run(["rev-parse", "--absolute-git-dir"])
            .unwrap();
        let expected = format!("{}/.git\n", sandbox.root.display());
        assert_eq!(out.stdout, expected.as_bytes());
    }
}
