//! The store, for the commands that fill it.

use std::path::Path;

use super::ControlPlaneError;
use crate::secret::Secret;
use crate::wire::Provider;
use crate::world::World;

/// An open store. Safe to use while a server has the same one open.
#[derive(Debug)]
pub struct Administration {}

impl Administration {
    /// Opens the store in a folder, making it on first use.
    pub fn open(_world: &World, _data: &Path) -> Result<Self, ControlPlaneError> {
        Ok(Self {})
    }

    /// Adds a user to a team, with links to providers.
    pub fn add_user(
        &self,
        _name: &str,
        _team: &str,
        _password: &Secret,
        _links: &[Provider],
    ) -> Result<(), ControlPlaneError> {
        Ok(())
    }

    /// Says which tracker resource a project's tickets are in.
    pub fn map_project(
        &self,
        _slug: &str,
        _provider: Provider,
        _resource_type: &str,
        _resource_id: &str,
    ) -> Result<(), ControlPlaneError> {
        Ok(())
    }

    /// Adds or renews the tickets of a document; how many there were.
    pub fn import_tickets(&self, _document: &[u8]) -> Result<u64, ControlPlaneError> {
        Ok(0)
    }
}
