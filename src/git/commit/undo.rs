//! Takes back the commit that added a folder, and keeps everything else in the index.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::index::Index;
use super::{CommitError, RejectedBy, SETTINGS, lock_commits};
use crate::git::command::{Git, GitError};
use crate::git::parse;
use crate::git::repository::Repository;
use crate::world::World;

/// A commit that can be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undoable {
    pub commit: String,
    /// `None` for the first commit of a repository.
    parent: Option<String>,
}

/// HEAD, if it only adds files in this folder (relative to the root) and no remote branch has it.
pub(crate) fn undoable(
    world: &World,
    repository: &Repository,
    folder: &Path,
) -> Result<Option<Undoable>, GitError> {
    let git = Git::in_directory(world, &repository.root);
    let run = |command: &str| git.run(command.split(' '));
    let names = run("rev-list --max-count=1 --parents HEAD --")?;
    let names = names.trim_ascii().split(|byte| *byte == b' ');
    let names: Option<Vec<_>> = names.map(parse::object_name).collect();
    let (commit, parent) = match names.as_deref() {
        Some([commit]) => (commit.clone(), None),
        Some([commit, parent]) => (commit.clone(), Some(parent.clone())),
        _ => return Ok(None),
    };
    let changes = run("diff-tree -z --root --no-commit-id --name-status --no-renames -r HEAD")?;
    if !only_adds_in(&changes, folder) {
        return Ok(None);
    }
    let pushed = run("for-each-ref --count=1 --contains=HEAD --format=%(refname) refs/remotes")?;
    Ok(pushed.is_empty().then_some(Undoable { commit, parent }))
}

/// Whether the output of `git diff-tree -z --name-status` only adds files in this folder.
fn only_adds_in(changes: &[u8], folder: &Path) -> bool {
    let mut fields = changes.split(|byte| *byte == 0);
    let mut any = false;
    while let (Some(status), Some(path)) = (fields.next(), fields.next()) {
        if status != b"A" || !parse::path(path).starts_with(folder) {
            return false;
        }
        any = true;
    }
    any
}

/// Moves HEAD to the parent of the commit, unless HEAD has moved, and removes the index entries of
/// the folder, whose files must be gone. Killed in between, the same call completes it.
pub(crate) fn undo(
    world: &World,
    repository: &Repository,
    undoable: &Undoable,
    folder: &Path,
    message: &str,
    wait: Duration,
) -> Result<(), CommitError> {
    let Undoable { commit, parent } = undoable;
    let move_head = |git: Git<'_>| match parent {
        Some(parent) => git.run(["update-ref", "-m", message, "HEAD", parent, commit]),
        None => git.run(["update-ref", "-m", message, "-d", "HEAD", commit]),
    };
    change(world, repository, folder, wait, move_head)
}

/// Removes the index entries of the folder, which HEAD does not have.
pub(crate) fn forget(
    world: &World,
    repository: &Repository,
    folder: &Path,
    wait: Duration,
) -> Result<(), CommitError> {
    change(world, repository, folder, wait, |_| Ok(Vec::new()))
}

/// Removes the index entries of the folder, then runs `then`, under the lock of all commits.
fn change(
    world: &World,
    repository: &Repository,
    folder: &Path,
    wait: Duration,
    then: impl FnOnce(Git<'_>) -> Result<Vec<u8>, GitError>,
) -> Result<(), CommitError> {
    const REMOVE: [&str; 7] = [
        "rm",
        "--cached",
        "-r",
        "--force",
        "--quiet",
        "--ignore-unmatch",
        "--sparse",
    ];
    let _lock = lock_commits(world, repository, wait)?;
    let git = Git::in_directory(world, &repository.root).with_settings(SETTINGS);
    let end = world.instant() + wait;
    let index = Index { world, git, end };
    let removed = index.run(&REMOVE, &[folder.to_owned()]);
    match removed.and_then(|_| then(git)) {
        Ok(_) => Ok(()),
        Err(GitError::Failed(failure)) => Err(CommitError::Rejected {
            reason: RejectedBy::Other,
            stderr: failure.stderr,
        }),
        Err(error) => Err(error.into()),
    }
}

/// The files in the folder that are untracked or differ from HEAD or the index, except ignored ones.
/// They would be lost if the folder were removed.
pub(crate) fn unsaved(
    world: &World,
    repository: &Repository,
    folder: &Path,
) -> Result<Vec<PathBuf>, GitError> {
    let command = "--no-optional-locks status --porcelain=v1 -z --untracked-files=all --no-renames";
    let git = Git::in_directory(world, &repository.root);
    let output = git.run_on(command, [folder])?;
    let entries = output.split(|byte| *byte == 0);
    // Two letters and a space precede the path.
    let paths = entries.filter_map(|entry| Some(parse::path(entry.get(3..)?)));
    let exists = |path: &PathBuf| repository.root.join(path).symlink_metadata().is_ok();
    Ok(paths.filter(exists).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_commit_that_adds_to_the_folder_can_be_undone() {
        let folder = Path::new("kitty-specs/061-a");
        let cases: [(&[u8], bool); 6] = [
            (
                b"A\0kitty-specs/061-a/meta.json\0A\0kitty-specs/061-a/x/y\0",
                true,
            ),
            (
                b"A\0kitty-specs/061-a/meta.json\0M\0kitty-specs/061-a/y\0",
                false,
            ),
            (b"A\0kitty-specs/061-a/meta.json\0A\0other\0", false),
            (b"A\0kitty-specs/061-ab/meta.json\0", false),
            (b"D\0kitty-specs/061-a/meta.json\0", false),
            (b"", false),
        ];
        for (changes, expected) in cases {
            assert_eq!(only_adds_in(changes, folder), expected, "{changes:?}");
        }
    }
}
