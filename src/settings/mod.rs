//! `~/.spec-kitty/config.toml`: what the user set once for all projects.

pub(crate) mod toml_file;

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::fs::FsError;
use crate::world::World;

/// The user's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct UserConfig {
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
pub(crate) fn load(world: &World) -> Result<UserConfig, UserConfigError> {
    let path = world.state_directory().join("config.toml");
    match toml_file::read(&path)? {
        None => Ok(UserConfig::default()),
        Some(table) => table
            .and_then(|table| settings(&table))
            .map_err(|problem| broken(&path, problem)),
    }
}

fn settings(table: &Table) -> Result<UserConfig, String> {
    let max_queue_size = match toml_file::value(table, "sync", "max_queue_size")? {
        None => None,
        Some(Value::Integer(number)) if *number >= 0 => Some(number.unsigned_abs()),
        Some(_) => return Err("`sync.max_queue_size` is not a number of events".to_owned()),
    };
    Ok(UserConfig {
        server_url: toml_file::string(table, "sync", "server_url")?,
        max_queue_size,
    })
}

fn broken(path: &Path, problem: String) -> UserConfigError {
    UserConfigError::Broken {
        path: path.to_owned(),
        problem,
    }
}
