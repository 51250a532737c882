//! Finds commits in the history of HEAD.

use std::path::Path;

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
