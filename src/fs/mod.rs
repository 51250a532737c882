//! Durable files: atomic replacement, bounded reads, private folders, locks, edits of YAML.

pub(crate) mod lock;
pub(crate) mod replace;
mod yaml;
pub(crate) mod yaml_block;
mod yaml_lines;

use std::fs::{self, DirBuilder, DirEntry, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// A failed file operation: what was tried, on which path, and the operating system's reason.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}", path.display())]
pub struct FsError {
    /// A verb phrase: `read`, `create the folder`.
    pub action: &'static str,
    pub path: PathBuf,
    pub source: io::Error,
}

impl FsError {
    /// For `map_err`: `File::open(path).map_err(FsError::on("open", path))`.
    pub fn on(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self {
            action,
            path,
            source,
        }
    }

    /// An error with a reason that does not come from the operating system.
    pub(crate) fn because(action: &'static str, path: &Path, reason: impl Into<String>) -> Self {
        Self::on(action, path)(io::Error::other(reason.into()))
    }

    /// Whether the file has its new content already, but that content may not survive a power cut.
    pub fn is_after_the_change(&self) -> bool {
        self.action == SYNC_FOLDER
    }
}

/// The action of [`sync_directory`], for [`FsError::is_after_the_change`].
const SYNC_FOLDER: &str = "sync the folder";

/// Reads a file of at most `limit` bytes; `None` if it does not exist. Refuses anything but a
/// regular file or a link to one, because a read from a pipe or a device could block.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, FsError> {
    read(path, limit, OFlags::empty())
}

/// Like [`read_bounded`], but does not follow a link.
pub(crate) fn read_unlinked(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, FsError> {
    read(path, limit, OFlags::NOFOLLOW)
}

fn read(path: &Path, limit: u64, flags: OFlags) -> Result<Option<Vec<u8>>, FsError> {
    let flags = flags | OFlags::NONBLOCK;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path);
    let file = match opened {
        Err(error) if is_absent(&error, path) => return Ok(None),
        opened => opened.map_err(FsError::on("read", path))?,
    };
    let found = file.metadata().map_err(FsError::on("read", path))?;
    if !found.is_file() {
        return Err(FsError::because("read", path, "not a regular file"));
    }
    // With room for the end of the file too, one read fills it and one more sees its end.
    let size = usize::try_from(found.len().min(limit)).unwrap_or(0);
    let mut bytes = Vec::with_capacity(size + 1);
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(FsError::on("read", path))?;
    if bytes.len() as u64 > limit {
        let reason = format!("larger than {limit} bytes");
        return Err(FsError::because("read", path, reason));
    }
    Ok(Some(bytes))
}

/// The entries of a folder sorted by path; empty if the folder does not exist.
pub(crate) fn entries(folder: &Path) -> Result<Vec<DirEntry>, FsError> {
    let listed = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    match listed {
        Ok(mut entries) => {
            entries.sort_by_cached_key(DirEntry::path);
            Ok(entries)
        }
        Err(error) if is_absent(&error, folder) => Ok(Vec::new()),
        Err(error) => Err(FsError::on("list the folder", folder)(error)),
    }
}

/// Whether this error means that the folder of the path does not exist, or nothing in it has the
/// name. A folder that is a file is another error, but not one below a file, such as a home below
/// `/dev/null`.
pub(crate) fn is_absent(error: &io::Error, path: &Path) -> bool {
    let has_folder = || {
        path.parent()
            .is_some_and(|it| fs::symlink_metadata(it).is_ok())
    };
    match error.kind() {
        io::ErrorKind::NotFound => true,
        io::ErrorKind::NotADirectory => !has_folder(),
        _ => false,
    }
}

/// Whether this user could create files in a private folder, or create the folder. Leaves nothing
/// behind.
pub(crate) fn can_write_private_directory(path: &Path) -> io::Result<()> {
    let found = path.ancestors().find(|it| fs::symlink_metadata(it).is_ok());
    let Some(nearest) = found else {
        return Err(io::ErrorKind::NotFound.into());
    };
    let found = fs::metadata(nearest)?;
    if !found.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    if nearest == path && is_open_and_foreign(&found) {
        return Err(io::Error::other(OPEN_AND_FOREIGN));
    }
    tempfile::tempfile_in(nearest).map(drop)
}

/// Creates a folder with mode 0700, and its parents. Removes the permissions of group and others
/// from an existing folder; refuses one with such permissions that belongs to another user.
pub(crate) fn ensure_private_directory(path: &Path) -> Result<(), FsError> {
    let builder = || {
        let mut builder = DirBuilder::new();
        builder.mode(0o700);
        builder
    };
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        let created = builder().recursive(true).create(parent);
        created.map_err(FsError::on("create the folder", parent))?;
    }
    match builder().create(path) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(FsError::on("create the folder", path)(error)),
    }
    let found = fs::metadata(path).map_err(FsError::on("look at", path))?;
    if !found.is_dir() {
        return Err(FsError::because("use", path, "not a folder"));
    }
    require_private(path, &found, 0o700)
}

/// Removes the permissions of group and others by setting `mode`. Fails if the file has such
/// permissions and belongs to another user.
pub(crate) fn require_private(path: &Path, found: &fs::Metadata, mode: u32) -> Result<(), FsError> {
    if found.mode() & 0o077 == 0 {
        return Ok(());
    }
    if is_open_and_foreign(found) {
        return Err(FsError::because("trust", path, OPEN_AND_FOREIGN));
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(FsError::on("tighten", path))
}

const OPEN_AND_FOREIGN: &str = "its permissions are too open, and it belongs to another user";

fn is_open_and_foreign(found: &fs::Metadata) -> bool {
    found.mode() & 0o077 != 0 && found.uid() != rustix::process::geteuid().as_raw()
}

/// Makes the names in a folder durable. Ignores file systems that do not support it.
pub(crate) fn sync_directory(path: &Path) -> Result<(), FsError> {
    match File::open(path).and_then(|folder| folder.sync_all()) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        other => other.map_err(FsError::on(SYNC_FOLDER, path)),
    }
}
