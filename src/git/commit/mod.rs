//! Commits exactly our paths and leaves the user's index as it was (QUEUE §4.6, way A).

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::command::{Git, GitError, GitFailure, GitOutput};
use super::rejection;
pub(crate) use super::rejection::RejectedBy;
use super::repair::differing_from_head;
use super::repository::{Interrupted, Repository, is_committed, tree_of_head};
use super::{parse, pathspec};
use crate::fs::lock::{self, LockError};
use crate::fs::{FsError, ensure_private_directory};
use crate::world::World;

/// How long a held `index.lock` is waited for before the commit is deferred.
pub(crate) const INDEX_LOCK_WAIT: Duration = Duration::from_secs(5);

/// The whole object name in the summary, every object on disk before a name points to it, and no
/// clean-up of the repository on our account.
const SETTINGS: &[&str] = &[
    "core.abbrev=no",
    "core.fsync=all",
    "maintenance.auto=false",
    "gc.auto=0",
];

/// One commit to make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CommitRequest<'a> {
    /// The files, relative to the root. Nothing else gets into the commit.
    pub paths: &'a [PathBuf],
    /// The commit message.
    pub message: &'a str,
    /// Skips the hooks, as `git commit --no-verify` does.
    pub no_verify: bool,
    /// What HEAD may know of them.
    pub state: PathState,
    /// How long a held `index.lock` is waited for: [`INDEX_LOCK_WAIT`].
    pub index_lock_wait: Duration,
    /// How long other commits of ours are waited for: their hooks may take a while.
    pub lock_wait: Duration,
}

/// What HEAD may know of the paths of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathState {
    /// All were just made by us: git is not asked first whether there is anything to do.
    New,
    /// Made by an earlier run of ours: those that HEAD holds are done, whatever the user has made
    /// of them since.
    Begun,
    /// HEAD may hold them in an older state.
    Changed,
}

/// How a commit ended, where that is no error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Committed {
    /// It is made: its full object name.
    Commit(String),
    /// HEAD holds the same already.
    NothingToCommit,
    /// The user's ignore rules cover all of the paths.
    Ignored,
    /// The user has told git to leave the paths alone (`skip-worktree`).
    LeftAlone,
    /// The files are written; the commit is left to a later run.
    Deferred(Deferral),
}

/// Why a commit has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Deferral {
    /// An operation of the user's is open.
    #[error("a {} is in progress", .0.name())]
    Interrupted(Interrupted),
    /// Another git process holds the index, or one was killed and left its lock.
    #[error("another git process holds index.lock")]
    IndexLocked,
}

/// Why a commit was not made. The files are in the work tree all the same.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommitError {
    /// git refused it.
    #[error("{}", match reason {
        RejectedBy::Hook => "a git hook rejected the commit",
        RejectedBy::Identity => "git does not know who you are",
        RejectedBy::Signing => "git could not sign the commit",
        RejectedBy::Other => "git refused the commit",
    })]
    Rejected {
        /// Who refused it.
        reason: RejectedBy,
        /// git's or the hook's own words: outside text, not yet safe to show.
        stderr: String,
    },
    /// git could not be asked.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Other spec-kitty processes held the commit lock for too long.
    #[error(transparent)]
    Lock(#[from] LockError),
}

impl From<FsError> for CommitError {
    fn from(error: FsError) -> Self {
        Self::Lock(error.into())
    }
}

/// Makes the commit, or says why there is none. Afterwards the index, outside of our paths, is the
/// same entry for entry, however it ended.
pub(crate) fn commit(
    world: &World,
    repository: &Repository,
    request: &CommitRequest<'_>,
) -> Result<Committed, CommitError> {
    let folder = repository.common_directory.join("spec-kitty");
    ensure_private_directory(&folder)?;
    let _lock = lock::acquire(world, &folder.join("commit.lock"), request.lock_wait)?;
    let attempt = Attempt {
        world,
        git: Git::in_directory(world, &repository.root).with_settings(SETTINGS),
        repository,
        request,
        end: world.instant() + request.index_lock_wait,
    };
    match attempt.run() {
        Err(CommitError::Git(GitError::Failed(failure))) if index_is_locked(&failure) => {
            Ok(Committed::Deferred(Deferral::IndexLocked))
        }
        Err(CommitError::Git(GitError::Failed(failure))) => Err(CommitError::Rejected {
            reason: RejectedBy::Other,
            stderr: failure.stderr,
        }),
        other => other,
    }
}

/// One commit, under the lock.
struct Attempt<'a> {
    world: &'a World,
    git: Git<'a>,
    repository: &'a Repository,
    request: &'a CommitRequest<'a>,
    end: Instant,
}

