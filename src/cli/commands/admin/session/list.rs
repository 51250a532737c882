//! `spec-kitty admin session list`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::{ListArguments, or_dash};
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome, table};
use crate::control_plane::store::SessionRow;

/// Who is logged in, without tokens.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminSessionList {
    sessions: Vec<SessionRow>,
    /// The folder of the store.
    data: String,
}

impl Document for AdminSessionList {
    const SCHEMA: &'static str = "spec-kitty.admin-session-list/1";
    const LIST: Option<&'static str> = Some("sessions");
}

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
    let data = arguments.store.shown(context);
    let answer = AdminSessionList { sessions, data };
    Ok(Outcome::new(answer, text))
}
