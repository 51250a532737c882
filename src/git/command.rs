//! Runs git.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use super::{environment, pathspec};
use crate::world::World;

/// Why a git command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitError {
    /// There is no `git` in `PATH`.
    #[error("git is not installed, or not in PATH")]
    NotInstalled,
    /// This git does not support all options that the program uses.
    #[error("this git is too old; version {} or later is needed", GitError::OLDEST)]
    OldVersion,
    /// Git ended with an error.
    #[error(transparent)]
    Failed(Box<GitFailure>),
    /// Git could not be started, or communication with it failed.
    #[error("cannot run git in {}", directory.display())]
    Io {
        directory: PathBuf,
        source: io::Error,
    },
    /// The output of this git command has an unknown form.
    #[error("cannot read the output of git {command}")]
    Unreadable { command: &'static str },
}

impl GitError {
    /// The oldest git that supports all options that the program uses (`git add --sparse`).
    pub(crate) const OLDEST: &'static str = "2.34";
}

/// A git command that ended with an error.
#[derive(Debug, thiserror::Error)]
#[error("git {} failed", arguments.first().map_or("", String::as_str))]
pub(crate) struct GitFailure {
    /// The arguments, without `-c` settings.
    pub arguments: Vec<String>,
    /// The exit code; `None` if a signal ended git.
    pub status: Option<i32>,
    pub stdout: Vec<u8>,
    /// Text from outside: sanitise it before showing it.
    pub stderr: String,
}

/// `None` if git ended with this exit code, which for some commands means "no".
pub(super) fn none_on(
    status: i32,
    output: Result<Vec<u8>, GitError>,
) -> Result<Option<Vec<u8>>, GitError> {
    match output {
        Err(GitError::Failed(failure)) if failure.status == Some(status) => Ok(None),
        output => output.map(Some),
    }
}

/// Git in one directory. All methods return the standard output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Git<'a> {
    world: &'a World,
    directory: &'a Path,
    settings: &'a [&'a str],
}

impl<'a> Git<'a> {
    /// Git as if started in this directory.
    pub(crate) fn in_directory(world: &'a World, directory: &'a Path) -> Self {
        Self {
            world,
            directory,
            settings: &[],
        }
    }

    /// Adds configuration, each item `key=value`.
    #[must_use]
    pub(crate) fn with_settings(mut self, settings: &'a [&'a str]) -> Self {
        self.settings = settings;
        self
    }

    /// Runs git with empty standard input. An exit code other than 0 is an error.
    pub(crate) fn run<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<Vec<u8>, GitError> {
        self.run_with_input(arguments, &[])
    }

    /// Runs a command, whose words are separated by spaces, with these paths (relative to the root)
    /// as literal pathspecs.
    pub(super) fn run_on<P: AsRef<Path>>(
        &self,
        command: &str,
        paths: impl IntoIterator<Item = P>,
    ) -> Result<Vec<u8>, GitError> {
        let arguments = command.split(' ').chain(["--"]).map(OsString::from);
        let paths = paths
            .into_iter()
            .map(|path| pathspec::literal(path.as_ref()));
        self.run(arguments.chain(paths))
    }

    /// Runs git with these bytes on its standard input.
    pub(crate) fn run_with_input<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> Result<Vec<u8>, GitError> {
        let arguments: Vec<_> = arguments.into_iter().collect();
        let arguments: Vec<&OsStr> = arguments.iter().map(AsRef::as_ref).collect();
        let output = self
            .output(&arguments, input)
            .map_err(|error| self.not_started(error))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let text = |argument: &&OsStr| argument.to_string_lossy().into_owned();
        Err(GitError::Failed(Box::new(GitFailure {
            arguments: arguments.iter().map(text).collect(),
            status: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })))
    }

    /// Writes the input and reads the output at the same time, since git may block on either.
    ///
    /// Standard error goes to an unnamed file if possible. Background processes of a hook inherit
    /// it, and a pipe would stay open until they end.
    fn output(&self, arguments: &[&OsStr], input: &[u8]) -> io::Result<Output> {
        let errors = unnamed_file(self.world).ok();
        let stderr = match &errors {
            Some(file) => file.try_clone()?.into(),
            None => Stdio::piped(),
        };
        let mut child = self.start(arguments, !input.is_empty(), stderr)?;
        let stdin = child.stdin.take();
        let mut output = std::thread::scope(|scope| {
            if let Some(mut stdin) = stdin {
                // A git that fails early closes the pipe; its exit code is the better error.
                scope.spawn(move || drop(stdin.write_all(input)));
            }
            child.wait_with_output()
        })?;
        if let Some(mut file) = errors {
            file.rewind()?;
            file.read_to_end(&mut output.stderr)?;
        }
        Ok(output)
    }

    #[expect(clippy::disallowed_methods, reason = "all git processes start here")]
    fn start(&self, arguments: &[&OsStr], with_input: bool, stderr: Stdio) -> io::Result<Child> {
        let stdin = if with_input {
            Stdio::piped
        } else {
            Stdio::null
        };
        let settings = self.settings.iter().flat_map(|setting| ["-c", *setting]);
        let program = self.world.program("git").ok_or(io::ErrorKind::NotFound)?;
        Command::new(program)
            .args(settings)
            .args(arguments)
            .current_dir(self.directory)
            .env_clear()
            .envs(environment::for_git(self.world.variables()))
            .stdin(stdin())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
    }

    /// "Not found" can mean git or the directory.
    fn not_started(&self, source: io::Error) -> GitError {
        if source.kind() == io::ErrorKind::NotFound && self.directory.is_dir() {
            return GitError::NotInstalled;
        }
        let directory = self.directory.to_owned();
        GitError::Io { directory, source }
    }
}

