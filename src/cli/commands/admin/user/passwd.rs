//! `spec-kitty admin user passwd`.

use serde_json::json;

use super::super::Store;
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

pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let password = super::new_password(context, arguments.password_stdin)?;
    let Arguments { name, store, .. } = &arguments;
    let administration = store.existing(context)?;
    administration.set_password(name, &password)?;
    administration.close();
    let fields = json!({"name": name, "data": store.shown(context)});
    let text = format!("Changed the password of {}", one_line(name));
    Ok(Outcome::new("spec-kitty.admin-user-passwd/1", fields, text))
}
