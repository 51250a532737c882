//! `spec-kitty admin project list`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::{ListArguments, or_dash};
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome, table};
use crate::control_plane::store::ProjectRow;

/// The projects and their tracker resources.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminProjectList {
    projects: Vec<ProjectRow>,
    /// The folder of the store.
    data: String,
}

impl Document for AdminProjectList {
    const SCHEMA: &'static str = "spec-kitty.admin-project-list/1";
    const LIST: Option<&'static str> = Some("projects");
}

pub(crate) fn run(arguments: ListArguments, context: &Context) -> CommandResult {
    let store = arguments.store.existing(context)?;
    let projects = store.projects()?;
    store.close();
    let rows: Vec<_> = projects
        .iter()
        .map(|project| {
            [
                project.name.clone(),
                project.provider.clone(),
                project.resource_type.clone(),
                project
                    .resource_key
                    .as_ref()
                    .unwrap_or(&project.resource_id)
                    .clone(),
                or_dash(project.connection.as_ref()),
                project.origins.to_string(),
            ]
        })
        .collect();
    let headings = [
        "name",
        "tracker",
        "resource type",
        "resource",
        "connection",
        "missions",
    ];
    let text = table(&context.ui, headings, &rows);
    let data = arguments.store.shown(context);
    let answer = AdminProjectList { projects, data };
    Ok(Outcome::new(answer, text))
}
