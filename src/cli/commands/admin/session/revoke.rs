//! `spec-kitty admin session revoke`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::RevokeArguments;
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome};
use crate::control_plane::store::SessionKind;

/// The end of a session.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminSessionRevoke {
    /// False if the session had ended before.
    revoked: bool,
    id: i64,
    /// The folder of the store.
    data: String,
}

impl Document for AdminSessionRevoke {
    const SCHEMA: &'static str = "spec-kitty.admin-session-revoke/1";
}

pub(crate) fn run(arguments: RevokeArguments, context: &Context) -> CommandResult {
    let RevokeArguments { id, store, .. } = &arguments;
    let administration = store.existing(context)?;
    let question = format!("End session {id}?");
    arguments.confirmation.ask(context, &question)?;
    let revoked = administration.revoke(*id, SessionKind::Login)?;
    administration.close();
    let answer = AdminSessionRevoke {
        revoked,
        id: *id,
        data: store.shown(context),
    };
    let text = if revoked {
        format!("Ended session {id}")
    } else {
        format!("Session {id} had already ended")
    };
    Ok(Outcome::new(answer, text))
}
