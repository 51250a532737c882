//! `spec-kitty admin user remove`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::{Confirmation, Store};
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome};
use crate::text::one_line;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// User name
    pub name: String,
    #[command(flatten)]
    pub confirmation: Confirmation,
    #[command(flatten)]
    pub store: Store,
}

/// A removed user.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminUserRemove {
    /// False if an earlier command removed the user.
    removed: bool,
    name: String,
    /// The folder of the store.
    data: String,
}

impl Document for AdminUserRemove {
    const SCHEMA: &'static str = "spec-kitty.admin-user-remove/1";
}

pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let Arguments { name, store, .. } = &arguments;
    let administration = store.existing(context)?;
    let shown = one_line(name);
    let question = format!("Remove user {shown} with all their sessions and tokens?");
    arguments.confirmation.ask(context, &question)?;
    let removed = administration.remove_user(name)?;
    administration.close();
    let answer = AdminUserRemove {
        removed,
        name: name.clone(),
        data: store.shown(context),
    };
    let text = if removed {
        format!("Removed user {shown}")
    } else {
        format!("User {shown} was already removed")
    };
    Ok(Outcome::new(answer, text))
}
