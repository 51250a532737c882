//! Where a project is, and the names inside it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::fs::FsError;
use crate::world::World;

/// The folder of all missions, in the project's root.
pub(crate) const SPECS: &str = "kitty-specs";
/// The project's configuration.
pub(crate) const CONFIG: &str = ".kittify/config.yaml";

/// Why no project was found.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// Neither a project nor a git repository here or above.
    #[error("no spec-kitty project and no git repository at {}", directory.display())]
    NoProject {
        /// Where the search began.
        directory: PathBuf,
    },
    /// The directory cannot be read.
    #[error(transparent)]
    Fs(#[from] FsError),
}

/// The project's root: the nearest folder from here upwards with a `.kittify/` or a `.git`; the
/// search never leaves a git repository. Outside git, the nearest folder with `kitty-specs/`.
/// Starts no process.
pub(crate) fn find_root(world: &World) -> Result<PathBuf, RootError> {
    let start =
        fs::canonicalize(world.directory()).map_err(FsError::on("enter", world.directory()))?;
    let marked = |folder: &&Path| folder.join(".kittify").is_dir() || folder.join(".git").exists();
    let root = start
        .ancestors()
        .find(marked)
        .or_else(|| start.ancestors().find(|folder| folder.join(SPECS).is_dir()));
    match root {
        Some(root) => Ok(root.to_owned()),
        None => Err(RootError::NoProject { directory: start }),
    }
}

/// A path below `root`, relative to it, with forward slashes, as JSON and messages show it.
pub(crate) fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}
