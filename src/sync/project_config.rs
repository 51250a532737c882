//! The project's configuration file, `.kittify/config.yaml`: reading it, and editing one block of it.

use std::path::{Path, PathBuf};

use crate::fs::FsError;
use crate::fs::lock::LockError;

/// Where the file lies, from the project's root.
pub const CONFIG_FILE: &str = ".kittify/config.yaml";

/// Why the configuration could not be read or changed. Every variant names the file.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It could not be read or written, or is far too large.
    #[error(transparent)]
    File(#[from] FsError),
    /// It breaks a rule.
    #[error("{} {rule}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// How it is broken.
        rule: String,
    },
    /// The lock around a change was not had.
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// The path of the file in this project.
pub fn path(root: &Path) -> PathBuf {
    root.join(CONFIG_FILE)
}
