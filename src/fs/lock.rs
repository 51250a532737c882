//! Advisory locks on files of their own (flock). A lock dies with its process, so none is ever
//! stale; the lock file is never removed (QUEUE §2.2).

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use super::FsError;
use crate::world::World;

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why a lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process held it for the whole wait.
    #[error("another spec-kitty process holds {}", path.display())]
    Busy {
        /// The lock file.
        path: std::path::PathBuf,
    },
    /// The lock file could not be opened or locked at all.
    #[error(transparent)]
    File(#[from] FsError),
}

/// Whether a lock failed because the file system knows no locks at all, as some network mounts.
pub(crate) fn is_unsupported(error: &FsError) -> bool {
    use rustix::io::Errno;
    let code = error.source.raw_os_error();
    [Errno::NOLCK, Errno::NOTSUP, Errno::NOSYS]
        .iter()
        .any(|errno| code == Some(errno.raw_os_error()))
}

/// Takes the lock if nobody has it; `None` where somebody does.
pub(crate) fn try_acquire(path: &Path) -> Result<Option<Lock>, FsError> {
    let file = open(path)?;
    match try_lock(&file) {
        Ok(()) => Ok(Some(Lock { _file: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(FsError::on("lock", path)(error)),
    }
}

/// Takes the lock, waiting at most `wait`, with back-off from 50 µs to 5 ms: a suspended holder
/// must not hang every other process.
pub(crate) fn acquire(world: &World, path: &Path, wait: Duration) -> Result<Lock, LockError> {
    let file = open(path)?;
    let end = world.instant() + wait;
    let mut pause = Duration::from_micros(50);
    loop {
        match try_lock(&file) {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(TryLockError::Error(error)) => return Err(FsError::on("lock", path)(error).into()),
            Err(TryLockError::WouldBlock) if world.instant() >= end => {
                return Err(LockError::Busy {
                    path: path.to_owned(),
                });
            }
            Err(TryLockError::WouldBlock) => {
                world.sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(5));
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one home of file locks")]
fn try_lock(file: &File) -> Result<(), TryLockError> {
    file.try_lock()
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
