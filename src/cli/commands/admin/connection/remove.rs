//! `spec-kitty admin connection remove`.

use serde_json::json;

use super::super::{Confirmation, Store};
use crate::cli::{CommandResult, Context, Outcome};
use crate::control_plane::ControlPlaneError;
use crate::text::count;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Name of the connection
    pub name: String,
    /// Also if projects use it; they have imported tickets afterwards
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub confirmation: Confirmation,
    #[command(flatten)]
    pub store: Store,
}

pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let Arguments {
        name, force, store, ..
    } = &arguments;
    let administration = store.existing(context)?;
    let connection = administration.connection(name)?;
    if connection.projects > 0 && !force {
        return Err(ControlPlaneError::ConnectionInUse {
            connection: connection.name,
            projects: connection.projects,
        }
        .into());
    }
    let used = count(connection.projects.unsigned_abs(), "project");
    let question = format!("Remove connection {name}, used by {used}, with its credential?");
    arguments.confirmation.ask(context, &question)?;
    let projects = administration.remove_connection(name, *force)?;
    administration.close();
    let fields = json!({
        "removed": true,
        "name": name,
        "projects": projects,
        "data": store.shown(context),
    });
    let text = format!("Removed connection {name}");
    Ok(Outcome::new(
        "spec-kitty.admin-connection-remove/1",
        fields,
        text,
    ))
}
