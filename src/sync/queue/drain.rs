//! What a delivery does to the files of a queue: lock, seal, remove and shrink.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Queue;
use super::append::LOCK_WAIT;
use super::folder::{self, ACTIVE, DRAIN_LOCK, FileKind, LOCK, TEMPORARY};
use super::lines::{self, Lines, MAX_LINE_BYTES};
use crate::fs::FsError;
use crate::fs::lock::{self, Lock, LockError};
use crate::world::World;

/// The exclusive right to remove, replace and reject lines.
#[derive(Debug)]
pub(crate) struct DrainLock {
    _lock: Option<Lock>,
}

/// A sealed segment. Only the owner of the drain lock has one.
#[derive(Debug)]
pub(crate) struct Segment {
    path: PathBuf,
}

impl Queue {
    /// Acquires the drain lock; `None` if another process holds it. On a file system without locks it
    /// always succeeds: two deliveries at once cause duplicates, but lose no event.
    pub(crate) fn lock_drain(&self, world: &World) -> Result<Option<DrainLock>, FsError> {
        folder::prepare(&self.folder)?;
        let path = self.path(DRAIN_LOCK);
        let lock = match lock::try_acquire(&path) {
            Ok(None) => return Ok(None),
            Err(error) if !lock::is_unsupported(&error) => return Err(error),
            lock => lock.ok().flatten(),
        };
        if lock.is_some() {
            // Only for people who want to know which process holds the lock.
            let note = format!("{} {}\n", std::process::id(), world.now().to_rfc3339());
            let options = &mut OpenOptions::new();
            if let Ok((mut file, _)) =
                folder::open_private(&path, options.write(true).truncate(true))
            {
                drop(file.write_all(note.as_bytes()));
            }
        }
        Ok(Some(DrainLock { _lock: lock }))
    }

    /// Turns the active file into a sealed segment if it contains anything.
    pub(crate) fn seal(&self, world: &World, _lock: &DrainLock) -> Result<(), LockError> {
        let path = self.path(ACTIVE);
        let has_lines = || match fs::symlink_metadata(&path) {
            Ok(found) => Ok(found.is_file() && found.len() > 0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(FsError::on("look at", &path)(error)),
        };
        if has_lines()? {
            let _lock = lock::acquire_if_supported(world, &self.path(LOCK), LOCK_WAIT)?;
            if has_lines()? {
                self.rename_active(world)?;
            }
        }
        Ok(())
    }

    /// The sealed segments that are not in `visited`, sorted by name. Adds them to `visited`.
    pub(crate) fn segments(
        &self,
        _lock: &DrainLock,
        visited: &mut BTreeSet<PathBuf>,
    ) -> Result<Vec<Segment>, FsError> {
        let mut files = folder::list(&self.folder)?;
        files.retain(|file| file.kind == FileKind::Sealed && visited.insert(file.path.clone()));
        let paths = files.into_iter().map(|file| file.path);
        Ok(paths.map(|path| Segment { path }).collect())
    }

    /// Removes temporary files that are older than an hour.
    pub(crate) fn remove_leftovers(&self, world: &World, _lock: &DrainLock) {
        const OLD: Duration = Duration::from_hours(1);
        let files = folder::list(&self.folder).unwrap_or_default();
        for file in files.iter().filter(|file| file.kind == FileKind::Temporary) {
            let modified = fs::symlink_metadata(&file.path).and_then(|found| found.modified());
            if modified.is_ok_and(|time| DateTime::<Utc>::from(time) + OLD < world.now()) {
                drop(fs::remove_file(&file.path));
            }
        }
    }
}

impl Segment {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn lines(&self) -> Result<Lines, FsError> {
        let (file, _) = folder::open_private(&self.path, OpenOptions::new().read(true))?;
        Ok(Lines::of(file, MAX_LINE_BYTES))
    }

    /// Removes the segment, which acknowledges all its lines. Needs no sync: if a power cut restores
    /// the file, its events are sent again.
    pub(crate) fn acknowledge(&self) -> Result<(), FsError> {
        fs::remove_file(&self.path).map_err(FsError::on("remove", &self.path))
    }

    /// Replaces the segment by the lines for whose index `keep` returns true.
    pub(crate) fn shrink(&self, keep: impl Fn(usize) -> bool) -> Result<(), FsError> {
        shrink(&self.path, keep)
    }

    /// Hard-links the segment as `*.damaged`, so an over-long line survives its removal.
    pub(crate) fn preserve(&self) -> Result<PathBuf, FsError> {
        let link = self.path.with_added_extension("damaged");
        match fs::hard_link(&self.path, &link) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(FsError::on("set aside", &self.path)(error))
            }
            _ => Ok(link),
        }
    }
}

/// Atomically replaces a file by some of its lines. Syncs the new file before the rename.
pub(super) fn shrink(path: &Path, keep: impl Fn(usize) -> bool) -> Result<(), FsError> {
    let temporary = path.with_added_extension(TEMPORARY.trim_start_matches('.'));
    let written = || {
        drop(fs::remove_file(&temporary));
        let (from, _) = folder::open_to_read(path)?;
        let (to, _) = folder::open(&temporary, OpenOptions::new().write(true).create_new(true))?;
        let mut to = BufWriter::with_capacity(64 * 1024, to);
        lines::copy(from, &mut to, keep)
            .and_then(|()| to.flush())
            .and_then(|()| to.get_ref().sync_data())
            .map_err(FsError::on("write", &temporary))?;
        fs::rename(&temporary, path).map_err(FsError::on("replace", path))
    };
    written().inspect_err(|_| drop(fs::remove_file(&temporary)))
}
