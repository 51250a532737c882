//! A sealed segment as a drain sees it (QUEUE §2.5): read as a stream, then removed, or replaced by
//! fewer of its lines. Only the holder of the drain lock has one.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Queue;
use super::drain_lock::DrainLock;
use super::folder::{self, Kind, TEMPORARY};
use super::lines::{self, Lines, MAX_LINE_BYTES};
use chrono::{DateTime, Utc};

use crate::fs::FsError;
use crate::world::World;

/// One sealed file.
#[derive(Debug)]
pub struct Segment {
    path: PathBuf,
}

impl Queue {
    /// The sealed segments that are not among `visited`, in the order of their names; they are
    /// then.
    pub fn segments(
        &self,
        _lock: &DrainLock,
        visited: &mut BTreeSet<PathBuf>,
    ) -> Result<Vec<Segment>, FsError> {
        let entries = folder::list(&self.folder)?.into_iter();
        let sealed = entries.filter(|entry| entry.kind == Kind::Sealed);
        Ok(sealed
            .map(|entry| entry.path)
            .filter(|path| visited.insert(path.clone()))
            .map(|path| Segment { path })
            .collect())
    }

    /// Removes what crashes left more than an hour ago.
    pub fn remove_leftovers(&self, world: &World, _lock: &DrainLock) {
        const OLD: Duration = Duration::from_hours(1);
        let entries = folder::list(&self.folder).unwrap_or_default();
        for entry in entries.iter().filter(|e| e.kind == Kind::Temporary) {
            let modified = fs::symlink_metadata(&entry.path).and_then(|found| found.modified());
            let is_old = modified.is_ok_and(|at| DateTime::<Utc>::from(at) + OLD < world.now());
            if is_old {
                drop(fs::remove_file(&entry.path));
            }
        }
    }
}

impl Segment {
    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its lines.
    pub fn lines(&self) -> Result<Lines, FsError> {
        let (file, _) = folder::open_private(&self.path, OpenOptions::new().read(true))?;
        Ok(Lines::of(file, MAX_LINE_BYTES))
    }

    /// Removes it: every line of it was answered for. A power cut may bring it back, which is a
    /// second delivery and no loss, so nothing is synced.
    pub fn acknowledge(&self) -> Result<(), FsError> {
        fs::remove_file(&self.path).map_err(FsError::on("remove", &self.path))
    }

    /// Replaces it by the lines that are still to be kept.
    pub fn shrink(&self, keep: impl Fn(usize) -> bool) -> Result<(), FsError> {
        shrink(&self.path, keep)
    }

    /// Sets a second name on its bytes, so that a line that fits no dead letter outlives it.
    pub fn preserve(&self) -> Result<PathBuf, FsError> {
        let second = self.path.with_added_extension("damaged");
        match fs::hard_link(&self.path, &second) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(FsError::on("set aside", &self.path)(error))
            }
            _ => Ok(second),
        }
    }
}

/// Atomically replaces a file by some of its lines, durable before they take its name.
pub(super) fn shrink(path: &Path, keep: impl Fn(usize) -> bool) -> Result<(), FsError> {
    let temporary = path.with_added_extension(TEMPORARY.trim_start_matches('.'));
    let written = || {
        drop(fs::remove_file(&temporary));
        let (from, _) = folder::open(path, OpenOptions::new().read(true))?;
        let options = &mut OpenOptions::new();
        let (to, _) = folder::open(&temporary, options.write(true).create_new(true))?;
        let mut to = BufWriter::with_capacity(64 * 1024, to);
        lines::copy(from, &mut to, keep)
            .and_then(|()| to.flush())
            .and_then(|()| to.get_ref().sync_data())
            .map_err(FsError::on("write", &temporary))?;
        fs::rename(&temporary, path).map_err(FsError::on("replace", path))
    };
    written().inspect_err(|_| drop(fs::remove_file(&temporary)))
}