impl Attempt<'_> {
    fn run(&self) -> Result<Committed, CommitError> {
        let is_new = self.request.state == PathState::New;
        let missing;
        let all = if self.request.state == PathState::Begun {
            missing = self.missing_in_head()?;
            &missing
        } else {
            self.request.paths
        };
        if all.is_empty() {
            return Ok(Committed::NothingToCommit);
        }
        if !is_new && is_committed(self.world, self.repository, all)? {
            self.let_index_follow(all)?;
            return Ok(Committed::NothingToCommit);
        }
        if let Some(open) = self.interrupted() {
            return Ok(Committed::Deferred(Deferral::Interrupted(open)));
        }
        let unknown = if is_new {
            all.to_vec()
        } else {
            self.complete_half_added(all)?;
            self.unknown_to_the_index(all)?
        };
        let ignored = self.add_intent(&unknown)?;
        let without_ignored = |paths: &[PathBuf]| -> Vec<PathBuf> {
            let kept = paths.iter().filter(|path| !ignored.contains(*path));
            kept.cloned().collect()
        };
        let paths = without_ignored(all);
        if paths.is_empty() {
            return Ok(Committed::Ignored);
        }
        let outcome = self.commit_only(&paths);
        // A git that died may have moved HEAD before: taking the paths out of the index then would
        // stage their removal.
        if !matches!(outcome, Ok(Committed::Commit(_)))
            && !is_committed(self.world, self.repository, &paths).unwrap_or(true)
        {
            self.undo_intent(&without_ignored(&unknown));
        }
        outcome
    }

    /// The paths that HEAD lacks. What a commit of ours, killed after HEAD had moved, left of the
    /// others in the index is made whole.
    fn missing_in_head(&self) -> Result<Vec<PathBuf>, GitError> {
        let mut paths = self.request.paths.to_vec();
        if let Some(held) = tree_of_head(self.git, self.repository, &paths)? {
            paths.retain(|path| !held.contains_key(path));
            self.complete_half_added(self.request.paths)?;
        }
        Ok(paths)
    }

    /// Where this very commit was killed after HEAD had moved, the index still holds what was
    /// before: the next commit would revert ours.
    fn let_index_follow(&self, paths: &[PathBuf]) -> Result<(), GitError> {
        let reversed = differing_from_head(self.git, paths)?;
        if reversed.is_empty() {
            return Ok(());
        }
        // A hook may have added to the message, but not to its subject.
        let subject = self.git.run(["log", "-1", "--format=%s", "HEAD"])?.stdout;
        if subject.trim_ascii() == self.request.message.as_bytes() {
            self.on_index(&["restore", "--staged", "--quiet"], &reversed)?;
        }
        Ok(())
    }

    /// Makes whole again what a killed commit of ours left as an intent-to-add beside these paths,
    /// although HEAD holds it: git would take such a file out of the tree if it is empty.
    fn complete_half_added(&self, paths: &[PathBuf]) -> Result<(), GitError> {
        let arguments = [
            "diff-files",
            "-z",
            "--ita-invisible-in-index",
            "--diff-filter=A",
            "--name-only",
            "--",
        ];
        let folders = paths.iter().filter_map(|path| path.parent());
        let pathspecs = folders.map(pathspec::literal);
        let output = self
            .git
            .run(arguments.map(OsString::from).into_iter().chain(pathspecs))?;
        let half: Vec<PathBuf> = parse::paths(&output.stdout).collect();
        if half.is_empty() || self.repository.head.is_none() {
            return Ok(());
        }
        let held = differing_from_head(self.git, &half)?;
        if !held.is_empty() {
            self.on_index(&["restore", "--staged", "--quiet"], &held)?;
        }
        Ok(())
    }

    /// What is open here, also where the marks are no files: the reftable format keeps these two
    /// inside.
    fn interrupted(&self) -> Option<Interrupted> {
        let open = self.repository.interrupted();
        if open.is_some() || !self.repository.common_directory.join("reftable").is_dir() {
            return open;
        }
        let exists = |name| {
            let asked = self.git.run(["rev-parse", "--verify", "--quiet", name]);
            asked.is_ok()
        };
        if exists("CHERRY_PICK_HEAD") {
            Some(Interrupted::CherryPick)
        } else {
            exists("REVERT_HEAD").then_some(Interrupted::Revert)
        }
    }

    fn unknown_to_the_index(&self, paths: &[PathBuf]) -> Result<Vec<PathBuf>, GitError> {
        let arguments = ["ls-files", "-z", "--"].map(OsString::from);
        let pathspecs = paths.iter().map(|path| pathspec::literal(path));
        let output = self.git.run(arguments.into_iter().chain(pathspecs))?;
        let known: Vec<PathBuf> = parse::paths(&output.stdout).collect();
        let unknown = paths.iter().filter(|path| !known.contains(path));
        Ok(unknown.cloned().collect())
    }

    /// Tells the index that these files exist, nothing more, so that `--only` accepts them. Answers
    /// with the ones the user's rules ignore; git adds the others all the same.
    fn add_intent(&self, unknown: &[PathBuf]) -> Result<Vec<PathBuf>, GitError> {
        if unknown.is_empty() {
            return Ok(Vec::new());
        }
        match self.on_index(&["add", "--intent-to-add", "--sparse"], unknown) {
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
        let mut input = Vec::new();
        for path in paths {
            input.extend_from_slice(path.as_os_str().as_bytes());
            input.push(0);
        }
        match self
            .git
            .run_with_input(["check-ignore", "-z", "--stdin"], &input)
        {
            Ok(output) => Ok(parse::paths(&output.stdout).collect()),
            Err(GitError::Failed(failure)) if failure.status == Some(1) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn commit_only(&self, paths: &[PathBuf]) -> Result<Committed, CommitError> {
        let message = format!("--message={}", self.request.message);
        let mut arguments = vec!["commit", "--only", message.as_str()];
        if self.request.no_verify {
            arguments.push("--no-verify");
        }
        match self.on_index(&arguments, paths) {
            Ok(output) => match parse::commit_summary(&output.stdout) {
                Some(commit) => Ok(Committed::Commit(commit)),
                None => self.head(),
            },
            Err(GitError::Failed(failure)) if !index_is_locked(&failure) => {
                self.refused(*failure, paths)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// `git commit` ends with code 1 where a hook rejects, where nothing changed, and where it
    /// knows no such path: one inside another repository, which `git add` passes over in silence.
    /// The second is asked of a dry run, which starts no hook.
    fn refused(&self, failure: GitFailure, paths: &[PathBuf]) -> Result<Committed, CommitError> {
        let mut reason = rejection::of(failure.status, &failure.stderr);
        if failure.status == Some(1) {
            if !self.unknown_to_the_index(paths)?.is_empty() {
                reason = RejectedBy::Other;
            } else if self.leaves_the_tree(paths)? {
                let done = is_committed(self.world, self.repository, paths)?;
                return Ok(if done {
                    Committed::NothingToCommit
                } else {
                    Committed::LeftAlone
                });
            }
        }
        Err(CommitError::Rejected {
            reason,
            stderr: failure.stderr,
        })
    }

    /// Whether the commit would have the tree of HEAD.
    fn leaves_the_tree(&self, paths: &[PathBuf]) -> Result<bool, GitError> {
        match self.on_index(&["commit", "--only", "--dry-run", "--porcelain"], paths) {
            Ok(_) => Ok(false),
            Err(GitError::Failed(failure)) if failure.status == Some(1) => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn head(&self) -> Result<Committed, CommitError> {
        let output = self.git.run(["rev-parse", "--verify", "HEAD"])?;
        parse::object_name(output.stdout.trim_ascii_end())
            .map(Committed::Commit)
            .ok_or(CommitError::Git(GitError::Unreadable { command: "commit" }))
    }

    /// Makes the index forget the files it did not know before. That it could not is no news
    /// beside the reason why we undo, and a later commit of the same paths heals it.
    fn undo_intent(&self, added: &[PathBuf]) {
        if !added.is_empty() {
            let arguments = ["rm", "--cached", "--sparse", "--quiet", "--ignore-unmatch"];
            drop(self.on_index(&arguments, added));
        }
    }

    /// Runs git on these paths, again and again while another git holds the index. Its lock is
    /// never removed: only a person can tell a slow git from a killed one.
    fn on_index(&self, arguments: &[&str], paths: &[PathBuf]) -> Result<GitOutput, GitError> {
        let arguments = arguments.iter().copied().chain(pathspec::FROM_INPUT);
        let input = pathspec::on_input(paths);
        let mut pause = Duration::from_millis(5);
        loop {
            match self.git.run_with_input(arguments.clone(), &input) {
                Err(GitError::Failed(failure))
                    if index_is_locked(&failure) && self.world.instant() < self.end =>
                {
                    self.world.sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(100));
                }
                other => return other,
            }
        }
    }
}

/// Whether git died of a lock on the index that is not its own.
fn index_is_locked(failure: &GitFailure) -> bool {
    failure.status == Some(128) && failure.stderr.contains("index.lock': File exists")
}

#[cfg(test)]
mod tests;
