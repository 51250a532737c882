//! Commits that spec-kitty makes in a project, and why it made none.

use std::path::PathBuf;
use std::time::Duration;

use crate::git::commit::{CommitError, CommitRequest, Committed, GIT_LOCK_WAIT, PathState, commit};
use crate::git::repository::is_committed;
use crate::project::Project;
use crate::project::paths::SPECS;
use crate::warning::{Warning, WarningCode};
use crate::world::World;

/// What the user wants of commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommitPolicy {
    /// Commit and run the user's hooks.
    Commit,
    /// Commit without the hooks (`--no-verify`).
    WithoutHooks,
    /// Leave the files uncommitted (`--no-commit`).
    Never,
}

/// How to commit mission files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CommitOptions {
    pub policy: CommitPolicy,
    pub state: PathState,
    /// How long to wait for commits of other spec-kitty processes.
    pub wait: Duration,
}

/// A commit, or a warning that says why there is none.
#[derive(Debug, Default)]
pub(crate) struct CommitOutcome {
    /// The full object name.
    pub sha: Option<String>,
    pub warning: Option<Warning>,
    /// The same command, run again later, makes the commit.
    pub deferred: bool,
}

/// Commits files of the project (absolute paths).
pub(crate) fn commit_files(
    world: &World,
    project: &Project,
    files: &[PathBuf],
    message: &str,
    options: CommitOptions,
) -> Result<CommitOutcome, CommitError> {
    let (CommitPolicy::Commit | CommitPolicy::WithoutHooks, Some(repository)) =
        (options.policy, &project.repository)
    else {
        return Ok(CommitOutcome::default());
    };
    let inside = |path: &PathBuf| {
        path.strip_prefix(&repository.root)
            .unwrap_or(path)
            .to_owned()
    };
    let paths: Vec<_> = files.iter().map(inside).collect();
    let request = CommitRequest {
        paths: &paths,
        message,
        no_verify: options.policy == CommitPolicy::WithoutHooks,
        state: options.state,
        git_lock_wait: GIT_LOCK_WAIT.min(options.wait),
        lock_wait: options.wait,
    };
    Ok(match commit(world, repository, &request)? {
        Committed::Commit(sha) => CommitOutcome {
            sha: Some(sha),
            warning: repository.branch.is_none().then(|| {
                let message =
                    "the commit is on no branch (detached HEAD); keep it with: git branch NAME";
                Warning::new(WarningCode::DetachedHead, message)
            }),
            ..CommitOutcome::default()
        },
        Committed::NothingToCommit => CommitOutcome::default(),
        Committed::Elsewhere(commit) => CommitOutcome {
            warning: Some(Warning::new(
                WarningCode::CommitElsewhere,
                format!("another git process committed the files at the same time, in {commit}"),
            )),
            ..CommitOutcome::default()
        },
        Committed::Ignored => CommitOutcome {
            warning: Some(Warning::new(
                WarningCode::CommitIgnored,
                "not committed: git ignores the files",
            )),
            ..CommitOutcome::default()
        },
        Committed::LeftAlone => CommitOutcome {
            warning: Some(Warning::new(
                WarningCode::CommitSkipped,
                "not committed: the files are marked skip-worktree",
            )),
            ..CommitOutcome::default()
        },
        Committed::Deferred(why) => CommitOutcome {
            sha: None,
            warning: Some(Warning::new(
                WarningCode::CommitDeferred,
                format!(
                    "commit deferred: {why}; the files are written; run the same command again when it has ended"
                ),
            )),
            deferred: true,
        },
    })
}

/// Whether the commit that adds the mission exists; it is deferred while a merge is open. Detected
/// by `tasks/.gitkeep`, which nobody edits. If git fails, assume the mission was committed.
pub(crate) fn is_added(world: &World, project: &Project, feature_slug: &str) -> bool {
    let Some(repository) = &project.repository else {
        return true;
    };
    let path = project.root.join(SPECS).join(feature_slug);
    let path = path.join("tasks/.gitkeep");
    let path = path.strip_prefix(&repository.root).unwrap_or(&path);
    is_committed(world, repository, &[path.to_owned()]).unwrap_or(true)
}
