//! The Lamport clock of this machine: `clock.json` in the state directory. All processes share it,
//! also those of spec-kitty 3.0.x.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fs::lock::{self, LockError};
use crate::fs::replace::{Mode, replace};
use crate::fs::{FsError, ensure_private_directory, read_bounded};
use crate::world::World;

/// Long enough for many processes that each replace the file durably.
const LOCK_WAIT: Duration = Duration::from_secs(10);
/// The file has about 100 bytes. A larger one is damaged.
const MAX_BYTES: u64 = 64 * 1024;

/// The largest value that every JSON reader keeps. No clock gets there by counting, so a larger value
/// is damaged.
pub(crate) const MAX_VALUE: u64 = 1 << 53;

/// Why the clock could not be advanced.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    #[error("the Lamport clock could not be locked")]
    Lock(#[source] LockError),
    #[error("the Lamport clock could not be advanced")]
    File(#[from] FsError),
    #[error("the Lamport clock could not be written")]
    Json(#[from] serde_json::Error),
}

/// The content of the file, with sorted keys.
#[derive(Serialize)]
struct Clock<'a> {
    node_id: &'a str,
    updated_at: String,
    value: u64,
}

/// Advances the clock by one and returns the new value, which no other process gets.
///
/// `queue_maximum` is computed if the file is missing or damaged, or if its value is less than
/// `newest`, which means that an older file was restored.
pub(crate) fn advance(
    world: &World,
    state_directory: &Path,
    node_id: &str,
    newest: impl FnOnce() -> u64,
    queue_maximum: impl FnOnce() -> u64,
) -> Result<u64, ClockError> {
    ensure_private_directory(state_directory)?;
    let lock_file = state_directory.join("clock.lock");
    // Without support for locks, two events may get the same value, but no event is lost.
    let _lock =
        lock::acquire_if_supported(world, &lock_file, LOCK_WAIT).map_err(ClockError::Lock)?;
    let current = match read(state_directory)? {
        Some(value) if value >= newest() => value,
        stored => queue_maximum().max(stored.unwrap_or(0)),
    };
    // An event with the value of another one is better than none.
    let value = (current + 1).min(MAX_VALUE);
    let clock = serde_json::to_vec(&Clock {
        node_id,
        updated_at: world.now().to_rfc3339(),
        value,
    })?;
    replace(&state_directory.join("clock.json"), &clock, Mode::Private)?;
    Ok(value)
}

/// The value of the clock; `None` if the file is missing or damaged.
pub(crate) fn read(state_directory: &Path) -> Result<Option<u64>, FsError> {
    #[derive(Deserialize)]
    struct Stored {
        value: u64,
    }
    let path = state_directory.join("clock.json");
    if std::fs::metadata(&path).is_ok_and(|found| found.is_file() && found.len() > MAX_BYTES) {
        return Ok(None);
    }
    let bytes = read_bounded(&path, MAX_BYTES)?.unwrap_or_default();
    let clock: Option<Stored> = serde_json::from_slice(&bytes).ok();
    let value = clock.map(|clock| clock.value);
    Ok(value.filter(|value| *value <= MAX_VALUE))
}

/// Renames a damaged file, so that the next event begins a new one.
pub(crate) fn set_aside(world: &World, state_directory: &Path) -> Result<(), ClockError> {
    let lock_file = state_directory.join("clock.lock");
    let _lock =
        lock::acquire_if_supported(world, &lock_file, LOCK_WAIT).map_err(ClockError::Lock)?;
    let path = state_directory.join("clock.json");
    if path.exists() && read(state_directory)?.is_none() {
        let aside = state_directory.join("clock.json.damaged");
        std::fs::rename(&path, aside).map_err(FsError::on("rename", &path))?;
    }
    Ok(())
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
    fn concurrent_processes_get_different_values() {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let folder = folder.unwrap();
        let world = world(folder.path());
        let taken = || {
            let take = |_| advance(&world, folder.path(), "n", || 0, || 0).unwrap();
            (0..25).map(take).collect::<Vec<_>>()
        };
        let values: Vec<_> = std::thread::scope(|scope| {
            let crowd: Vec<_> = (0..8).map(|_| scope.spawn(taken)).collect();
            let each = crowd.into_iter().flat_map(|one| one.join().unwrap());
            each.collect()
        });
        let distinct: BTreeSet<_> = values.iter().copied().collect();
        let expected: BTreeSet<_> = (1..=200).collect();
        assert_eq!(distinct, expected);
    }

    #[test]
    fn older_versions_can_read_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let world = world(folder.path());
        let path = folder.path().join("clock.json");
        damage(
            &path,
            br#"{"value": 41, "node_id": "old", "updated_at": "x", "more": 1}"#,
        );
        let first = advance(&world, folder.path(), "0123456789ab", || 0, || 0).unwrap();
        assert_eq!(first, 42);
        let clock: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(clock["value"], 42);
        assert_eq!(clock["node_id"], "0123456789ab");
        let updated = clock["updated_at"].as_str().unwrap();
        assert!(chrono::DateTime::parse_from_rfc3339(updated).is_ok());
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_file_continues_after_the_maximum_of_the_queue() {
        let huge = vec![b' '; 100_000];
        let damaged: [&[u8]; 9] = [
            b"",
            b"{",
            b"[]",
            b"null",
            b"\xff\xfe",
            br#"{"value": -1}"#,
            br#"{"value": 9007199254740993}"#,
            br#"{"value": "7"}"#,
            &huge,
        ];
        for bytes in damaged {
            let folder = tempfile::tempdir().unwrap();
            let world = world(folder.path());
            damage(&folder.path().join("clock.json"), bytes);
            let first = advance(&world, folder.path(), "n", || 0, || 99).unwrap();
            assert_eq!(first, 100);
            let next = advance(&world, folder.path(), "n", || 0, || unreachable!()).unwrap();
            assert_eq!(next, 101);
        }
    }

    #[test]
    fn the_clock_stops_at_its_maximum_and_a_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let world = world(folder.path());
        let path = folder.path().join("clock.json");
        let last = format!("{{\"value\": {MAX_VALUE}}}");
        damage(&path, last.as_bytes());
        let value = advance(&world, folder.path(), "n", || 0, || 0).unwrap();
        assert_eq!(value, MAX_VALUE);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let error = advance(&world, folder.path(), "n", || 0, || 0).unwrap_err();
        assert!(matches!(error, ClockError::File(_)));
    }

    /// Mutation check: if only a missing or damaged file is compared with the queue, this test fails.
    #[test]
    fn a_restored_older_clock_is_detected() {
        let folder = tempfile::tempdir().unwrap();
        let world = world(folder.path());
        let take =
            |newest, highest| advance(&world, folder.path(), "n", || newest, || highest).unwrap();
        assert_eq!(take(0, 0), 1);
        assert_eq!(take(1, 99), 2);
        assert_eq!(take(7, 9), 10);
        assert_eq!(take(10, 99), 11);
    }
}
