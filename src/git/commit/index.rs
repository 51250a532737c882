//! The index entries of the paths to commit.

use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::git::command::{Git, GitError, none_on};
use crate::git::repair::differing_from_head;
use crate::git::{locked, parse, pathspec};
use crate::world::World;

/// The index of a repository.
#[derive(Clone, Copy)]
pub(super) struct Index<'a> {
    pub(super) world: &'a World,
    pub(super) git: Git<'a>,
    /// Until then, commands are repeated while another git process holds a lock.
    pub(super) end: Instant,
}

impl Index<'_> {
    /// Runs git on these paths and repeats the command while another git process holds a lock.
    pub(super) fn run(&self, arguments: &[&str], paths: &[PathBuf]) -> Result<Vec<u8>, GitError> {
        let arguments = arguments.iter().copied().chain(pathspec::FROM_INPUT);
        let input = pathspec::for_input(paths);
        let run = || self.git.run_with_input(arguments.clone(), &input);
        locked::retry(self.world, self.end, run)
    }

    /// Whether there is time for another attempt.
    pub(super) fn has_time(&self) -> bool {
        self.world.instant() < self.end
    }

    /// The paths without an index entry.
    pub(super) fn unknown(&self, paths: &[PathBuf]) -> Result<Vec<PathBuf>, GitError> {
        let known = parse::paths(&self.git.run_on("ls-files -z", paths)?);
        let unknown = paths.iter().filter(|path| !known.contains(path));
        Ok(unknown.cloned().collect())
    }

    /// Adds empty entries (intent-to-add), which `git commit --only` requires. Returns the paths
    /// that git did not add because the user's rules ignore them.
    pub(super) fn add_intent(&self, unknown: &[PathBuf]) -> Result<Vec<PathBuf>, GitError> {
        if unknown.is_empty() {
            return Ok(Vec::new());
        }
        match self.run(&["add", "--intent-to-add", "--sparse"], unknown) {
            Ok(_) => Ok(Vec::new()),
            Err(GitError::Failed(failure)) if failure.status == Some(1) => {
                let ignored = self.ignored(unknown)?;
                if ignored.is_empty() {
                    return Err(GitError::Failed(failure));
                }
                Ok(ignored)
            }
            Err(error) => Err(error),
        }
    }

    fn ignored(&self, paths: &[PathBuf]) -> Result<Vec<PathBuf>, GitError> {
        let input = paths
            .iter()
            .map(|path| [path.as_os_str().as_bytes(), &[0]].concat());
        let input: Vec<u8> = input.flatten().collect();
        let output = self
            .git
            .run_with_input(["check-ignore", "-z", "--stdin"], &input);
        Ok(none_on(1, output)?.map_or_else(Vec::new, |output| parse::paths(&output)))
    }

    /// Removes the entries of [`Self::add_intent`]. Waits anew, because the commit may have used up
    /// the time. Ignores errors: the reason for the removal is the better message, and a later commit
    /// of the same paths completes the entries.
    pub(super) fn remove_intent(&self, added: &[PathBuf], wait: Duration) {
        if !added.is_empty() {
            let end = self.world.instant() + wait;
            let arguments = ["rm", "--cached", "--sparse", "--quiet", "--ignore-unmatch"];
            drop(Self { end, ..*self }.run(&arguments, added));
        }
    }

    /// Repairs entries in the folders of these paths that a killed commit left as intent-to-add
    /// although HEAD contains the files. Git would remove such a file from the tree if it is empty.
    pub(super) fn complete_intents(&self, paths: &[PathBuf]) -> Result<(), GitError> {
        let command = "diff-files -z --ita-invisible-in-index --diff-filter=A --name-only";
        let folders = paths.iter().filter_map(|path| path.parent());
        let incomplete = parse::paths(&self.git.run_on(command, folders)?);
        if incomplete.is_empty() {
            return Ok(());
        }
        self.restore(&differing_from_head(self.git, &incomplete)?)
    }

    /// Updates entries that still have the content from before the commit with this message. If the
    /// commit was killed after the update of HEAD, the next commit would revert it.
    pub(super) fn follow_head(&self, paths: &[PathBuf], message: &str) -> Result<(), GitError> {
        let outdated = differing_from_head(self.git, paths)?;
        if outdated.is_empty() {
            return Ok(());
        }
        // A hook may have extended the message, but not its subject.
        let subject = self.git.run(["log", "-1", "--format=%s", "HEAD"])?;
        if subject.trim_ascii() == message.as_bytes() {
            self.restore(&outdated)?;
        }
        Ok(())
    }

    /// Sets entries to the content in HEAD.
    fn restore(&self, paths: &[PathBuf]) -> Result<(), GitError> {
        if !paths.is_empty() {
            self.run(&["restore", "--staged", "--quiet"], paths)?;
        }
        Ok(())
    }
}
