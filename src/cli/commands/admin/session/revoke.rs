//! `spec-kitty admin session revoke`.

use serde_json::json;

use super::super::RevokeArguments;
use crate::cli::{CommandResult, Context, Outcome};
use crate::control_plane::store::SessionKind;

pub(crate) fn run(arguments: RevokeArguments, context: &Context) -> CommandResult {
    let RevokeArguments { id, store, .. } = &arguments;
    let administration = store.existing(context)?;
    let question = format!("End session {id}?");
    arguments.confirmation.ask(context, &question)?;
    let revoked = administration.revoke(*id, SessionKind::Login)?;
    administration.close();
    let fields = json!({"revoked": revoked, "id": id, "data": store.shown(context)});
    let text = if revoked {
        format!("Ended session {id}")
    } else {
        format!("Session {id} had already ended")
    };
    Ok(Outcome::new(
        "spec-kitty.admin-session-revoke/1",
        fields,
        text,
    ))
}
