//! The store, for the commands that fill it.

use std::path::Path;

use tokio::runtime::{Builder, Runtime};

use super::store::{Added, Counts, Mapped, Store, Ticket};
use super::{ControlPlaneError, password};
use crate::secret::Secret;
use crate::wire::Provider;
use crate::world::World;

/// An open store. Safe to use while a server has the same one open.
#[derive(Debug)]
pub(crate) struct Administration<'a> {
    world: &'a World,
    runtime: Runtime,
    store: Store,
}

impl<'a> Administration<'a> {
    /// Opens the store in a folder, making it on first use.
    pub(crate) fn open(world: &'a World, data: &Path) -> Result<Self, ControlPlaneError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(ControlPlaneError::Runtime)?;
        let store = runtime.block_on(Store::open(world, data))?;
        Ok(Self {
            world,
            runtime,
            store,
        })
    }

    /// Adds a user to a team, with links to providers; one who is there gets the new password.
    pub(crate) fn add_user(
        &self,
        name: &str,
        team: &str,
        password: &Secret,
        links: &[Provider],
    ) -> Result<Added, ControlPlaneError> {
        check_name("the user's name", name)?;
        check_name("the team", team)?;
        if password.is_empty() {
            return Err(ControlPlaneError::BadName("the password"));
        }
        let hash = password::hash(self.world, password)?;
        let adding = self
            .store
            .add_user(name, &hash, team, links, self.world.now());
        Ok(self.runtime.block_on(adding)?)
    }

    /// The providers a user may act for.
    pub(crate) fn links_of(&self, name: &str) -> Result<Vec<String>, ControlPlaneError> {
        Ok(self.runtime.block_on(self.store.links_of(name))?)
    }

    /// Says which tracker resource a project's tickets are in.
    pub(crate) fn map_project(
        &self,
        slug: &str,
        provider: Provider,
        resource_type: &str,
        resource_id: &str,
    ) -> Result<Mapped, ControlPlaneError> {
        check_name("the project's slug", slug)?;
        check_name("the resource type", resource_type)?;
        check_name("the resource id", resource_id)?;
        let binding_ref = self.world.random_uuid()?.to_string();
        let resource = (resource_type, resource_id);
        let mapping = self
            .store
            .map_project(slug, provider, resource, &binding_ref);
        Ok(self.runtime.block_on(mapping)?)
    }

    /// Adds or renews the tickets of a document, all or none; how many they are.
    pub(crate) fn import_tickets(&self, document: &[u8]) -> Result<usize, ControlPlaneError> {
        let tickets: Vec<Ticket> =
            serde_json::from_slice(document).map_err(ControlPlaneError::TicketsUnreadable)?;
        for (index, ticket) in tickets.iter().enumerate() {
            ticket
                .check()
                .map_err(|source| ControlPlaneError::TicketRefused { index, source })?;
        }
        self.runtime.block_on(self.store.import_tickets(&tickets))?;
        Ok(tickets.len())
    }

    /// How much of everything there is.
    pub(crate) fn counts(&self) -> Result<Counts, ControlPlaneError> {
        Ok(self.runtime.block_on(self.store.counts(self.world.now()))?)
    }

    /// Closes the store.
    pub(crate) fn close(self) {
        self.runtime.block_on(self.store.close());
    }
}

fn check_name(what: &'static str, name: &str) -> Result<(), ControlPlaneError> {
    let sensible = (1..=255).contains(&name.chars().count())
        && name.trim() == name
        && !name.chars().any(char::is_control);
    if sensible {
        Ok(())
    } else {
        Err(ControlPlaneError::BadName(what))
    }
}
