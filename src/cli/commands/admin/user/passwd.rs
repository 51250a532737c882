//! `spec-kitty admin user passwd`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::Store;
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome};
use crate::text::one_line;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// User name
    pub name: String,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    #[command(flatten)]
    pub store: Store,
}

/// A changed password.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminUserPasswd {
    name: String,
    /// The folder of the store.
    data: String,
}

impl Document for AdminUserPasswd {
    const SCHEMA: &'static str = "spec-kitty.admin-user-passwd/1";
}

pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let password = super::new_password(context, arguments.password_stdin)?;
    let Arguments { name, store, .. } = &arguments;
    let administration = store.existing(context)?;
    administration.set_password(name, &password)?;
    administration.close();
    let answer = AdminUserPasswd {
        name: name.clone(),
        data: store.shown(context),
    };
    let text = format!("Changed the password of {}", one_line(name));
    Ok(Outcome::new(answer, text))
}
