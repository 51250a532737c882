//! `spec-kitty admin token revoke`.

use serde_json::json;

use super::super::RevokeArguments;
use crate::cli::{CommandResult, Context, Outcome};
use crate::control_plane::store::SessionKind;

pub(crate) fn run(arguments: RevokeArguments, context: &Context) -> CommandResult {
    let RevokeArguments { id, store, .. } = &arguments;
    let administration = store.existing(context)?;
    let question = format!("Revoke token {id}?");
    arguments.confirmation.ask(context, &question)?;
    let revoked = administration.revoke(*id, SessionKind::Token)?;
    administration.close();
    let fields = json!({"revoked": revoked, "id": id, "data": store.shown(context)});
    let text = if revoked {
        format!("Revoked token {id}")
    } else {
        format!("Token {id} was already revoked")
    };
    Ok(Outcome::new(
        "spec-kitty.admin-token-revoke/1",
        fields,
        text,
    ))
}
