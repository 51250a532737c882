//! Files that git tracks but a sparse checkout omits from the work tree.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::command::{Git, GitError};
use super::parse;
use super::repository::Repository;
use crate::world::World;

/// The files below `folder` (relative to the root) that a sparse checkout omits. Starts git only in
/// a sparse checkout.
pub(crate) fn left_out(
    world: &World,
    repository: &Repository,
    folder: &Path,
) -> Result<Vec<PathBuf>, GitError> {
    let rules = repository.git_directory.join("info/sparse-checkout");
    if !rules.exists() {
        return Ok(Vec::new());
    }
    let git = Git::in_directory(world, &repository.root);
    let output = git.run_on("ls-files -t -z", [folder])?;
    let entries = output.split(|byte| *byte == 0);
    let skipped = entries.filter_map(|entry| entry.strip_prefix(b"S "));
    let mut paths: Vec<_> = skipped.map(parse::path).collect();
    paths.retain(|path| !repository.root.join(path).exists());
    Ok(paths)
}

/// The content of a file in the index.
pub(crate) fn contents(
    world: &World,
    repository: &Repository,
    path: &Path,
) -> Result<Vec<u8>, GitError> {
    let mut object = OsString::from(":");
    object.push(path);
    let arguments = [OsString::from("cat-file"), OsString::from("blob"), object];
    Git::in_directory(world, &repository.root).run(arguments)
}
