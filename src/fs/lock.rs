//! Advisory locks (flock) on separate lock files. The operating system releases a lock when its
//! process ends, so a lock is never stale. Lock files are never removed.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::FsError;
use crate::world::World;

/// How long to wait for a lock in silence.
const PATIENCE: Duration = Duration::from_secs(1);

/// An acquired lock; dropping it releases it.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Why a lock could not be acquired.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process kept the lock for the whole wait.
    #[error("another spec-kitty process holds {}", path.display())]
    Busy { path: PathBuf },
    /// The lock file could not be opened or locked.
    #[error(transparent)]
    File(#[from] FsError),
}

/// Whether locking failed because the file system does not support locks, as some network file
/// systems do not.
pub(crate) fn is_unsupported(error: &FsError) -> bool {
    use rustix::io::Errno;
    let code = error.source.raw_os_error();
    [Errno::NOLCK, Errno::NOTSUP, Errno::NOSYS]
        .iter()
        .any(|errno| code == Some(errno.raw_os_error()))
}

/// Acquires the lock if it is free; `None` if another process holds it.
pub(crate) fn try_acquire(path: &Path) -> Result<Option<Lock>, FsError> {
    let file = open(path)?;
    Ok(try_lock(&file, path)?.then_some(Lock { _file: file }))
}

/// Acquires the lock within `wait`, trying again after 50 µs, then less often, at least every 5 ms.
/// The limit keeps a suspended process from blocking all others.
pub(crate) fn acquire(world: &World, path: &Path, wait: Duration) -> Result<Lock, LockError> {
    let file = open(path)?;
    let start = world.instant();
    let mut is_silent = true;
    let mut pause = Duration::from_micros(50);
    while !try_lock(&file, path)? {
        let waited = world.instant().duration_since(start);
        if waited >= wait {
            let path = path.to_owned();
            return Err(LockError::Busy { path });
        }
        if waited >= PATIENCE && std::mem::take(&mut is_silent) {
            let path = path.display();
            world.announce(&format!(
                "waiting for another spec-kitty process, which holds {path}"
            ));
        }
        world.sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    }
    Ok(Lock { _file: file })
}

/// Like [`acquire`], but `None` if the file system does not support locks.
pub(crate) fn acquire_if_supported(
    world: &World,
    path: &Path,
    wait: Duration,
) -> Result<Option<Lock>, LockError> {
    match acquire(world, path, wait) {
        Err(LockError::File(error)) if is_unsupported(&error) => Ok(None),
        acquired => acquired.map(Some),
    }
}

#[expect(clippy::disallowed_methods, reason = "all file locks are taken here")]
fn try_lock(file: &File, path: &Path) -> Result<bool, FsError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(FsError::on("lock", path)(error)),
    }
}

fn open(path: &Path) -> Result<File, FsError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)
        .map_err(FsError::on("open the lock", path))
}
