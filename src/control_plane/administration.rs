//! The store for `spec-kitty admin`, with blocking functions.

use std::path::Path;

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::store::{ImportedTicket, MappedProject, Store};
use super::{ControlPlaneError, password};
use crate::secret::Secret;
use crate::wire::Provider;
use crate::world::World;

/// An open store. A server can have the same store open.
#[derive(Debug)]
pub(crate) struct Administration<'a> {
    world: &'a World,
    runtime: Runtime,
    store: Store,
}

impl<'a> Administration<'a> {
    /// Opens the store in a folder, and creates it if it does not exist.
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

    /// Adds a user to a team and links them to providers, or updates an existing user. Returns
    /// whether the user is new.
    pub(crate) fn add_user(
        &self,
        name: &str,
        team: &str,
        password: &Secret,
        links: &[Provider],
    ) -> Result<bool, ControlPlaneError> {
        check_name("the user name", name)?;
        check_name("the team", team)?;
        if password.is_empty() {
            return Err(ControlPlaneError::BadName("the password"));
        }
        let hash = password::hash(password, self.world.try_random()?)?;
        let now = self.world.now();
        let adding = self.store.add_user(name, &hash, team, links, now);
        Ok(self.runtime.block_on(adding)?)
    }

    /// The providers that a user is linked to.
    pub(crate) fn links_of(&self, name: &str) -> Result<Vec<String>, ControlPlaneError> {
        Ok(self.runtime.block_on(self.store.links_of(name))?)
    }

    /// Maps a project to the tracker resource that contains its tickets.
    pub(crate) fn map_project(
        &self,
        slug: &str,
        provider: Provider,
        resource_type: &str,
        resource_id: &str,
    ) -> Result<MappedProject, ControlPlaneError> {
        check_name("the project slug", slug)?;
        check_name("the resource type", resource_type)?;
        check_name("the resource id", resource_id)?;
        let binding_ref = self.world.random_uuid()?.to_string();
        let (store, resource) = (&self.store, (resource_type, resource_id));
        let mapping = store.map_project(slug, provider, resource, &binding_ref);
        Ok(self.runtime.block_on(mapping)?)
    }

    /// Adds or updates the tickets of a JSON list, all or nothing. Returns their number.
    pub(crate) fn import_tickets(&self, document: &[u8]) -> Result<usize, ControlPlaneError> {
        let list: Vec<Value> =
            serde_json::from_slice(document).map_err(ControlPlaneError::TicketsUnreadable)?;
        let parse = |(index, ticket)| {
            ImportedTicket::from_json(ticket)
                .map_err(|source| ControlPlaneError::TicketRefused { index, source })
        };
        let tickets = list.iter().enumerate().map(parse);
        let tickets = tickets.collect::<Result<Vec<_>, _>>()?;
        self.runtime.block_on(self.store.import_tickets(&tickets))?;
        Ok(tickets.len())
    }

    /// The number of rows of each kind.
    pub(crate) fn counts(&self) -> Result<Vec<(String, i64)>, ControlPlaneError> {
        Ok(self.runtime.block_on(self.store.counts(self.world.now()))?)
    }

    pub(crate) fn close(self) {
        self.runtime.block_on(self.store.close());
    }
}

fn check_name(what: &'static str, name: &str) -> Result<(), ControlPlaneError> {
    let valid = (1..=255).contains(&name.chars().count())
        && name.trim() == name
        && !name.chars().any(char::is_control);
    valid.then_some(()).ok_or(ControlPlaneError::BadName(what))
}
