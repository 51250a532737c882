//! Reads HEAD and its history.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

use super::command::{Git, GitError};
use super::parse;
use super::repository::Repository;
use crate::world::World;

/// The commits in the history of HEAD that changed this file (relative to the root), oldest first.
/// Stops at commits that are older than `since`, so that a long history costs nothing.
pub(crate) fn commits_of(
    world: &World,
    repository: &Repository,
    path: &Path,
    since: DateTime<Utc>,
) -> Result<Vec<String>, GitError> {
    let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
    let command = format!("log --reverse --format=%H --since={since} HEAD");
    let git = Git::in_directory(world, &repository.root);
    match git.run_on(&command, [path]) {
        Ok(output) => {
            let lines = parse::lines(&output).into_iter();
            Ok(lines.filter_map(parse::object_name).collect())
        }
        // There is no commit yet.
        Err(GitError::Failed(_)) if repository.head.is_none() => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The files in HEAD below this folder (relative to the root); none before the first commit.
pub(crate) fn files_of(
    world: &World,
    repository: &Repository,
    folder: &Path,
) -> Result<Vec<PathBuf>, GitError> {
    let git = Git::in_directory(world, &repository.root);
    match git.run_on("ls-tree -r -z --name-only HEAD", [folder]) {
        Ok(output) => Ok(parse::paths(&output)),
        Err(GitError::Failed(_)) if repository.head.is_none() => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The content of a file in HEAD.
pub(crate) fn committed(
    world: &World,
    repository: &Repository,
    path: &Path,
) -> Result<Vec<u8>, GitError> {
    let mut object = OsString::from("HEAD:");
    object.push(path);
    let arguments = [OsString::from("cat-file"), OsString::from("blob"), object];
    Git::in_directory(world, &repository.root).run(arguments)
}
