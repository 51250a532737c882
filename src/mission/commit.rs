//! Commits of ours in a project: whether, how, and what to say where there is none.

use std::path::PathBuf;
use std::time::Duration;

use crate::git::commit::{
    CommitError, CommitRequest, Committed, INDEX_LOCK_WAIT, PathState, commit,
};
use crate::git::repository::is_committed;
use crate::project::Project;
use crate::project::paths::SPECS;
use crate::world::World;

/// Whether and how to commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommitPolicy {
    /// Commit, running the user's hooks.
    Commit,
    /// Commit without the hooks (`--no-verify`).
    WithoutHooks,
    /// Leave the files uncommitted (`--no-commit`).
    Never,
}

/// How files of ours are committed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CommitOptions {
    /// Whether at all, and with hooks or without.
    pub policy: CommitPolicy,
    /// What HEAD may know of the files.
    pub state: PathState,
    /// How long to wait for other commits of ours.
    pub wait: Duration,
}

/// A commit that was made, or a sentence about why there is none.
#[derive(Debug, Default)]
pub(crate) struct CommitOutcome {
    /// The full sha.
    pub sha: Option<String>,
    /// Why it was put off or left out.
    pub warning: Option<String>,
    /// Put off: the same command, run again later, makes it.
    pub deferred: bool,
}

/// Commits files of the project (absolute paths) as the policy says.
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
        index_lock_wait: INDEX_LOCK_WAIT.min(options.wait),
        lock_wait: options.wait,
    };
    Ok(match commit(world, repository, &request)? {
        Committed::Commit(sha) => CommitOutcome {
            sha: Some(sha),
            warning: repository.branch.is_none().then(|| {
                "the commit is on no branch (detached HEAD); keep it with: git branch NAME"
                    .to_owned()
            }),
            ..CommitOutcome::default()
        },
        Committed::NothingToCommit => CommitOutcome::default(),
        Committed::Ignored => CommitOutcome {
            warning: Some("not committed: git ignores the files".to_owned()),
            ..CommitOutcome::default()
        },
        Committed::LeftAlone => CommitOutcome {
            warning: Some("not committed: git is told to leave the files alone".to_owned()),
            ..CommitOutcome::default()
        },
        Committed::Deferred(why) => CommitOutcome {
            sha: None,
            warning: Some(format!(
                "commit deferred: {why}; the files are written; when it is over, run the same command again"
            )),
            deferred: true,
        },
    })
}

/// Whether a mission's own commit was made: it is put off while a merge is open. Told by a file
/// that nobody edits; where git cannot be asked, there is nothing to be made up for.
pub(crate) fn is_added(world: &World, project: &Project, feature_slug: &str) -> bool {
    let Some(repository) = &project.repository else {
        return true;
    };
    let path = project.root.join(SPECS).join(feature_slug);
    let path = path.join("tasks/.gitkeep");
    let path = path.strip_prefix(&repository.root).unwrap_or(&path);
    is_committed(world, repository, &[path.to_owned()]).unwrap_or(true)
}
