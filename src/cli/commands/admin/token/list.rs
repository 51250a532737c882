//! `spec-kitty admin token list`.

use serde_json::json;

use super::super::{ListArguments, or_dash};
use crate::cli::{CommandResult, Context, Outcome, table};

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
    let fields = json!({"tokens": tokens, "data": arguments.store.shown(context)});
    Ok(Outcome::new("spec-kitty.admin-token-list/1", fields, text))
}
