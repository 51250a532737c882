//! The credentials of connections, in files outside of the database.

use std::path::{Path, PathBuf};

use crate::fs::replace::{Mode, replace};
use crate::fs::{FsError, ensure_private_directory, read_bounded};
use crate::secret::Secret;

/// The longest credential.
const MAX_BYTES: u64 = 16 * 1024;

/// The file of a connection whose credential was given on standard input.
pub(super) fn path(data: &Path, connection: &str) -> PathBuf {
    folder(data).join(format!("{connection}.token"))
}

fn folder(data: &Path) -> PathBuf {
    data.join("connections")
}

/// Stores a credential; only its owner can read it.
pub(super) fn write(data: &Path, connection: &str, secret: &Secret) -> Result<(), FsError> {
    ensure_private_directory(&folder(data))?;
    let line = format!("{}\n", secret.expose());
    replace(&path(data, connection), line.as_bytes(), Mode::Private)?;
    Ok(())
}

/// Reads a credential from a file; space around it is ignored.
pub(super) fn read(path: &Path) -> Result<Secret, FsError> {
    let bytes = read_bounded(path, MAX_BYTES)?;
    let missing = || FsError::on("read", path)(std::io::ErrorKind::NotFound.into());
    let bytes = bytes.ok_or_else(missing)?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    let invalid = || FsError::because("use", path, "not a credential: expected one line of ASCII");
    checked(&Secret::new(text)).ok_or_else(invalid)
}

/// The credential without space around it, if it is one line of visible ASCII.
pub(super) fn checked(secret: &Secret) -> Option<Secret> {
    let text = secret.expose().trim();
    let is_valid = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_valid.then(|| Secret::new(text))
}

/// Removes the file of a connection, if there is one.
pub(super) fn remove(data: &Path, connection: &str) -> Result<(), FsError> {
    let path = path(data, connection);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(FsError::on("remove", &path)(error))
        }
        _ => Ok(()),
    }
}
