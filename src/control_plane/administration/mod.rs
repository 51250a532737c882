//! The store for `spec-kitty admin`, with blocking functions.

mod access;
mod connections;
mod users;

use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::ControlPlaneError;
use super::store::{ImportedTicket, NewMapping, OriginRow, ProjectRow, Store, StoreError};
use crate::wire::Provider;
use crate::world::World;

pub(crate) use connections::{CredentialSource, NewConnection, ProbedConnection, probe};

/// An open store. A server can have the same store open.
#[derive(Debug)]
pub(crate) struct Administration<'a> {
    world: &'a World,
    runtime: Runtime,
    store: Store,
    /// The folder of the store.
    data: PathBuf,
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
            data: data.to_owned(),
        })
    }

    fn wait<T>(
        &self,
        query: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, ControlPlaneError> {
        Ok(self.runtime.block_on(query)?)
    }

    /// Maps a project to the tracker resource that contains its tickets.
    pub(crate) fn map_project(
        &self,
        slug: &str,
        provider: Provider,
        resource_type: &str,
        resource_id: &str,
    ) -> Result<NewMapping, ControlPlaneError> {
        check_name("the project slug", slug)?;
        if resource_type != provider.resource_type() {
            return Err(ControlPlaneError::BadResourceType(provider));
        }
        check_name("the resource id", resource_id)?;
        let binding_ref = self.world.random_uuid()?.to_string();
        let resource = (resource_type, resource_id);
        let mapping = self
            .store
            .map_project(slug, provider, resource, None, &binding_ref);
        self.wait(mapping)
    }

    pub(crate) fn projects(&self) -> Result<Vec<ProjectRow>, ControlPlaneError> {
        self.wait(self.store.projects())
    }

    /// How many missions of a project are bound.
    pub(crate) fn origins_of(&self, project: &str) -> Result<i64, ControlPlaneError> {
        let unknown = || ControlPlaneError::UnknownProject(project.to_owned());
        self.wait(self.store.origins_of(project))?
            .ok_or_else(unknown)
    }

    /// Removes a project. Its origins are removed too, but only with `force`. Returns their number.
    pub(crate) fn unmap_project(
        &self,
        project: &str,
        force: bool,
    ) -> Result<i64, ControlPlaneError> {
        let most = if force { i64::MAX } else { 0 };
        let unknown = || ControlPlaneError::UnknownProject(project.to_owned());
        let origins = self.wait(self.store.unmap_project(project, most))?;
        match origins.ok_or_else(unknown)? {
            origins if origins > most => Err(ControlPlaneError::ProjectHasOrigins {
                project: project.to_owned(),
                origins,
            }),
            origins => Ok(origins),
        }
    }

    pub(crate) fn origins(&self) -> Result<Vec<OriginRow>, ControlPlaneError> {
        self.wait(self.store.origins())
    }

    pub(crate) fn remove_origin(&self, id: &str) -> Result<(), ControlPlaneError> {
        let existed = self.wait(self.store.remove_origin(id))?;
        let unknown = || ControlPlaneError::UnknownOrigin(id.to_owned());
        existed.then_some(()).ok_or_else(unknown)
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
        self.wait(self.store.import_tickets(&tickets))?;
        Ok(tickets.len())
    }

    /// The number of rows of each kind.
    pub(crate) fn counts(&self) -> Result<Vec<(String, i64)>, ControlPlaneError> {
        self.wait(self.store.counts(self.world.now()))
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
