//! The Lamport clock of this machine (QUEUE §4.4): `clock.json` in the state directory, shared by
//! all processes and with spec-kitty 3.0.x.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::fs::lock::{self, LockError};
use crate::fs::replace::{Mode, replace};
use crate::fs::{FsError, ensure_private_directory, read_bounded};
use crate::world::World;

/// Long enough for a crowd of processes that each replace the file durably.
const LOCK_WAIT: Duration = Duration::from_secs(10);
/// A clock file is about a hundred bytes; anything beyond this is not one.
const MOST_BYTES: u64 = 64 * 1024;

/// Why no clock value was had.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// The lock on the clock was not had in time.
    #[error("the Lamport clock could not be locked")]
    Lock(#[source] LockError),
    /// The clock could not be read or replaced.
    #[error("the Lamport clock could not be advanced")]
    File(#[from] FsError),
    /// The clock stands at the end of its range.
    #[error("the Lamport clock cannot go beyond {0}")]
    Exhausted(u64),
}

/// Takes `count` values that no other process gets and that exceed every earlier one; returns the
/// first. `queue_maximum` is asked only where the file is missing or damaged, or stands below
/// `newest`: an older one was put back.
pub(crate) fn reserve(
    world: &World,
    state_directory: &Path,
    node_id: &str,
    count: u64,
    newest: impl FnOnce() -> u64,
    queue_maximum: impl FnOnce() -> u64,
) -> Result<u64, ClockError> {
    let mut first = 0;
    advance(
        world,
        state_directory,
        node_id,
        newest,
        queue_maximum,
        |value| {
            first = value.checked_add(1)?;
            value.checked_add(count)
        },
    )?;
    Ok(first)
}

/// Raises the clock to at least `seen`, a value that came from elsewhere.
pub(crate) fn receive(
    world: &World,
    state_directory: &Path,
    node_id: &str,
    seen: u64,
    queue_maximum: impl FnOnce() -> u64,
) -> Result<(), ClockError> {
    advance(
        world,
        state_directory,
        node_id,
        || 0,
        queue_maximum,
        |value| Some(value.max(seen)),
    )
}

fn advance(
    world: &World,
    state_directory: &Path,
    node_id: &str,
    newest: impl FnOnce() -> u64,
    queue_maximum: impl FnOnce() -> u64,
    next: impl FnOnce(u64) -> Option<u64>,
) -> Result<(), ClockError> {
    ensure_private_directory(state_directory)?;
    let path = state_directory.join("clock.json");
    let lock_path = state_directory.join("clock.lock");
    let _lock = match lock::acquire(world, &lock_path, LOCK_WAIT) {
        Ok(lock) => Some(lock),
        // A file system without locks: a value that may collide beats an event that is lost.
        Err(LockError::File(error)) if lock::is_unsupported(&error) => None,
        Err(error) => return Err(ClockError::Lock(error)),
    };
    let value = match load(&path)? {
        Some(value) if value >= newest() => value,
        stored => queue_maximum().max(stored.unwrap_or(0)),
    };
    let next = next(value).ok_or(ClockError::Exhausted(value))?;
    if next != value {
        let updated_at = world.now().to_rfc3339();
        let clock = json!({"value": next, "node_id": node_id, "updated_at": updated_at});
        replace(&path, clock.to_string().as_bytes(), Mode::Private)?;
    }
    Ok(())
}

/// Where the clock stands; `None` where there is no file, or no clock in it.
pub(crate) fn read(state_directory: &Path) -> Result<Option<u64>, FsError> {
    load(&state_directory.join("clock.json"))
}

/// The stored value; `None` where the file is missing or is no clock.
fn load(path: &Path) -> Result<Option<u64>, FsError> {
    #[derive(Deserialize)]
    struct Clock {
        value: u64,
    }
    if std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() > MOST_BYTES) {
        return Ok(None);
    }
    let bytes = read_bounded(path, MOST_BYTES)?.unwrap_or_default();
    let clock: Option<Clock> = serde_json::from_slice(&bytes).ok();
    Ok(clock.map(|clock| clock.value))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    fn world(folder: &Path) -> World {
        World::with_variables::<&str, &str>(folder.to_owned(), [])
    }

    fn damage(path: &Path, bytes: &[u8]) {
        #[expect(clippy::disallowed_methods, reason = "damages a file on purpose")]
        std::fs::write(path, bytes).unwrap();
    }

    #[test]
    fn a_crowd_gets_each_value_once() {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let folder = folder.unwrap();
        let world = world(folder.path());
        let taken = || {
            let take = |_| reserve(&world, folder.path(), "n", 2, || 0, || 0).unwrap();
            (0..25).map(take).collect::<Vec<_>>()
        };
        let values: Vec<_> = std::thread::scope(|scope| {
            let crowd: Vec<_> = (0..8).map(|_| scope.spawn(taken)).collect();
            let each = crowd.into_iter().flat_map(|one| one.join().unwrap());
            each.collect()
        });
        let distinct: BTreeSet<_> = values.iter().copied().collect();
        let expected: BTreeSet<_> = (0..200).map(|n| n * 2 + 1).collect();
        assert_eq!(distinct, expected);
    }

    #[test]
    fn the_file_has_the_form_that_older_versions_read() {
        let folder = tempfile::tempdir().unwrap();
        let world = world(folder.path());
        let path = folder.path().join("clock.json");
        damage(
            &path,
            br#"{"value": 41, "node_id": "old", "updated_at": "x", "more": 1}"#,
        );
        let first = reserve(&world, folder.path(), "0123456789ab", 3, || 0, || 0).unwrap();
        assert_eq!(first, 42);
        let clock: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(clock["value"], 44);
        assert_eq!(clock["node_id"], "0123456789ab");
        let updated = clock["updated_at"].as_str().unwrap();
        assert!(chrono::DateTime::parse_from_rfc3339(updated).is_ok());
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_file_begins_behind_what_the_queue_holds() {
        let huge = vec![b' '; 100_000];
        let damaged: [&[u8]; 8] = [
            b"",
            b"{",
            b"[]",
            b"null",
            b"\xff\xfe",
            br#"{"value": -1}"#,
            br#"{"value": "7"}"#,
            &huge,
        ];
        for bytes in damaged {
            let folder = tempfile::tempdir().unwrap();
            let world = world(folder.path());
            damage(&folder.path().join("clock.json"), bytes);
            let first = reserve(&world, folder.path(), "n", 1, || 0, || 99).unwrap();
            assert_eq!(first, 100);
            let next = reserve(&world, folder.path(), "n", 1, || 0, || unreachable!()).unwrap();
            assert_eq!(next, 101);
        }
    }

    #[test]
    fn receiving_only_raises() {
        let folder = tempfile::tempdir().unwrap();
        let world = world(folder.path());
        for (seen, next) in [(10, 11), (3, 12), (12, 13)] {
            receive(&world, folder.path(), "n", seen, || 0).unwrap();
            let first = reserve(&world, folder.path(), "n", 1, || 0, || 0).unwrap();
            assert_eq!(first, next);
        }
    }

    #[test]
    fn the_end_of_the_range_and_a_folder_in_its_place_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let world = world(folder.path());
        let path = folder.path().join("clock.json");
        let last = format!("{{\"value\": {}}}", u64::MAX - 1);
        damage(&path, last.as_bytes());
        let error = reserve(&world, folder.path(), "n", 2, || 0, || 0).unwrap_err();
        assert!(matches!(error, ClockError::Exhausted(_)));
        assert_eq!(std::fs::read(&path).unwrap(), last.as_bytes());
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let error = reserve(&world, folder.path(), "n", 1, || 0, || 0).unwrap_err();
        assert!(matches!(error, ClockError::File(_)));
    }

    /// Planted: only a missing or damaged file measured against the queue.
    #[test]
    fn an_older_clock_that_was_put_back_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let world = world(folder.path());
        let take = |newest, highest| {
            reserve(&world, folder.path(), "n", 1, || newest, || highest).unwrap()
        };
        assert_eq!(take(0, 0), 1);
        assert_eq!(take(1, 99), 2);
        assert_eq!(take(7, 9), 10);
        assert_eq!(take(10, 99), 11);
    }
}
