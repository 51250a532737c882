//! `spec-kitty admin token list`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::{ListArguments, or_dash};
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome, table};
use crate::control_plane::store::TokenRow;

/// The lasting tokens, without the tokens themselves.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminTokenList {
    tokens: Vec<TokenRow>,
    /// The folder of the store.
    data: String,
}

impl Document for AdminTokenList {
    const SCHEMA: &'static str = "spec-kitty.admin-token-list/1";
    const LIST: Option<&'static str> = Some("tokens");
}

pub(crate) fn run(arguments: ListArguments, context: &Context) -> CommandResult {
    let store = arguments.store.existing(context)?;
    let tokens = store.tokens()?;
    store.close();
    let rows: Vec<_> = tokens
        .iter()
        .map(|token| {
            [
                token.id.to_string(),
                token.name.clone(),
                token.user.clone(),
                token.team.clone(),
                or_dash(token.created_at.as_ref()),
                or_dash(token.expires_at.as_ref()),
            ]
        })
        .collect();
    let headings = ["id", "name", "user", "team", "created", "expires"];
    let text = table(&context.ui, headings, &rows);
    let data = arguments.store.shown(context);
    let answer = AdminTokenList { tokens, data };
    Ok(Outcome::new(answer, text))
}
