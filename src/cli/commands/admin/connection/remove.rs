//! `spec-kitty admin connection remove`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::{Confirmation, Store};
use crate::cli::document::Document;
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

/// A removed connection.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminConnectionRemove {
    /// Always true.
    removed: bool,
    name: String,
    /// How many projects have imported tickets now.
    projects: i64,
    /// The folder of the store.
    data: String,
}

impl Document for AdminConnectionRemove {
    const SCHEMA: &'static str = "spec-kitty.admin-connection-remove/1";
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
    let answer = AdminConnectionRemove {
        removed: true,
        name: name.clone(),
        projects,
        data: store.shown(context),
    };
    let text = format!("Removed connection {name}");
    Ok(Outcome::new(answer, text))
}