/// A file in memory that no other program can open. A file on disk would take longer than most git
/// commands.
#[cfg(target_os = "linux")]
fn unnamed_file(_world: &World) -> io::Result<File> {
    let flags = rustix::fs::MemfdFlags::CLOEXEC;
    Ok(rustix::fs::memfd_create("git", flags)?.into())
}

/// A file that no other program can open.
#[cfg(not(target_os = "linux"))]
fn unnamed_file(world: &World) -> io::Result<File> {
    tempfile::tempfile_in(world.temporary_directory())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn git_is_the_first_executable_in_an_absolute_folder() {
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
            World::with_variables(folder.path().to_owned(), [("PATH", path)]).program("git")
        };
        assert_eq!(
            found(&["/nowhere", &plain, &first, &second]),
            Some(Path::new(&first).join("git"))
        );
        let expected = Some(Path::new(&first).join("git"));
        assert_eq!(found(&["", ".", "bin", &first]), expected);
        assert_eq!(found(&[&plain]), None);
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn a_failure_has_arguments_exit_code_and_stderr() {
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
    fn input_larger_than_a_pipe_does_not_block() {
        let sandbox = Sandbox::new();
        let input = b"x\n".repeat(200_000);
        let out = Git::in_directory(&sandbox.world, &sandbox.root)
            .run_with_input(["cat-file", "--batch-check", "--buffer"], &input)
            .unwrap();
        assert_eq!(out, b"x missing\n".repeat(200_000));
        let ignored = Git::in_directory(&sandbox.world, &sandbox.root)
            .run_with_input(["version"], &input)
            .unwrap();
        assert!(ignored.starts_with(b"git version"));
    }

    #[test]
    fn a_missing_git_and_a_missing_directory_are_different_errors() {
        let sandbox = Sandbox::new();
        let gone = sandbox.root.join("gone");
        let error = Git::in_directory(&sandbox.world, &gone).run(["version"]);
        assert!(matches!(error, Err(GitError::Io { .. })), "{error:?}");
        let bare = World::with_variables(sandbox.root.clone(), [("PATH", "/nonexistent")]);
        let error = Git::in_directory(&bare, &sandbox.root).run(["version"]);
        assert!(matches!(error, Err(GitError::NotInstalled)), "{error:?}");
    }

    #[test]
    fn variables_of_a_surrounding_hook_have_no_effect() {
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
        assert_eq!(out, expected.as_bytes());
    }
}
