//! Projects, and the tracker resource of each.

use super::{Store, StoreError};
use crate::wire::Provider;

/// The tracker resource that a project is mapped to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProjectMapping {
    pub id: i64,
    pub provider: String,
    /// For example `linear_team`.
    pub resource_type: String,
    pub resource_id: String,
}

/// The result of mapping a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MappedProject {
    /// False if an existing mapping was replaced.
    pub created: bool,
    /// Stays the same when the project is mapped again.
    pub binding_ref: String,
}

impl Store {
    /// Maps a project to a tracker resource, and replaces an existing mapping.
    pub(crate) async fn map_project(
        &self,
        slug: &str,
        provider: Provider,
        (resource_type, resource_id): (&str, &str),
        new_binding_ref: &str,
    ) -> Result<MappedProject, StoreError> {
        let (binding_ref,): (String,) = sql!(fetch_one(&self.pool):
            "INSERT INTO projects (slug, binding_ref, provider, resource_type, resource_id)
             VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (slug) DO UPDATE SET provider = excluded.provider,
                 resource_type = excluded.resource_type, resource_id = excluded.resource_id
             RETURNING binding_ref";
            slug, new_binding_ref, provider.as_str(), resource_type, resource_id
        )?;
        let created = binding_ref == new_binding_ref;
        Ok(MappedProject {
            created,
            binding_ref,
        })
    }

    /// Finds a project by its slug or its binding reference; exactly one of them must be given.
    pub(crate) async fn project(
        &self,
        slug: Option<&str>,
        binding_ref: Option<&str>,
    ) -> Result<Option<ProjectMapping>, StoreError> {
        let row: Option<(i64, String, String, String)> = sql!(fetch_optional(&self.pool):
            "SELECT id, provider, resource_type, resource_id FROM projects
             WHERE slug = ? OR binding_ref = ?";
            slug, binding_ref
        )?;
        Ok(row.map(
            |(id, provider, resource_type, resource_id)| ProjectMapping {
                id,
                provider,
                resource_type,
                resource_id,
            },
        ))
    }
}
