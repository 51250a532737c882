//! Projects, and the tracker resource of each.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Store, StoreError};
use crate::wire::Provider;
use crate::wire::response::MappedProject;

/// The tracker resource that a project is mapped to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProjectMapping {
    pub id: i64,
    pub provider: String,
    /// For example `linear_team`.
    pub resource_type: String,
    pub resource_id: String,
    /// The connection to a live tracker; `None` if the tickets are imported.
    pub connection: Option<i64>,
}

/// The live resource of a project.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LiveResource<'a> {
    pub connection: i64,
    /// `WEB`.
    pub key: &'a str,
}

/// A project of `admin project list`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct ProjectRow {
    pub id: i64,
    pub name: String,
    pub provider: String,
    pub resource_type: String,
    pub resource_id: String,
    /// The key of a live resource: `WEB`.
    pub resource_key: Option<String>,
    /// The name of the connection to a live tracker; `None` if the tickets are imported.
    pub connection: Option<String>,
    pub binding_ref: String,
    /// How many missions are bound.
    pub origins: i64,
}

/// How a request names a project.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ProjectName<'a> {
    Slug(&'a str),
    BindingRef(&'a str),
}

impl<'a> ProjectName<'a> {
    /// An empty name counts as none; a binding reference takes precedence over a slug.
    pub(crate) fn new(slug: Option<&'a str>, binding_ref: Option<&'a str>) -> Option<Self> {
        let given = |text: &&str| !text.is_empty();
        let slug = slug.filter(given).map(Self::Slug);
        binding_ref.filter(given).map(Self::BindingRef).or(slug)
    }

    fn columns(self) -> (Option<&'a str>, Option<&'a str>) {
        match self {
            Self::Slug(slug) => (Some(slug), None),
            Self::BindingRef(binding_ref) => (None, Some(binding_ref)),
        }
    }
}

/// The result of mapping a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewMapping {
    /// False if an existing mapping was replaced.
    pub created: bool,
    /// Stays the same when the project is mapped again.
    pub binding_ref: String,
}

type ProjectColumns = (
    i64,
    String,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    String,
    i64,
);

/// The columns of a mapped project: slug, binding reference, resource and connection.
type MappedColumns = (
    String,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
);

impl Store {
    /// Maps a project to a tracker resource, and replaces an existing mapping.
    pub(crate) async fn map_project(
        &self,
        slug: &str,
        provider: Provider,
        (resource_type, resource_id): (&str, &str),
        live: Option<LiveResource<'_>>,
        new_binding_ref: &str,
    ) -> Result<NewMapping, StoreError> {
        let (binding_ref,): (String,) = sql!(fetch_one(&self.pool):
            "INSERT INTO projects (slug, binding_ref, provider, resource_type, resource_id,
                 connection_id, resource_key)
             VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (slug) DO UPDATE SET provider = excluded.provider,
                 resource_type = excluded.resource_type, resource_id = excluded.resource_id,
                 connection_id = excluded.connection_id, resource_key = excluded.resource_key
             RETURNING binding_ref";
            slug, new_binding_ref, provider.as_str(), resource_type, resource_id,
            live.map(|live| live.connection), live.map(|live| live.key)
        )?;
        let created = binding_ref == new_binding_ref;
        Ok(NewMapping {
            created,
            binding_ref,
        })
    }

    pub(crate) async fn project(
        &self,
        name: ProjectName<'_>,
    ) -> Result<Option<ProjectMapping>, StoreError> {
        let (slug, binding_ref) = name.columns();
        let row: Option<(i64, String, String, String, Option<i64>)> = sql!(fetch_optional(&self.pool):
            "SELECT id, provider, resource_type, resource_id, connection_id FROM projects
             WHERE slug = ? OR binding_ref = ?";
            slug, binding_ref
        )?;
        Ok(row.map(
            |(id, provider, resource_type, resource_id, connection)| ProjectMapping {
                id,
                provider,
                resource_type,
                resource_id,
                connection,
            },
        ))
    }

    /// The projects that are mapped to a provider, or the one with this name.
    pub(crate) async fn projects_of(
        &self,
        provider: Provider,
        name: Option<ProjectName<'_>>,
    ) -> Result<Vec<MappedProject>, StoreError> {
        let (slug, binding_ref) = name.map_or((None, None), ProjectName::columns);
        let rows: Vec<MappedColumns> = sql!(fetch_all(&self.pool):
            "SELECT slug, binding_ref, resource_type, resource_id, resource_key, connections.name
             FROM projects AS p LEFT JOIN connections ON connections.id = connection_id
             WHERE p.provider = ?1 AND (?2 IS NULL OR slug = ?2)
                 AND (?3 IS NULL OR binding_ref = ?3)
             ORDER BY slug";
            provider.as_str(), slug, binding_ref
        )?;
        let project = |row: MappedColumns| {
            let (slug, binding_ref, resource_type, resource_id, resource_key, connection) = row;
            MappedProject {
                project_name: slug.clone(),
                project_slug: slug,
                provider: provider.as_str().to_owned(),
                status: "active".to_owned(),
                binding_ref,
                resource_type,
                resource_id,
                resource_key,
                connection,
            }
        };
        Ok(rows.into_iter().map(project).collect())
    }

    /// All projects, by name.
    pub(crate) async fn projects(&self) -> Result<Vec<ProjectRow>, StoreError> {
        let rows: Vec<ProjectColumns> = sql!(fetch_all(&self.pool):
            "SELECT p.id, p.slug, p.provider, resource_type, resource_id, resource_key,
                 connections.name, binding_ref,
                 (SELECT count(*) FROM origin_links WHERE project_id = p.id)
             FROM projects AS p LEFT JOIN connections ON connections.id = connection_id
             ORDER BY slug"
        )?;
        let row = |row: ProjectColumns| {
            let (id, name, provider, resource_type, resource_id, ..) = row;
            let (.., resource_key, connection, binding_ref, origins) = row;
            ProjectRow {
                id,
                name,
                provider,
                resource_type,
                resource_id,
                resource_key,
                connection,
                binding_ref,
                origins,
            }
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// How many origins a project has; `None` if it does not exist.
    pub(crate) async fn origins_of(&self, slug: &str) -> Result<Option<i64>, StoreError> {
        let row: Option<(i64,)> = sql!(fetch_optional(&self.pool):
            "SELECT (SELECT count(*) FROM origin_links WHERE project_id = projects.id)
             FROM projects WHERE slug = ?";
            slug
        )?;
        Ok(row.map(|(origins,)| origins))
    }

    /// Removes a project with its origins, unless it has more than `most`. Returns how many it had,
    /// or `None` if it does not exist.
    pub(crate) async fn unmap_project(
        &self,
        slug: &str,
        most: i64,
    ) -> Result<Option<i64>, StoreError> {
        let mut transaction = self.begin().await?;
        let row: Option<(i64, i64)> = sql!(fetch_optional(&mut *transaction):
            "SELECT id, (SELECT count(*) FROM origin_links WHERE project_id = projects.id)
             FROM projects WHERE slug = ?";
            slug
        )?;
        if let Some((project, origins)) = row
            && origins <= most
        {
            sql!(execute(&mut *transaction): "DELETE FROM origin_links WHERE project_id = ?";
                project)?;
            sql!(execute(&mut *transaction): "DELETE FROM projects WHERE id = ?"; project)?;
        }
        transaction.commit().await?;
        Ok(row.map(|(_, origins)| origins))
    }
}
