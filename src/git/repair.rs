//! Repairs a repository after a killed commit.

use std::fs;
use std::path::{Path, PathBuf};

use super::command::{Git, GitError};
use super::repository::{Repository, is_committed};
use super::{parse, pathspec};
use crate::fs::{FsError, entries};
use crate::world::World;

/// Git's lock files. Only a person can know whether a running git holds them or a killed git left
/// them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftLock {
    /// One or more of the locks of the index, of HEAD and of references.
    pub paths: Vec<PathBuf>,
    /// Paths with equal content in HEAD and the work tree but former content in the index: the next
    /// commit would revert them.
    pub reversed: Vec<PathBuf>,
}

/// Why a repair failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RepairError {
    /// The lock could not be removed.
    #[error(transparent)]
    File(#[from] FsError),
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Finds the locks that a commit takes and, if the newest commit contains only files in `folder`
/// (relative to the root), those of its paths that are staged for reversal.
pub(crate) fn left_lock(
    world: &World,
    repository: &Repository,
    folder: &Path,
) -> Result<Option<LeftLock>, GitError> {
    let paths = locks(repository);
    if paths.is_empty() {
        return Ok(None);
    }
    let mut reversed = Vec::new();
    if repository.head.is_some() {
        for path in staged_paths_of_head(world, repository, folder)? {
            if is_committed(world, repository, std::slice::from_ref(&path))? {
                reversed.push(path);
            }
        }
    }
    Ok(Some(LeftLock { paths, reversed }))
}

fn locks(repository: &Repository) -> Vec<PathBuf> {
    let (own, common) = (&repository.git_directory, &repository.common_directory);
    let single = [
        own.join("index.lock"),
        own.join("HEAD.lock"),
        common.join("reftable/tables.list.lock"),
    ];
    let mut locks: Vec<_> = single.into();
    locks.retain(|path| path.is_file());
    collect_locks(&common.join("refs"), &mut locks);
    locks
}

/// Finds the locks of loose references, such as `refs/heads/main.lock`. No reference has such a name.
fn collect_locks(folder: &Path, locks: &mut Vec<PathBuf>) {
    // A folder that cannot be listed has no lock that could be removed.
    for entry in entries(folder).unwrap_or_default() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect_locks(&path, locks);
        } else if path.extension().is_some_and(|it| it == "lock") {
            locks.push(path);
        }
    }
}

/// The paths of the newest commit whose index entry differs from it.
fn staged_paths_of_head(
    world: &World,
    repository: &Repository,
    folder: &Path,
) -> Result<Vec<PathBuf>, GitError> {
    let command = "diff-tree -z --root --no-commit-id --name-only -r HEAD";
    let git = Git::in_directory(world, &repository.root);
    let committed = parse::paths(&git.run(command.split(' '))?);
    if committed.is_empty() || !committed.iter().all(|path| path.starts_with(folder)) {
        return Ok(Vec::new());
    }
    differing_from_head(git, &committed)
}

/// The paths among these whose index entry differs from HEAD. An intent-to-add entry counts as
/// missing; otherwise git would treat it as an empty file, which HEAD may contain.
pub(super) fn differing_from_head(
    git: Git<'_>,
    paths: &[PathBuf],
) -> Result<Vec<PathBuf>, GitError> {
    let command = "diff-index -z --cached --ita-invisible-in-index --name-only HEAD";
    Ok(parse::paths(&git.run_on(command, paths)?))
}

