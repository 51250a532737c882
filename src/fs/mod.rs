//! Files that must not be lost: atomic replacement, bounded reading, private folders, locks.

pub(crate) mod lock;
pub(crate) mod replace;
mod yaml;
pub(crate) mod yaml_block;
mod yaml_lines;

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// A file operation that failed: what was tried, and on which path.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}", path.display())]
pub struct FsError {
    /// A verb phrase: `read`, `write`, `create the folder`.
    pub action: &'static str,
    /// The file or folder it happened on.
    pub path: PathBuf,
    /// The operating system's reason.
    pub source: io::Error,
}

impl FsError {
    /// For `map_err`: `File::open(p).map_err(FsError::on("open", p))`.
    pub fn on(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self {
            action,
            path,
            source,
        }
    }

    /// Whether the change itself may have been made, and only its survival of a power cut is not
    /// known.
    pub fn is_after_the_change(&self) -> bool {
        self.action == SYNC_FOLDER
    }
}

/// What [`sync_directory`] does, for [`FsError::is_after_the_change`].
const SYNC_FOLDER: &str = "sync the folder";

/// Reads a whole file of at most `limit` bytes; `None` where there is none. Only a regular file
/// (or a link to one) is read, so that a pipe or device in its place cannot hang the command.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, FsError> {
    let refuse = |why: &str| FsError::on("read", path)(io::Error::other(why.to_owned()));
    match fs::metadata(path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Err(refuse("not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FsError::on("read", path)(error)),
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(FsError::on("read", path))?;
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(FsError::on("read", path))?;
    if bytes.len() as u64 > limit {
        return Err(refuse(&format!("larger than {limit} bytes")));
    }
    Ok(Some(bytes))
}

/// Makes a folder (and its parents) that only its owner can enter: mode 0700. One that exists and
/// is ours is tightened; one of another owner with group or world bits is refused
/// (QUEUE §2.11).
pub(crate) fn ensure_private_directory(path: &Path) -> Result<(), FsError> {
    if let Some(parent) = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        let mut builder = DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(parent);
        made.map_err(FsError::on("create the folder", parent))?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(FsError::on("create the folder", path)(error)),
    }
    let found = fs::metadata(path).map_err(FsError::on("look at", path))?;
    if !found.is_dir() {
        return Err(FsError::on("use", path)(io::Error::other("not a folder")));
    }
    require_private(path, &found, 0o700)
}

/// Demands that a file or folder is ours alone, tightening it to `mode` where we own it.
pub(crate) fn require_private(path: &Path, found: &fs::Metadata, mode: u32) -> Result<(), FsError> {
    if found.mode() & 0o077 == 0 {
        return Ok(());
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        let why = "others can read or write it and it is not ours to mend";
        return Err(FsError::on("trust", path)(io::Error::other(why)));
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(FsError::on("tighten", path))
}

/// Makes the names in a folder durable. A file system that cannot is not an error: there is
/// nothing better to do.
pub(crate) fn sync_directory(path: &Path) -> Result<(), FsError> {
    match File::open(path).and_then(|folder| folder.sync_all()) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        other => other.map_err(FsError::on(SYNC_FOLDER, path)),
    }
}
