//! `spec-kitty admin user list`.

use serde_json::json;

use super::super::{ListArguments, or_dash};
use crate::cli::{CommandResult, Context, Outcome, table};

pub(crate) fn run(arguments: ListArguments, context: &Context) -> CommandResult {
    let store = arguments.store.existing(context)?;
    let users = store.users()?;
    store.close();
    let rows: Vec<_> = users
        .iter()
        .map(|user| {
            [
                user.name.clone(),
                user.teams.join(", "),
                user.links.join(", "),
                or_dash(user.created_at.as_ref()),
            ]
        })
        .collect();
    let text = table(&context.ui, ["name", "teams", "trackers", "added"], &rows);
    let fields = json!({"users": users, "data": arguments.store.shown(context)});
    Ok(Outcome::new("spec-kitty.admin-user-list/1", fields, text))
}
