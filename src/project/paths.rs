//! Finds the root of a project, and names its folders.

use std::fs;
use std::path::{Path, PathBuf};

use crate::fs::FsError;
use crate::world::World;

/// The folder of all missions in the root.
pub(crate) const SPECS: &str = "kitty-specs";

/// Why no project was found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RootError {
    /// There is no project and no git repository in the folder or above it.
    #[error("no spec-kitty project and no git repository at {}", directory.display())]
    NoProject { directory: PathBuf },
    #[error(transparent)]
    Fs(#[from] FsError),
}

/// The root of the current project: the nearest folder upwards with `.kittify/` or `.git`, or outside
/// git the nearest folder with `kitty-specs/`. Starts no process.
pub(crate) fn find_root(world: &World) -> Result<PathBuf, RootError> {
    let start =
        fs::canonicalize(world.directory()).map_err(FsError::on("enter", world.directory()))?;
    let marked = |folder: &&Path| folder.join(".kittify").is_dir() || folder.join(".git").exists();
    let root = start
        .ancestors()
        .find(marked)
        .or_else(|| start.ancestors().find(|folder| folder.join(SPECS).is_dir()))
        .map(Path::to_owned);
    root.ok_or(RootError::NoProject { directory: start })
}

/// A path relative to `root` with forward slashes, for JSON and messages.
pub(crate) fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}
