//! The state directory `~/.spec-kitty`, and its `config.toml`: the user's settings for all projects.

pub(crate) mod home;
pub(crate) mod server;
pub(crate) mod toml_file;

use std::path::PathBuf;

use toml::{Table, Value};

use crate::fs::FsError;
use crate::world::World;

/// The user's settings.
#[derive(Debug, Default)]
pub(crate) struct UserConfig {
    /// `[sync] server_url`.
    pub server_url: Option<String>,
    /// `[sync] max_queue_size`: commands warn from this number of queued events on.
    pub max_queue_size: Option<u64>,
    /// `[sync] deliver = "after"`: commands that record events deliver them.
    pub delivers_after_commands: bool,
}

/// A `config.toml` that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UserConfigError {
    /// The file breaks the format.
    #[error("invalid settings in {}: {problem}", path.display())]
    Broken { path: PathBuf, problem: String },
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FsError),
}

/// Reads the settings. All are unset if the file is missing.
pub(crate) fn load(world: &World) -> Result<UserConfig, UserConfigError> {
    let path = path(world);
    let table = toml_file::read(&path)?.unwrap_or_else(|| Ok(Table::new()));
    let settings = table.and_then(|table| settings(&table));
    settings.map_err(|problem| UserConfigError::Broken { path, problem })
}

fn path(world: &World) -> PathBuf {
    world.state_directory().join("config.toml")
}

fn settings(table: &Table) -> Result<UserConfig, String> {
    let max_queue_size = match toml_file::value(table, "sync", "max_queue_size")? {
        None => None,
        Some(Value::Integer(number)) if *number >= 0 => Some(number.unsigned_abs()),
        Some(_) => return Err("`sync.max_queue_size` is not a number of events".to_owned()),
    };
    let deliver = toml_file::string(table, "sync", "deliver")?;
    if deliver.as_deref().is_some_and(|when| when != "after") {
        return Err("`sync.deliver` is not \"after\"".to_owned());
    }
    Ok(UserConfig {
        server_url: toml_file::string(table, "sync", "server_url")?,
        max_queue_size,
        delivers_after_commands: deliver.is_some(),
    })
}
