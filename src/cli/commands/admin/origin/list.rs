//! `spec-kitty admin origin list`.

use serde_json::json;

use super::super::{ListArguments, or_dash};
use crate::cli::{CommandResult, Context, Outcome, table};

pub(crate) fn run(arguments: ListArguments, context: &Context) -> CommandResult {
    let store = arguments.store.existing(context)?;
    let origins = store.origins()?;
    store.close();
    let rows: Vec<_> = origins
        .iter()
        .map(|origin| {
            [
                origin.id.clone(),
                origin.project_slug.clone(),
                origin.mission_slug.clone(),
                or_dash(origin.repository.as_ref()),
                origin.external_issue_key.clone(),
                origin.bound_by.clone(),
                origin.bound_at.clone(),
            ]
        })
        .collect();
    let headings = [
        "id",
        "project",
        "mission",
        "repository",
        "ticket",
        "bound by",
        "bound at",
    ];
    let text = table(&context.ui, headings, &rows);
    let fields = json!({"origins": origins, "data": arguments.store.shown(context)});
    Ok(Outcome::new("spec-kitty.admin-origin-list/1", fields, text))
}
