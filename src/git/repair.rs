//! Mends what a killed commit of ours leaves behind (the end of QUEUE §4.6).

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::command::{Git, GitError};
use super::repository::{Repository, is_committed};
use super::{parse, pathspec};
use crate::fs::FsError;
use crate::world::World;

/// Locks of git that are held, or were left by a killed git: which of the two, only a person can
/// tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftLock {
    /// The lock files, never none: of the index, of HEAD, of the branch that is checked out.
    pub paths: Vec<PathBuf>,
    /// Paths that HEAD and the work tree agree on while the index still holds their former state:
    /// the user's next commit would revert them.
    pub reversed: Vec<PathBuf>,
}

/// Why a repair failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RepairError {
    /// The lock could not be removed.
    #[error(transparent)]
    File(#[from] FsError),
    /// git refused.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Looks for locks that a commit takes and, where HEAD's own commit touched nothing outside `folder`
/// (relative to the root), for paths of it that look staged for reversal.
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
        for path in staged_of_head(world, repository, folder)? {
            if is_committed(world, repository, std::slice::from_ref(&path))? {
                reversed.push(path);
            }
        }
    }
    Ok(Some(LeftLock { paths, reversed }))
}

/// The locks there are of those that a commit takes.
fn locks(repository: &Repository) -> Vec<PathBuf> {
    let own = &repository.git_directory;
    let branch = repository.branch.iter().map(|branch| {
        let name = format!("refs/heads/{branch}.lock");
        repository.common_directory.join(name)
    });
    let mut locks: Vec<_> = [own.join("index.lock"), own.join("HEAD.lock")].into();
    locks.extend(branch);
    locks.retain(|path| path.is_file());
    locks
}

/// The paths of HEAD's own commit that the index holds otherwise.
fn staged_of_head(
    world: &World,
    repository: &Repository,
    folder: &Path,
) -> Result<Vec<PathBuf>, GitError> {
    let git = Git::in_directory(world, &repository.root);
    let of_head = [
        "diff-tree",
        "-z",
        "--root",
        "--no-commit-id",
        "--name-only",
        "-r",
        "HEAD",
    ];
    let committed: Vec<PathBuf> = parse::paths(&git.run(of_head)?.stdout).collect();
    if committed.is_empty() || !committed.iter().all(|path| path.starts_with(folder)) {
        return Ok(Vec::new());
    }
    differing_from_head(git, &committed)
}

/// Which of these paths the index holds otherwise than HEAD. An intent-to-add entry counts as
/// none: it would else pass for an empty file, which HEAD may well hold.
pub(super) fn differing_from_head(
    git: Git<'_>,
    paths: &[PathBuf],
) -> Result<Vec<PathBuf>, GitError> {
    let arguments = [
        "diff-index",
        "-z",
        "--cached",
        "--ita-invisible-in-index",
        "--name-only",
        "HEAD",
        "--",
    ];
    let arguments = arguments.map(OsString::from).into_iter();
    let pathspecs = paths.iter().map(|path| pathspec::literal(path));
    let output = git.run(arguments.chain(pathspecs))?;
    Ok(parse::paths(&output.stdout).collect())
}

/// Removes the locks and gives the index the reversed paths as they stand in HEAD and in the work
/// tree. Only for when a person has said that no git is running.
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
        let input = pathspec::on_input(&left.reversed);
        Git::in_directory(world, &repository.root).run_with_input(arguments, &input)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{Sandbox, write};

    /// What a commit killed between moving HEAD and renaming its index leaves: the old index, and
    /// the lock.
    fn killed_commit(sandbox: &Sandbox) {
        let index = sandbox.root.join(".git/index");
        let before = sandbox.beside("index");
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

    /// The killed commit had told the index of its new files before.
    #[test]
    fn files_that_were_intended_to_be_added_are_in_the_index_afterwards() {
        let sandbox = Sandbox::new();
        let index = sandbox.root.join(".git/index");
        sandbox.write("kitty-specs/001-a/new.md", "new\n");
        sandbox.write("kitty-specs/001-a/empty", "");
        sandbox.git(&["add", "-N", "kitty-specs"]);
        let before = sandbox.beside("index");
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
    fn a_killed_commit_is_recognised_and_only_its_paths_are_reset() {
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
    fn locks_of_head_and_of_the_branch_are_left_locks_too() {
        let sandbox = Sandbox::new();
        sandbox.commit_file("a", "a\n");
        let locks = [".git/HEAD.lock", ".git/refs/heads/main.lock"].map(|l| sandbox.root.join(l));
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
    fn a_lock_over_a_commit_of_the_user_s_names_no_paths() {
        let sandbox = Sandbox::new();
        killed_commit(&sandbox);
        let left = left_lock(&sandbox.world, &sandbox.repository(), Path::new("docs"));
        assert_eq!(left.unwrap().unwrap().reversed, Vec::<PathBuf>::new());
    }

    #[test]
    fn what_the_user_changed_since_is_not_called_reversed() {
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
