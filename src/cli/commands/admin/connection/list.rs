//! `spec-kitty admin connection list`.

use serde_json::json;

use super::super::{ListArguments, or_dash};
use crate::cli::{CommandResult, Context, Outcome, table};

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
    let fields = json!({"connections": connections, "data": arguments.store.shown(context)});
    Ok(Outcome::new(
        "spec-kitty.admin-connection-list/1",
        fields,
        text,
    ))
}
