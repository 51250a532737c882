//! Files that git holds and a sparse checkout keeps out of the work tree.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::command::{Git, GitError};
use super::repository::Repository;
use super::{parse, pathspec};
use crate::world::World;

/// The files below `folder` (relative to the root) that are not in the work tree because it is
/// sparse. git is asked only where it is.
pub(crate) fn left_out(
    world: &World,
    repository: &Repository,
    folder: &Path,
) -> Result<Vec<PathBuf>, GitError> {
    let rules = repository.git_directory.join("info/sparse-checkout");
    if !rules.exists() {
        return Ok(Vec::new());
    }
    let arguments = ["ls-files", "-t", "-z", "--"].map(OsString::from);
    let pathspecs = [pathspec::literal(folder)];
    let output =
        Git::in_directory(world, &repository.root).run(arguments.into_iter().chain(pathspecs))?;
    let entries = output.stdout.split(|byte| *byte == 0);
    let skipped = entries.filter_map(|entry| entry.strip_prefix(b"S "));
    let paths = skipped.map(parse::path);
    Ok(paths
        .filter(|path| !repository.root.join(path).exists())
        .collect())
}

/// What the index holds at a path.
pub(crate) fn contents(
    world: &World,
    repository: &Repository,
    path: &Path,
) -> Result<Vec<u8>, GitError> {
    let mut object = OsString::from(":");
    object.push(path);
    let arguments = [OsString::from("cat-file"), OsString::from("blob"), object];
    let output = Git::in_directory(world, &repository.root).run(arguments)?;
    Ok(output.stdout)
}
