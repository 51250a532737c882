//! Makes a commit with `git commit --only`, which takes the files from the work tree and keeps
//! everything else that is staged. New files first get an intent-to-add entry, which is removed if the
//! commit fails. Another git process may take these entries into a commit of its own.

use std::path::PathBuf;

use super::index::Index;
use super::{CommitError, CommitRequest, Committed, Deferral, PathState, RejectedBy};
use crate::git::command::{GitError, GitFailure, none_on};
use crate::git::locked::other_process;
use crate::git::repository::{Interrupted, Repository, is_committed, tree_of_head};
use crate::git::{parse, rejection};

/// One commit of some paths. The caller holds the commit lock.
pub(super) struct PathCommit<'a> {
    pub(super) repository: &'a Repository,
    pub(super) request: &'a CommitRequest<'a>,
    pub(super) index: Index<'a>,
}

impl PathCommit<'_> {
    pub(super) fn run(&self) -> Result<Committed, CommitError> {
        let is_new = self.request.state == PathState::New;
        let mut all = self.request.paths.to_vec();
        if self.request.state == PathState::Begun {
            self.retain_missing_in_head(&mut all)?;
        }
        if all.is_empty() {
            return Ok(Committed::NothingToCommit);
        }
        if !is_new && self.is_committed(&all)? {
            self.index.follow_head(&all, self.request.message)?;
            return Ok(match self.request.state {
                PathState::Written => self.elsewhere(&all),
                _ => Committed::NothingToCommit,
            });
        }
        if let Some(operation) = self.interrupted() {
            return Ok(Committed::Deferred(Deferral::Interrupted(operation)));
        }
        let mut unknown = if is_new {
            all.clone()
        } else {
            self.complete_intents(&all)?;
            self.index.unknown(&all)?
        };
        // A file that was removed needs no entry.
        unknown.retain(|path| self.repository.root.join(path).symlink_metadata().is_ok());
        let ignored = self.index.add_intent(&unknown)?;
        unknown.retain(|path| !ignored.contains(path));
        all.retain(|path| !ignored.contains(path));
        if all.is_empty() {
            return Ok(Committed::Ignored);
        }
        let outcome = self.commit_only(&all);
        // A killed git may have updated HEAD already. Removing the entries would then stage the
        // deletion of the files.
        if !matches!(outcome, Ok(Committed::Commit(_))) && !self.is_committed(&all).unwrap_or(true)
        {
            let wait = self.request.git_lock_wait;
            self.index.remove_intent(&unknown, wait);
        }
        outcome
    }

    /// HEAD contains files that this command has just written: the commit that brought them there.
    fn elsewhere(&self, paths: &[PathBuf]) -> Committed {
        let begin = self.repository.head.as_deref();
        let since = begin.map_or_else(|| "HEAD".to_owned(), |begin| format!("{begin}..HEAD"));
        let command = format!("log -1 --format=%H {since}");
        let found = self.index.git.run_on(&command, paths).unwrap_or_default();
        let commit = parse::object_name(found.trim_ascii_end());
        commit.map_or(Committed::NothingToCommit, Committed::Elsewhere)
    }

    fn is_committed(&self, paths: &[PathBuf]) -> Result<bool, GitError> {
        is_committed(self.index.world, self.repository, paths)
    }

    /// Keeps the paths that HEAD does not contain, and repairs the index entries of the others.
    fn retain_missing_in_head(&self, paths: &mut Vec<PathBuf>) -> Result<(), GitError> {
        if let Some(tree) = tree_of_head(self.index.git, self.repository, paths)? {
            paths.retain(|path| !tree.contains_key(path));
            self.complete_intents(self.request.paths)?;
        }
        Ok(())
    }

    fn complete_intents(&self, paths: &[PathBuf]) -> Result<(), GitError> {
        if self.repository.head.is_none() {
            return Ok(());
        }
        self.index.complete_intents(paths)
    }

    /// The user's operation in progress. A reftable repository has no files for two of the states.
    fn interrupted(&self) -> Option<Interrupted> {
        let operation = self.repository.interrupted();
        if operation.is_some() || !self.repository.common_directory.join("reftable").is_dir() {
            return operation;
        }
        let exists = |name| {
            self.index
                .git
                .run(["rev-parse", "--verify", "--quiet", name])
                .is_ok()
        };
        if exists("CHERRY_PICK_HEAD") {
            Some(Interrupted::CherryPick)
        } else {
            exists("REVERT_HEAD").then_some(Interrupted::Revert)
        }
    }

    fn commit_only(&self, paths: &[PathBuf]) -> Result<Committed, CommitError> {
        let message = format!("--message={}", self.request.message);
        let mut arguments = vec!["commit", "--only", message.as_str()];
        if self.request.no_verify {
            arguments.push("--no-verify");
        }
        match self.index.run(&arguments, paths) {
            Ok(output) => match parse::commit_summary(&output) {
                Some(commit) => Ok(Committed::Commit(commit)),
                None => self.head(),
            },
            Err(GitError::Failed(failure)) if other_process(&failure).is_none() => {
                self.refused(*failure, paths)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// `git commit` ends with code 1 if a hook rejects the commit, if nothing changed, or if a path
    /// is in another repository, which `git add` skips silently.
    fn refused(&self, failure: GitFailure, paths: &[PathBuf]) -> Result<Committed, CommitError> {
        let mut reason = rejection::of(failure.status, &failure.stderr);
        if failure.status == Some(1) {
            let unknown = self.index.unknown(paths)?;
            if !unknown.is_empty() {
                if self.index.has_time() && self.is_added_again(&unknown)? {
                    return self.commit_only(paths);
                }
                reason = RejectedBy::Other;
            } else if self.is_committed(paths)? {
                return Ok(self.elsewhere(paths));
            } else if self.changes_nothing(paths)? {
                return Ok(Committed::LeftAlone);
            }
        }
        let stderr = failure.stderr;
        Err(CommitError::Rejected { reason, stderr })
    }

    /// Adds entries that were there before the commit. A git process that read the index before they
    /// were added, and wrote it afterwards, has removed them. False if git skips the paths.
    fn is_added_again(&self, unknown: &[PathBuf]) -> Result<bool, GitError> {
        self.index.add_intent(unknown)?;
        Ok(self.index.unknown(unknown)?.is_empty())
    }

    /// Whether the commit would have the tree of HEAD. A dry run starts no hook. Not reliable while
    /// another git process commits.
    fn changes_nothing(&self, paths: &[PathBuf]) -> Result<bool, GitError> {
        let arguments = ["commit", "--only", "--dry-run", "--porcelain"];
        Ok(none_on(1, self.index.run(&arguments, paths))?.is_none())
    }

    fn head(&self) -> Result<Committed, CommitError> {
        let output = self.index.git.run(["rev-parse", "--verify", "HEAD"])?;
        parse::object_name(output.trim_ascii_end())
            .map(Committed::Commit)
            .ok_or(CommitError::Git(GitError::Unreadable { command: "commit" }))
    }
}
