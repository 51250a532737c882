//! Asks other branches than the one checked out.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::command::{Git, GitError};
use super::parse;
use super::repository::Repository;
use crate::world::World;

/// The first local branch, other than the one checked out, whose newest commit holds this file
/// (relative to the root of the repository).
pub(crate) fn branch_with(
    world: &World,
    repository: &Repository,
    path: &Path,
) -> Result<Option<String>, GitError> {
    let git = Git::in_directory(world, &repository.root);
    let names = git.run(["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"])?;
    let here = repository.branch.as_deref().map(str::as_bytes);
    let mut names = parse::lines(&names.stdout);
    names.retain(|name| Some(*name) != here);
    let path = path.as_os_str().as_bytes();
    let mut questions = Vec::new();
    for name in &names {
        questions.extend([b"refs/heads/", *name, b":", path, b"\n"].concat());
    }
    let answers = git.run_with_input(["cat-file", "--batch-check=%(objecttype)"], &questions)?;
    let answers = parse::lines(&answers.stdout);
    let found = names
        .iter()
        .zip(answers)
        .find(|(_, answer)| *answer == b"blob");
    Ok(found.map(|(name, _)| String::from_utf8_lossy(name).into_owned()))
}
