//! `spec-kitty admin connection list`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::{ListArguments, or_dash};
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome, table};
use crate::control_plane::store::ConnectionRow;

/// The accounts at trackers, without tokens.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminConnectionList {
    connections: Vec<ConnectionRow>,
    /// The folder of the store.
    data: String,
}

impl Document for AdminConnectionList {
    const SCHEMA: &'static str = "spec-kitty.admin-connection-list/1";
    const LIST: Option<&'static str> = Some("connections");
}

pub(crate) fn run(arguments: ListArguments, context: &Context) -> CommandResult {
    let store = arguments.store.existing(context)?;
    let connections = store.connections()?;
    store.close();
    let rows: Vec<_> = connections
        .iter()
        .map(|connection| {
            [
                connection.name.clone(),
                connection.provider.clone(),
                connection.url.clone(),
                or_dash(connection.user.as_ref()),
                connection.projects.to_string(),
            ]
        })
        .collect();
    let headings = ["name", "tracker", "url", "user", "projects"];
    let text = table(&context.ui, headings, &rows);
    let data = arguments.store.shown(context);
    let answer = AdminConnectionList { connections, data };
    Ok(Outcome::new(answer, text))
}
