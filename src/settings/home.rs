//! Whether the state directory can be written. Commands that record something find this out before
//! they begin.

use std::io;
use std::path::PathBuf;

use crate::fs::can_write_private_directory;
use crate::world::World;

/// Why nothing can be recorded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HomeError {
    #[error("there is no home folder: neither SPEC_KITTY_HOME nor HOME is set")]
    Unset,
    #[error("the state directory {} is not writable", path.display())]
    NotWritable { path: PathBuf, source: io::Error },
}

/// Checks without a trace that the state directory can be written, or created.
pub(crate) fn require_writable(world: &World) -> Result<(), HomeError> {
    if !world.has_home() {
        return Err(HomeError::Unset);
    }
    let path = world.state_directory();
    can_write_private_directory(&path).map_err(|source| HomeError::NotWritable { path, source })
}
