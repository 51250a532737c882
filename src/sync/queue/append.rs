//! Appends events with one write and one fdatasync per call. If the active file cannot be used,
//! the events get their own segment.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;
use std::time::Duration;

use super::Queue;
use super::folder::{self, ACTIVE, LOCK, TEMPORARY};
use super::lines::{self, MAX_LINE_BYTES};
use crate::fs::FsError;
use crate::fs::lock::{self, Lock, LockError};
use crate::world::World;

/// The active file is sealed at this size: about 900 events or one request.
pub(super) const SEGMENT_BYTES: u64 = 512 * 1024;
/// A suspended process must not block the others for longer.
pub(super) const LOCK_WAIT: Duration = Duration::from_secs(2);

/// These events are not durable.
#[derive(Debug, thiserror::Error)]
#[error("the event could not be recorded")]
pub struct NotRecorded {
    pub event_ids: Vec<String>,
    #[source]
    pub cause: NotRecordedCause,
}

/// Why events are not durable.
#[derive(Debug, thiserror::Error)]
pub enum NotRecordedCause {
    /// No request could carry it.
    #[error("it has {0} bytes; the maximum is {MAX_LINE_BYTES}")]
    TooLong(usize),
    /// It contains a newline, or is not a JSON object with an `event_id`.
    #[error("it is not an event on one line")]
    NotAnEvent,
    #[error(transparent)]
    File(#[from] FsError),
}

impl Queue {
    /// Records events, each a compact JSON object without a newline. After `Ok` they survive a kill
    /// and a power cut.
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
            && let Ok((lock, active, length)) = self.open_active(world)
        {
            write_at_end(&self.path(ACTIVE), &active, length, &lines)?;
            // The sync works on the inode. It is correct even if another process renames or removes
            // the file meanwhile, and it need not block other appends.
            drop(lock);
            // After a failed sync, a second one would succeed without having written anything.
            if active.sync_data().is_ok() {
                return Ok(());
            }
        }
        self.append_as_own_segment(world, &lines)
    }

    /// Locks and opens the active file, and returns its length. Seals a full file first. Syncs the
    /// name of an empty file before the first byte, because later appends do not sync it.
    fn open_active(&self, world: &World) -> Result<(Lock, File, u64), LockError> {
        const MAX_TRIES: u32 = 8;
        let path = self.path(ACTIVE);
        let mut synced: Option<(File, u64)> = None;
        for _ in 0..MAX_TRIES {
            let lock = lock::acquire(world, &self.path(LOCK), LOCK_WAIT)?;
            let (active, found) = folder::open_to_append(&path)?;
            if found.len() >= SEGMENT_BYTES {
                self.rename_active(world)?;
                synced = None;
            } else if found.len() > 0 || synced.is_some_and(|(_, inode)| inode == found.ino()) {
                return Ok((lock, active, found.len()));
            } else {
                // Other appends do not wait for the disk. The file stays open, so its inode number
                // cannot be reused.
                drop(lock);
                folder::sync_names(&self.folder)?;
                synced = Some((active, found.ino()));
            }
        }
        Err(LockError::Busy { path })
    }

    /// Turns the active file into a sealed segment. The caller holds the lock.
    pub(super) fn rename_active(&self, world: &World) -> Result<(), FsError> {
        let active = self.path(ACTIVE);
        let sealed = folder::next_segment(world, &self.folder)?;
        fs::rename(&active, sealed).map_err(FsError::on("seal", &active))
    }

    fn append_as_own_segment(&self, world: &World, lines: &[u8]) -> Result<(), FsError> {
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
    let (mut file, _) = folder::open(path, OpenOptions::new().write(true).create_new(true))?;
    file.write_all(bytes).map_err(FsError::on("write", path))?;
    file.sync_data().map_err(FsError::on("sync", path))
}

/// Appends whole lines with one write. If the last line has no newline it is torn, and the write
/// begins with a newline. Removes the bytes of a failed write.
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
