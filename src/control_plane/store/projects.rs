//! Projects, and the tracker resource that each one's tickets are in.

use super::{Added, Store, StoreError};
use crate::wire::Provider;

/// How a request names a project.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ProjectReference<'a> {
    /// By its name.
    Slug(&'a str),
    /// By the reference that `admin project map` printed.
    Binding(&'a str),
}

/// A project and where its tickets are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Project {
    /// The store's id.
    pub id: i64,
    /// Which tracker: as the wire names it.
    pub provider: String,
    /// What kind of resource: `linear_team`.
    pub resource_type: String,
    /// The tracker's id of it.
    pub resource_id: String,
}

/// A project as it is mapped now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mapped {
    /// Whether it is new.
    pub added: Added,
    /// The reference that stays when the project is mapped elsewhere.
    pub binding_ref: String,
}

impl Store {
    /// Maps a project, in place of what it was mapped to before.
    pub(crate) async fn map_project(
        &self,
        slug: &str,
        provider: Provider,
        resource: (&str, &str),
        new_binding_ref: &str,
    ) -> Result<Mapped, StoreError> {
        let (binding_ref,): (String,) = sqlx::query_as(
            "INSERT INTO projects (slug, binding_ref, provider, resource_type, resource_id)
             VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (slug) DO UPDATE SET provider = excluded.provider,
                 resource_type = excluded.resource_type, resource_id = excluded.resource_id
             RETURNING binding_ref",
        )
        .bind(slug)
        .bind(new_binding_ref)
        .bind(provider.as_str())
        .bind(resource.0)
        .bind(resource.1)
        .fetch_one(&self.pool)
        .await?;
        let added = if binding_ref == new_binding_ref {
            Added::Created
        } else {
            Added::Updated
        };
        Ok(Mapped { added, binding_ref })
    }

    /// The project that is meant.
    pub(crate) async fn project(
        &self,
        reference: ProjectReference<'_>,
    ) -> Result<Option<Project>, StoreError> {
        let (slug, binding_ref) = match reference {
            ProjectReference::Slug(slug) => (Some(slug), None),
            ProjectReference::Binding(binding_ref) => (None, Some(binding_ref)),
        };
        let row: Option<(i64, String, String, String)> = sqlx::query_as(
            "SELECT id, provider, resource_type, resource_id FROM projects
             WHERE slug = ? OR binding_ref = ?",
        )
        .bind(slug)
        .bind(binding_ref)
        .fetch_optional(&self.pool)
        .await?;
        Ok(
            row.map(|(id, provider, resource_type, resource_id)| Project {
                id,
                provider,
                resource_type,
                resource_id,
            }),
        )
    }
}
