//! `spec-kitty admin user list`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::{ListArguments, or_dash};
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome, table};
use crate::control_plane::store::UserRow;

/// The users.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminUserList {
    users: Vec<UserRow>,
    /// The folder of the store.
    data: String,
}

impl Document for AdminUserList {
    const SCHEMA: &'static str = "spec-kitty.admin-user-list/1";
    const LIST: Option<&'static str> = Some("users");
}

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
    let data = arguments.store.shown(context);
    let answer = AdminUserList { users, data };
    Ok(Outcome::new(answer, text))
}