/// Removes the locks and sets the index entries of the reversed paths to HEAD. Requires a person's
/// confirmation that no git is running.
pub(crate) fn repair(
    world: &World,
    repository: &Repository,
    left: &LeftLock,
) -> Result<(), RepairError> {
    for path in &left.paths {
        fs::remove_file(path).map_err(FsError::on("remove", path))?;
    }
    if !left.reversed.is_empty() {
        let arguments = ["restore", "--staged", "--quiet"]
            .into_iter()
            .chain(pathspec::FROM_INPUT);
        let input = pathspec::for_input(&left.reversed);
        Git::in_directory(world, &repository.root).run_with_input(arguments, &input)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{Sandbox, write};

    /// The state after a commit was killed between the update of HEAD and that of the index: the old
    /// index and its lock.
    fn killed_commit(sandbox: &Sandbox) {
        let index = sandbox.root.join(".git/index");
        let before = sandbox.sibling("index");
        sandbox.commit_file("kitty-specs/001-a/meta.json", "{}\n");
        sandbox.write("theirs.txt", "staged\n");
        sandbox.git(&["add", "theirs.txt"]);
        fs::copy(&index, &before).unwrap();
        sandbox.write("kitty-specs/001-a/meta.json", "{\"bound\":true}\n");
        sandbox.write("kitty-specs/001-a/new.md", "new\n");
        sandbox.write("kitty-specs/001-a/empty", "");
        sandbox.git(&["add", "-N", "kitty-specs"]);
        sandbox.git(&["commit", "-q", "--only", "-m", "Bind", "--", "kitty-specs"]);
        fs::copy(&before, &index).unwrap();
        write(&sandbox.root.join(".git/index.lock"), "");
    }

    /// The killed commit had added its new files to the index as intent-to-add.
    #[test]
    fn intent_to_add_entries_are_completed() {
        let sandbox = Sandbox::new();
        let index = sandbox.root.join(".git/index");
        sandbox.write("kitty-specs/001-a/new.md", "new\n");
        sandbox.write("kitty-specs/001-a/empty", "");
        sandbox.git(&["add", "-N", "kitty-specs"]);
        let before = sandbox.sibling("index");
        fs::copy(&index, &before).unwrap();
        sandbox.git(&["commit", "-q", "--only", "-m", "Add", "--", "kitty-specs"]);
        fs::copy(&before, &index).unwrap();
        write(&sandbox.root.join(".git/index.lock"), "");
        let repository = sandbox.repository();
        let left = left_lock(&sandbox.world, &repository, Path::new("kitty-specs"));
        repair(&sandbox.world, &repository, &left.unwrap().unwrap()).unwrap();
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    }

    #[test]
    fn a_killed_commit_is_detected_and_only_its_paths_are_reset() {
        let sandbox = Sandbox::new();
        killed_commit(&sandbox);
        let repository = sandbox.repository();
        let folder = Path::new("kitty-specs");
        let left = left_lock(&sandbox.world, &repository, folder)
            .unwrap()
            .unwrap();
        let names = [
            "kitty-specs/001-a/empty",
            "kitty-specs/001-a/meta.json",
            "kitty-specs/001-a/new.md",
        ];
        assert_eq!(left.reversed, names.map(PathBuf::from));
        repair(&sandbox.world, &repository, &left).unwrap();
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "A  theirs.txt\n");
        assert_eq!(
            left_lock(&sandbox.world, &repository, folder).unwrap(),
            None
        );
    }

    #[test]
    fn locks_of_head_and_of_references_are_found() {
        let sandbox = Sandbox::new();
        sandbox.commit_file("a", "a\n");
        let names = [
            ".git/HEAD.lock",
            ".git/refs/heads/061-new.lock",
            ".git/refs/heads/feature/x.lock",
            ".git/refs/heads/main.lock",
            ".git/refs/tags/v1.lock",
        ];
        let locks = names.map(|name| sandbox.root.join(name));
        for lock in &locks {
            write(lock, "");
        }
        let repository = sandbox.repository();
        let left = left_lock(&sandbox.world, &repository, Path::new("kitty-specs"));
        let left = left.unwrap().unwrap();
        assert_eq!(
            (left.paths.as_slice(), left.reversed.len()),
            (&locks[..], 0)
        );
        repair(&sandbox.world, &repository, &left).unwrap();
        assert!(!locks.iter().any(|lock| lock.exists()));
    }

    #[test]
    fn a_commit_of_the_user_has_no_reversed_paths() {
        let sandbox = Sandbox::new();
        killed_commit(&sandbox);
        let left = left_lock(&sandbox.world, &sandbox.repository(), Path::new("docs"));
        assert_eq!(left.unwrap().unwrap().reversed, Vec::<PathBuf>::new());
    }

    #[test]
    fn a_file_that_changed_since_is_not_reversed() {
        let sandbox = Sandbox::new();
        killed_commit(&sandbox);
        sandbox.write("kitty-specs/001-a/meta.json", "{\"edited\":true}\n");
        let left = left_lock(
            &sandbox.world,
            &sandbox.repository(),
            Path::new("kitty-specs"),
        );
        let reversed = left.unwrap().unwrap().reversed;
        let names = ["kitty-specs/001-a/empty", "kitty-specs/001-a/new.md"];
        assert_eq!(reversed, names.map(PathBuf::from));
    }

    #[test]
    fn an_unborn_repository_with_a_lock_is_no_error() {
        let sandbox = Sandbox::new();
        write(&sandbox.root.join(".git/index.lock"), "");
        let left = left_lock(
            &sandbox.world,
            &sandbox.repository(),
            Path::new("kitty-specs"),
        );
        assert!(left.unwrap().unwrap().reversed.is_empty());
    }
}
