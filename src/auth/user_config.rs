//! `~/.spec-kitty/config.toml`: what the user set once for all projects.

use std::path::PathBuf;

use crate::fs::FsError;
use crate::world::World;

/// The user's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserConfig {
    /// `[sync] server_url`.
    pub server_url: Option<String>,
    /// `[sync] max_queue_size`: from how many events on a warning is due.
    pub max_queue_size: Option<u64>,
}

/// A `config.toml` that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UserConfigError {
    /// The file breaks the format.
    #[error("{} cannot be used: {problem}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        problem: String,
    },
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FsError),
}

/// Reads the settings; a missing file sets nothing.
pub fn load(_world: &World) -> Result<UserConfig, UserConfigError> {
    Ok(UserConfig::default())
}
