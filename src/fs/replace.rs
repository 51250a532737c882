//! Replaces a file as a whole (QUEUE §4.1): a reader at any instant, and after any crash, sees the
//! old file or the new one. Mode, owner and symbolic link survive.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::{FsError, sync_directory};

/// The permission bits of a file that is made anew; one that exists keeps its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// 0600, also where the file already had wider ones.
    Private,
    /// 0666 less the umask, as any file of the user's.
    Shared,
}

/// Whether anything was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// The file has new bytes, and they are durable.
    Written,
    /// The file held exactly these bytes already.
    Unchanged,
}

/// Puts `bytes` in place of the file at `path`, durably: temporary file beside the target, write,
/// fsync, rename, fsync of the folder. Equal bytes are left alone.
///
/// Whoever calls this holds the lock of the file, so a temporary of the same file was left by a
/// process that was killed, and is removed.
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: Mode) -> Result<Replaced, FsError> {
    let target = resolve(path)?;
    let existing = match fs::symlink_metadata(&target) {
        Ok(found) if found.is_file() => Some(found),
        Ok(_) => {
            return Err(FsError::on("replace", &target)(io::Error::other(
                "not a regular file",
            )));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(FsError::on("replace", &target)(error)),
    };
    if let Some(found) = &existing {
        let narrow_enough = mode == Mode::Shared || found.mode() & 0o077 == 0;
        if narrow_enough && found.len() == bytes.len() as u64 && holds(&target, bytes) {
            return Ok(Replaced::Unchanged);
        }
    }
    let folder = target.parent().unwrap_or(Path::new("/"));
    remove_beside(folder, &target);
    let temporary = Temporary::create(&target, mode)?;
    temporary.fill(bytes, existing.as_ref(), mode)?;
    fs::rename(&temporary.path, &target).map_err(FsError::on("replace", &target))?;
    temporary.keep();
    sync_directory(folder)?;
    Ok(Replaced::Written)
}

/// Follows symbolic links to the file they name, which may not exist yet.
fn resolve(path: &Path) -> Result<PathBuf, FsError> {
    const MOST_LINKS: usize = 40;
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("/")).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(FsError::on("follow", path)(io::Error::other(
        "too many symbolic links",
    )))
}

fn holds(path: &Path, bytes: &[u8]) -> bool {
    let mut found = Vec::with_capacity(bytes.len());
    let limit = bytes.len() as u64 + 1;
    fs::File::open(path)
        .and_then(|f| f.take(limit).read_to_end(&mut found))
        .is_ok()
        && found == bytes
}

/// Removes what killed writers of a file left beside it. For whoever holds the file's lock.
pub(crate) fn remove_leftovers(path: &Path) {
    if let Ok(target) = resolve(path) {
        remove_beside(target.parent().unwrap_or(Path::new("/")), &target);
    }
}

/// Best effort: one that stays does no harm but to tidiness.
fn remove_beside(folder: &Path, target: &Path) {
    let prefix = temporary_prefix(target);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        if name.starts_with(prefix.as_bytes()) && name.ends_with(TEMPORARY_SUFFIX.as_bytes()) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

const TEMPORARY_SUFFIX: &str = ".tmp";

/// Temporaries are hidden and named after their target.
fn temporary_prefix(target: &Path) -> String {
    format!(
        ".{}.",
        target.file_name().unwrap_or_default().to_string_lossy()
    )
}

/// A file beside the target that is removed unless it is kept.
struct Temporary {
    path: PathBuf,
    file: fs::File,
    kept: std::cell::Cell<bool>,
}

impl Temporary {
    fn create(target: &Path, mode: Mode) -> Result<Self, FsError> {
        let folder = target.parent().unwrap_or(Path::new("/"));
        let bits = if mode == Mode::Private { 0o600 } else { 0o666 };
        let made = tempfile::Builder::new()
            .prefix(&temporary_prefix(target))
            .suffix(TEMPORARY_SUFFIX)
            .make_in(folder, |path| {
                OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(bits)
                    .open(path)
            });
        let (file, path) = made
            .map_err(FsError::on("write beside", target))?
            .into_parts();
        // From here on we remove the name ourselves, so that a rename cannot race with a drop.
        let path = path
            .keep()
            .map_err(|kept| FsError::on("write beside", target)(kept.error))?;
        Ok(Self {
            path,
            file,
            kept: std::cell::Cell::new(false),
        })
    }

    fn fill(&self, bytes: &[u8], old: Option<&fs::Metadata>, mode: Mode) -> Result<(), FsError> {
        let failed = || FsError::on("write", &self.path);
        if let Some(old) = old {
            let bits = if mode == Mode::Private {
                0o600
            } else {
                old.mode() & 0o7777
            };
            self.file
                .set_permissions(fs::Permissions::from_mode(bits))
                .map_err(failed())?;
            let new = self.file.metadata().map_err(failed())?;
            if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
                // Only a privileged user can give a file away; for others the old owner is lost.
                drop(std::os::unix::fs::fchown(
                    &self.file,
                    Some(old.uid()),
                    Some(old.gid()),
                ));
            }
        }
        (&self.file).write_all(bytes).map_err(failed())?;
        self.file.sync_all().map_err(failed())
    }

    fn keep(&self) {
        self.kept.set(true);
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.kept.get() {
            drop(fs::remove_file(&self.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn keeps_mode_and_link_and_leaves_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("real.json");
        let link = folder.path().join("link.json");
        assert_eq!(
            replace(&file, b"one", Mode::Shared).unwrap(),
            Replaced::Written
        );
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("real.json", &link).unwrap();
        assert_eq!(
            replace(&link, b"two", Mode::Shared).unwrap(),
            Replaced::Written
        );
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(names(folder.path()), ["link.json", "real.json"]);
    }

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        fs::File::create(folder.path().join(".f.Ab12Cd.tmp")).unwrap();
        fs::File::create(folder.path().join(".other.Ab12Cd.tmp")).unwrap();
        replace(&file, b"x", Mode::Shared).unwrap();
        assert_eq!(names(folder.path()), [".other.Ab12Cd.tmp", "f"]);
    }

    #[test]
    fn equal_bytes_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        replace(&file, b"same", Mode::Private).unwrap();
        let before = fs::metadata(&file).unwrap().ino();
        assert_eq!(
            replace(&file, b"same", Mode::Private).unwrap(),
            Replaced::Unchanged
        );
        assert_eq!(fs::metadata(&file).unwrap().ino(), before);
    }

    #[test]
    fn a_private_file_is_never_readable_by_others() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        replace(&file, b"x", Mode::Shared).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        replace(&file, b"x", Mode::Private).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_folder_in_its_place_is_refused_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("f")).unwrap();
        assert!(replace(&folder.path().join("f"), b"x", Mode::Shared).is_err());
        assert_eq!(names(folder.path()), ["f"]);
    }

    #[test]
    fn a_chain_of_links_without_end_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("b", folder.path().join("a")).unwrap();
        std::os::unix::fs::symlink("a", folder.path().join("b")).unwrap();
        assert!(replace(&folder.path().join("a"), b"x", Mode::Shared).is_err());
    }
}
