//! Replaces a file atomically and durably: a reader, also after a crash, sees either the old file
//! or the new one. Mode, owner and symbolic links survive.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{FsError, sync_directory};

/// The permissions of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// 0600, also if the existing file has wider permissions.
    Private,
    /// Those of the existing file, else 0666 minus the umask.
    Shared,
}

/// Whether the file changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// The file has the new bytes, and they are durable.
    Written,
    /// The file held exactly these bytes before.
    Unchanged,
}

/// Replaces the file at `path`, or creates it: writes a temporary file in the same folder, syncs it,
/// renames it over the target and syncs the folder. Equal bytes change nothing.
///
/// The caller holds the lock of the file. A temporary file with the same prefix therefore belongs to
/// a killed process and is removed.
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: Mode) -> Result<Replaced, FsError> {
    let target = resolve(path)?;
    let existing = match fs::symlink_metadata(&target) {
        Ok(found) if found.is_file() => Some(found),
        Ok(_) => return Err(FsError::because("replace", &target, "not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(FsError::on("replace", &target)(error)),
    };
    if let Some(found) = &existing {
        let narrow_enough = mode == Mode::Shared || found.mode() & 0o077 == 0;
        if narrow_enough && found.len() == bytes.len() as u64 && holds(&target, bytes) {
            return Ok(Replaced::Unchanged);
        }
    }
    let folder = folder_of(&target);
    remove_temporaries(folder, &target);
    let temporary = create(folder, &target, mode)
        .map_err(FsError::on("create a temporary file for", &target))?;
    fill(temporary.as_file(), bytes, existing.as_ref(), mode)
        .map_err(FsError::on("write", temporary.path()))?;
    temporary
        .persist(&target)
        .map_err(|failed| FsError::on("replace", &target)(failed.error))?;
    sync_directory(folder)?;
    Ok(Replaced::Written)
}

/// Follows symbolic links to the file they point to, which need not exist.
fn resolve(path: &Path) -> Result<PathBuf, FsError> {
    const MAX_LINKS: usize = 40;
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = folder_of(&target).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(FsError::because("follow", path, "too many symbolic links"))
}

fn folder_of(target: &Path) -> &Path {
    target.parent().unwrap_or(Path::new("/"))
}

fn holds(path: &Path, bytes: &[u8]) -> bool {
    let mut found = Vec::with_capacity(bytes.len());
    let limit = bytes.len() as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut found))
        .is_ok()
        && found == bytes
}

/// Removes the temporary files that killed processes left next to a file. The caller holds the
/// file's lock.
pub(crate) fn remove_leftovers(path: &Path) {
    if let Ok(target) = resolve(path) {
        remove_temporaries(folder_of(&target), &target);
    }
}

/// Ignores errors: a temporary file that remains does no harm.
fn remove_temporaries(folder: &Path, target: &Path) {
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

/// Temporary files are hidden and carry the name of their target.
fn temporary_prefix(target: &Path) -> String {
    let name = target.file_name().unwrap_or_default();
    format!(".{}.", name.to_string_lossy())
}

fn create(folder: &Path, target: &Path, mode: Mode) -> io::Result<NamedTempFile> {
    let bits = if mode == Mode::Private { 0o600 } else { 0o666 };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(bits);
    tempfile::Builder::new()
        .prefix(&temporary_prefix(target))
        .suffix(TEMPORARY_SUFFIX)
        .make_in(folder, |path| options.open(path))
}

/// Gives the new file the mode and owner of the old one, then its content.
fn fill(mut file: &File, bytes: &[u8], old: Option<&Metadata>, mode: Mode) -> io::Result<()> {
    if let Some(old) = old {
        let bits = match mode {
            Mode::Private => 0o600,
            Mode::Shared => old.mode() & 0o7777,
        };
        file.set_permissions(Permissions::from_mode(bits))?;
        let new = file.metadata()?;
        if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
            // Only a privileged user can change the owner; for all others the file becomes theirs.
            drop(fchown(file, Some(old.uid()), Some(old.gid())));
        }
    }
    file.write_all(bytes)?;
    file.sync_all()
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
    fn mode_and_link_survive_and_no_other_file_remains() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("real.json");
        let link = folder.path().join("link.json");
        assert_eq!(
            replace(&file, b"one", Mode::Shared).unwrap(),
            Replaced::Written
        );
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
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
    fn temporary_files_of_killed_processes_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        File::create(folder.path().join(".f.Ab12Cd.tmp")).unwrap();
        File::create(folder.path().join(".other.Ab12Cd.tmp")).unwrap();
        replace(&file, b"x", Mode::Shared).unwrap();
        assert_eq!(names(folder.path()), [".other.Ab12Cd.tmp", "f"]);
    }

    #[test]
    fn equal_bytes_change_nothing() {
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
        fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        replace(&file, b"x", Mode::Private).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_folder_is_not_replaced_and_no_other_file_remains() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("f")).unwrap();
        assert!(replace(&folder.path().join("f"), b"x", Mode::Shared).is_err());
        assert_eq!(names(folder.path()), ["f"]);
    }

    #[test]
    fn a_cycle_of_links_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("b", folder.path().join("a")).unwrap();
        std::os::unix::fs::symlink("a", folder.path().join("b")).unwrap();
        assert!(replace(&folder.path().join("a"), b"x", Mode::Shared).is_err());
    }
}
