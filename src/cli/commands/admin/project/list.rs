//! `spec-kitty admin project list`.

use serde_json::json;

use super::super::{ListArguments, or_dash};
use crate::cli::{CommandResult, Context, Outcome, table};

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
    let fields = json!({"projects": projects, "data": arguments.store.shown(context)});
    Ok(Outcome::new(
        "spec-kitty.admin-project-list/1",
        fields,
        text,
    ))
}
