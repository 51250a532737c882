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
/// first. `queue_maximum` is asked only where the file is missing or damaged.
pub fn reserve(
    world: &World,
    state_directory: &Path,
    node_id: &str,
    count: u64,
    queue_maximum: impl FnOnce() -> u64,
) -> Result<u64, ClockError> {
    let mut first = 0;
    advance(world, state_directory, node_id, queue_maximum, |value| {
        first = value.checked_add(1)?;
        value.checked_add(count)
    })?;
    Ok(first)
}

/// Raises the clock to at least `seen`, a value that came from elsewhere.
pub fn receive(
    world: &World,
    state_directory: &Path,
    node_id: &str,
    seen: u64,
    queue_maximum: impl FnOnce() -> u64,
) -> Result<(), ClockError> {
    advance(world, state_directory, node_id, queue_maximum, |value| {
        Some(value.max(seen))
    })
}

fn advance(
    world: &World,
    state_directory: &Path,
    node_id: &str,
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
    let value = load(&path)?.unwrap_or_else(queue_maximum);
    let next = next(value).ok_or(ClockError::Exhausted(value))?;
    if next != value {
        let updated_at = world.now().to_rfc3339();
        let clock = json!({"value": next, "node_id": node_id, "updated_at": updated_at});
        replace(&path, clock.to_string().as_bytes(), Mode::Private)?;
    }
    Ok(())
}

/// Where the clock stands; `None` where there is no file, or no clock in it.
pub fn read(state_directory: &Path) -> Result<Option<u64>, FsError> {
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
