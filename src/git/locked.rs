//! Git's own locks: whether another git process holds one, and commands that wait until it is free.

use std::time::{Duration, Instant};

use super::command::{GitError, GitFailure};
use crate::world::World;

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// What another git process does, if that is why a command failed: it holds the lock of the index or
/// of a reference, or it moved the branch in the meantime.
pub(super) fn other_process(failure: &GitFailure) -> Option<String> {
    if failure.status != Some(128) {
        return None;
    }
    let stderr = &failure.stderr;
    if let Some((before, _)) = stderr.split_once(".lock': File exists") {
        let (_, path) = before.rsplit_once("Unable to create '")?;
        return Some(format!("holds {path}.lock"));
    }
    let moved = stderr.contains("cannot lock ref ") && stderr.contains(" but expected ");
    if moved {
        return Some("moved the branch".to_owned());
    }
    // A repository in the reftable format names no file.
    let locked = stderr.contains("cannot lock references");
    locked.then(|| "holds the lock of the references".to_owned())
}

/// Repeats a git command until no other git process is in its way, or until `end`. Never removes a
/// lock: only a person can know whether its git still runs.
pub(super) fn retry(
    world: &World,
    end: Instant,
    run: impl Fn() -> Result<Vec<u8>, GitError>,
) -> Result<Vec<u8>, GitError> {
    let mut pause = Duration::from_millis(5);
    loop {
        match run() {
            Err(GitError::Failed(failure))
                if other_process(&failure).is_some() && world.instant() < end =>
            {
                world.sleep(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_of_another_process_is_told_from_other_failures() {
        let cases = [
            (
                "fatal: Unable to create '/x/.git/index.lock': File exists.\n\nAnother git process",
                Some("holds /x/.git/index.lock"),
            ),
            (
                "fatal: cannot lock ref 'HEAD': Unable to create '/it's/.git/HEAD.lock': File exists.",
                Some("holds /it's/.git/HEAD.lock"),
            ),
            (
                "fatal: cannot lock ref 'HEAD': Unable to create '/x/.git/refs/heads/a/b.lock': \
                 File exists.",
                Some("holds /x/.git/refs/heads/a/b.lock"),
            ),
            (
                "fatal: cannot lock ref 'HEAD': is at 3bcd but expected 2a65",
                Some("moved the branch"),
            ),
            (
                "fatal: cannot lock references",
                Some("holds the lock of the references"),
            ),
            (
                "fatal: cannot lock ref 'refs/heads/a/b': 'refs/heads/a' exists; cannot create",
                None,
            ),
            (
                "fatal: Unable to create '/x/.git/index.lock': Permission denied",
                None,
            ),
        ];
        for (stderr, expected) in cases {
            let failure = GitFailure {
                arguments: Vec::new(),
                status: Some(128),
                stdout: Vec::new(),
                stderr: stderr.to_owned(),
            };
            assert_eq!(other_process(&failure).as_deref(), expected, "{stderr}");
        }
    }

    #[test]
    fn a_hook_that_speaks_of_a_lock_is_a_hook() {
        let failure = GitFailure {
            arguments: Vec::new(),
            status: Some(1),
            stdout: Vec::new(),
            stderr: "Unable to create '/x/.git/index.lock': File exists".to_owned(),
        };
        assert_eq!(other_process(&failure), None);
    }
}
