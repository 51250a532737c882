//! Reads branches that are not checked out.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::command::{Git, GitError};
use super::parse;
use super::repository::Repository;
use crate::world::World;

/// A local branch whose newest commit is HEAD. Without one, nothing says which branch to switch to.
pub(crate) fn branch_at_head(
    world: &World,
    repository: &Repository,
) -> Result<Option<String>, GitError> {
    let git = Git::in_directory(world, &repository.root);
    let format = "--format=%(refname:lstrip=2)";
    let names = git.run([
        "for-each-ref",
        "--count=1",
        "--points-at=HEAD",
        format,
        "refs/heads",
    ])?;
    let first = parse::lines(&names).into_iter().next();
    Ok(first.map(|name| String::from_utf8_lossy(name).into_owned()))
}

/// The first local branch, except the current one, whose newest commit contains this file (relative
/// to the root).
pub(crate) fn branch_with(
    world: &World,
    repository: &Repository,
    path: &Path,
) -> Result<Option<String>, GitError> {
    let git = Git::in_directory(world, &repository.root);
    let names = git.run(["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"])?;
    let current = repository.branch.as_deref().map(str::as_bytes);
    let mut names = parse::lines(&names);
    names.retain(|name| Some(*name) != current);
    let path = path.as_os_str().as_bytes();
    let objects = names
        .iter()
        .map(|name| [b"refs/heads/", *name, b":", path, b"\n"].concat());
    let objects: Vec<u8> = objects.flatten().collect();
    let types = git.run_with_input(["cat-file", "--batch-check=%(objecttype)"], &objects)?;
    let mut answers = names.iter().zip(parse::lines(&types));
    let found = answers.find(|(_, answer)| *answer == b"blob");
    Ok(found.map(|(name, _)| String::from_utf8_lossy(name).into_owned()))
}
