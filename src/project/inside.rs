//! Which files belong to a project: those in its root and in no git folder, also behind links.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::fs::FsError;

/// Why a file is not one that the program reads or writes for a project.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    #[error("{} {why}", path.display())]
    Refused { path: PathBuf, why: &'static str },
    #[error(transparent)]
    Fs(#[from] FsError),
}

/// The path without links of a file of the project, which need not exist. Refuses one outside the
/// project or in a git folder, and a link to nothing.
pub(crate) fn real_path(root: &Path, path: &Path) -> Result<PathBuf, OutsideError> {
    let refused = |why| {
        let path = path.to_owned();
        Err(OutsideError::Refused { path, why })
    };
    match fs::canonicalize(path) {
        Ok(real) if contains(root, &real) => Ok(real),
        Ok(_) => refused("is a link to a place outside the project or in a git folder"),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FsError::on("read", path)(error).into())
        }
        Err(_) if path.is_symlink() => refused("is a link to a file that does not exist"),
        Err(_) if path == root => Ok(root.to_owned()),
        Err(_) => {
            let folder = real_path(root, path.parent().unwrap_or(root))?;
            Ok(folder.join(path.file_name().unwrap_or_default()))
        }
    }
}

/// Like [`real_path`], but the file itself must not be a link.
pub(crate) fn unlinked_path(root: &Path, path: &Path) -> Result<PathBuf, OutsideError> {
    if path.is_symlink() {
        let (path, why) = (path.to_owned(), "is a symbolic link");
        return Err(OutsideError::Refused { path, why });
    }
    real_path(root, path)
}

/// Whether a path without links is in the project and in no git folder.
pub(crate) fn contains(root: &Path, real: &Path) -> bool {
    let mut below_root = real.ancestors().take_while(|folder| *folder != root);
    real.starts_with(root) && !below_root.any(is_git_folder)
}

/// A git folder may have any name (`git init --separate-git-dir`), but always the same entries.
pub(crate) fn is_git_folder(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default();
    let entries = ["HEAD", "objects", "refs"];
    name.eq_ignore_ascii_case(".git") || entries.iter().all(|it| folder.join(it).exists())
}
