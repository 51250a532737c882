//! Mends what a killed commit of ours leaves behind (the end of QUEUE §4.6).

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::command::{Git, GitError};
use super::repository::{Repository, is_committed};
use super::{parse, pathspec};
use crate::fs::FsError;
use crate::world::World;

/// An `index.lock` that is held, or was left by a killed git: which of the two, only a person can
/// tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftLock {
    /// The lock file.
    pub path: PathBuf,
    /// Paths that HEAD and the work tree agree on while the index still holds their former state:
    /// the user's next commit would revert them.
    pub reversed: Vec<PathBuf>,
}

/// Why a repair failed.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The lock could not be removed.
    #[error(transparent)]
    File(#[from] FsError),
    /// git refused.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Looks for an `index.lock` and, where HEAD's own commit touched nothing outside `folder`
/// (relative to the root), for paths of it that look staged for reversal.
pub fn left_lock(
    world: &World,
    repository: &Repository,
    folder: &Path,
) -> Result<Option<LeftLock>, GitError> {
    let path = repository.git_directory.join("index.lock");
    if !path.exists() {
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
    Ok(Some(LeftLock { path, reversed }))
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
    let arguments = ["diff-index", "-z", "--cached", "--name-only", "HEAD", "--"];
    let arguments = arguments.map(OsString::from).into_iter();
    let pathspecs = committed.iter().map(|path| pathspec::literal(path));
    let output = git.run(arguments.chain(pathspecs))?;
    Ok(parse::paths(&output.stdout).collect())
}

/// Removes the lock and resets just the reversed paths. Only for when a person has said that no
/// git is running.
pub fn repair(world: &World, repository: &Repository, left: &LeftLock) -> Result<(), RepairError> {
    fs::remove_file(&left.path).map_err(FsError::on("remove", &left.path))?;
    if !left.reversed.is_empty() {
        let arguments = ["reset", "--quiet"].into_iter().chain(pathspec::FROM_INPUT);
        let input = pathspec::on_input(&left.reversed);
        Git::in_directory(world, &repository.root).run_with_input(arguments, &input)?;
    }
    Ok(())
}
