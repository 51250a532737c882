//! `spec-kitty admin session list`.

use serde_json::json;

use super::super::{ListArguments, or_dash};
use crate::cli::{CommandResult, Context, Outcome, table};

pub(crate) fn run(arguments: ListArguments, context: &Context) -> CommandResult {
    let store = arguments.store.existing(context)?;
    let sessions = store.sessions()?;
    store.close();
    let rows: Vec<_> = sessions
        .iter()
        .map(|session| {
            [
                session.id.to_string(),
                session.user.clone(),
                session.team.clone(),
                or_dash(session.created_at.as_ref()),
                or_dash(session.expires_at.as_ref()),
            ]
        })
        .collect();
    let headings = ["id", "user", "team", "since", "expires"];
    let text = table(&context.ui, headings, &rows);
    let fields = json!({"sessions": sessions, "data": arguments.store.shown(context)});
    Ok(Outcome::new(
        "spec-kitty.admin-session-list/1",
        fields,
        text,
    ))
}
