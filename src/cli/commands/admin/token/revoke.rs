//! `spec-kitty admin token revoke`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::RevokeArguments;
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome};
use crate::control_plane::store::SessionKind;

/// The end of a token.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminTokenRevoke {
    /// False if the token had ended before.
    revoked: bool,
    id: i64,
    /// The folder of the store.
    data: String,
}

impl Document for AdminTokenRevoke {
    const SCHEMA: &'static str = "spec-kitty.admin-token-revoke/1";
}

pub(crate) fn run(arguments: RevokeArguments, context: &Context) -> CommandResult {
    let RevokeArguments { id, store, .. } = &arguments;
    let administration = store.existing(context)?;
    let question = format!("Revoke token {id}?");
    arguments.confirmation.ask(context, &question)?;
    let revoked = administration.revoke(*id, SessionKind::Token)?;
    administration.close();
    let answer = AdminTokenRevoke {
        revoked,
        id: *id,
        data: store.shown(context),
    };
    let text = if revoked {
        format!("Revoked token {id}")
    } else {
        format!("Token {id} was already revoked")
    };
    Ok(Outcome::new(answer, text))
}
