//! Appending (QUEUE §2.3, §2.4): one write of whole lines and one fdatasync a command, or a file
//! of its own where that way is closed.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;
use std::time::Duration;

use super::Queue;
use super::drain_lock::DrainLock;
use super::folder::{self, ACTIVE, LOCK, TEMPORARY};
use super::lines::{self, MAX_LINE_BYTES};
use crate::fs::FsError;
use crate::fs::lock::{self, Lock, LockError};
use crate::world::World;

/// The size from which on the active file is sealed: about 900 events, about one request.
pub(super) const SEGMENT_BYTES: u64 = 512 * 1024;
/// A suspended holder must not hang every other process.
pub(super) const LOCK_WAIT: Duration = Duration::from_secs(2);

/// Events that were not made durable.
#[derive(Debug, thiserror::Error)]
#[error("the event could not be recorded")]
pub struct NotRecorded {
    /// Which ones.
    pub event_ids: Vec<String>,
    /// Why.
    #[source]
    pub cause: NotRecordedCause,
}

/// Why events were not made durable.
#[derive(Debug, thiserror::Error)]
pub enum NotRecordedCause {
    /// No delivery could ever carry it.
    #[error("it is {0} bytes long, the most is {MAX_LINE_BYTES}")]
    TooLong(usize),
    /// It is no JSON object with an `event_id`, or not on one line.
    #[error("it is not an event on one line")]
    NotAnEvent,
    /// The file system said no.
    #[error(transparent)]
    File(#[from] FsError),
}

impl Queue {
    /// Records events, each a compact JSON object without a newline. `Ok` means that they survive
    /// a kill and a power cut from now on.
    pub fn append(&self, world: &World, events: &[Vec<u8>]) -> Result<(), NotRecorded> {
        if events.is_empty() {
            return Ok(());
        }
        let recorded = join(events).and_then(|lines| Ok(self.record(world, lines)?));
        recorded.map_err(|cause| NotRecorded {
            event_ids: events.iter().filter_map(|e| lines::event_id(e)).collect(),
            cause,
        })
    }

    fn record(&self, world: &World, lines: Vec<u8>) -> Result<(), FsError> {
        folder::prepare(&self.folder)?;
        if !folder::is_foreign_file_system(&self.folder)
            && let Ok((held, active, length)) = self.open_active(world)
        {
            write_at_end(&self.path(ACTIVE), &active, length, &lines)?;
            // Syncing works on the inode: whatever renames or delivers the file meanwhile does no
            // harm, and nobody waits for the disk with us.
            drop(held);
            if active.sync_data().is_ok() {
                return Ok(());
            }
        }
        self.second_door(world, &lines)
    }

    /// The active file under its lock, with its length: sealed first where it is full, and its
    /// name made durable before its first byte, since nobody after us would do that.
    fn open_active(&self, world: &World) -> Result<(Lock, File, u64), LockError> {
        const MOST_TRIES: u32 = 8;
        let path = self.path(ACTIVE);
        let mut named: Option<(File, u64)> = None;
        for _ in 0..MOST_TRIES {
            let held = lock::acquire(world, &self.path(LOCK), LOCK_WAIT)?;
            let options = &mut OpenOptions::new();
            let options = options.read(true).append(true).create(true);
            let (active, found) = folder::open_private(&path, options)?;
            if found.len() >= SEGMENT_BYTES {
                self.rename_active(world)?;
            } else if found.len() > 0 || named.is_some_and(|(_, inode)| inode == found.ino()) {
                return Ok((held, active, found.len()));
            } else {
                // Nobody waits for the disk behind our lock. The file stays open, so that its
                // inode number cannot come to mean another file.
                drop(held);
                folder::sync_names(&self.folder)?;
                named = Some((active, found.ino()));
                continue;
            }
            named = None;
        }
        Err(LockError::Busy { path })
    }

    /// Turns the active file into a sealed segment, unless it holds nothing.
    pub fn seal(&self, world: &World, _lock: &DrainLock) -> Result<(), LockError> {
        let path = self.path(ACTIVE);
        let holds_lines =
            || fs::symlink_metadata(&path).is_ok_and(|found| found.is_file() && found.len() > 0);
        if !holds_lines() {
            return Ok(());
        }
        let _held = match lock::acquire(world, &self.path(LOCK), LOCK_WAIT) {
            Ok(held) => Some(held),
            Err(LockError::File(error)) if lock::is_unsupported(&error) => None,
            Err(error) => return Err(error),
        };
        if holds_lines() {
            self.rename_active(world)?;
        }
        Ok(())
    }

    fn rename_active(&self, world: &World) -> Result<(), FsError> {
        let active = self.path(ACTIVE);
        let sealed = folder::next_segment(world, &self.folder)?;
        fs::rename(&active, sealed).map_err(FsError::on("seal", &active))
    }

    /// A sealed segment of its own, for when the active file cannot be locked, used or trusted.
    fn second_door(&self, world: &World, lines: &[u8]) -> Result<(), FsError> {
        let segment = folder::next_segment(world, &self.folder)?;
        let temporary = segment.with_added_extension(TEMPORARY.trim_start_matches('.'));
        write_new(&temporary, lines)
            .and_then(|()| fs::rename(&temporary, &segment).map_err(FsError::on("name", &segment)))
            .inspect_err(|_| drop(fs::remove_file(&temporary)))?;
        folder::sync_names(&self.folder)
    }
}

fn join(events: &[Vec<u8>]) -> Result<Vec<u8>, NotRecordedCause> {
    let mut joined = Vec::with_capacity(events.iter().map(|e| e.len() + 1).sum());
    for event in events {
        if event.len() > MAX_LINE_BYTES {
            return Err(NotRecordedCause::TooLong(event.len()));
        }
        if event.contains(&b'\n') || lines::event_id(event).is_none() {
            return Err(NotRecordedCause::NotAnEvent);
        }
        joined.extend_from_slice(event);
        joined.push(b'\n');
    }
    Ok(joined)
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), FsError> {
    let options = &mut OpenOptions::new();
    let (mut file, _) = folder::open(path, options.write(true).create_new(true))?;
    file.write_all(bytes).map_err(FsError::on("write", path))?;
    file.sync_data().map_err(FsError::on("sync", path))
}

/// Writes whole lines in one go behind what a file opened for reading and appending holds. A last
/// line without its newline is torn: a newline in front keeps ours apart from it. What was written
/// of a write that failed is taken back.
pub(super) fn write_at_end(
    path: &Path,
    mut file: &File,
    length: u64,
    lines: &[u8],
) -> Result<(), FsError> {
    let mut last = [b'\n'];
    if length > 0 {
        file.read_exact_at(&mut last, length - 1)
            .map_err(FsError::on("read", path))?;
    }
    let written = if last == *b"\n" {
        file.write_all(lines)
    } else {
        file.write_all(&[b"\n", lines].concat())
    };
    written.map_err(|error| {
        drop(file.set_len(length));
        FsError::on("append to", path)(error)
    })
}
