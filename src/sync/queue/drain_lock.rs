//! One drain of a queue at a time.

use std::fs::OpenOptions;
use std::io::Write as _;

use super::Queue;
use super::folder::{self, DRAIN_LOCK};
use crate::fs::FsError;
use crate::fs::lock::{self, Lock};
use crate::world::World;

/// The right to remove, replace and park lines, until it is dropped.
#[derive(Debug)]
pub struct DrainLock {
    _held: Option<Lock>,
}

impl Queue {
    /// Takes the right to drain; `None` where another process has it. On a file system without
    /// locks everyone gets it: two drains there cost duplicates, never an event.
    pub fn lock_drain(&self, world: &World) -> Result<Option<DrainLock>, FsError> {
        folder::prepare(&self.folder)?;
        let path = self.path(DRAIN_LOCK);
        match lock::try_acquire(&path) {
            Ok(None) => Ok(None),
            Ok(held) => {
                let note = format!("{} {}\n", std::process::id(), world.now().to_rfc3339());
                // For people who wonder who holds it; the lock itself does not need it.
                let options = &mut OpenOptions::new();
                if let Ok((mut file, _)) =
                    folder::open_private(&path, options.write(true).truncate(true))
                {
                    drop(file.write_all(note.as_bytes()));
                }
                Ok(Some(DrainLock { _held: held }))
            }
            Err(error) if lock::is_unsupported(&error) => Ok(Some(DrainLock { _held: None })),
            Err(error) => Err(error),
        }
    }
}
