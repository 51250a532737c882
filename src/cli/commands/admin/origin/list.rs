//! `spec-kitty admin origin list`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::{ListArguments, or_dash};
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome, table};
use crate::control_plane::store::OriginRow;

/// Which ticket each mission is bound to.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminOriginList {
    origins: Vec<OriginRow>,
    /// The folder of the store.
    data: String,
}

impl Document for AdminOriginList {
    const SCHEMA: &'static str = "spec-kitty.admin-origin-list/1";
    const LIST: Option<&'static str> = Some("origins");
}

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
    let data = arguments.store.shown(context);
    let answer = AdminOriginList { origins, data };
    Ok(Outcome::new(answer, text))
}
