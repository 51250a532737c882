//! `spec-kitty admin user add`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::Store;
use crate::cli::document::Document;
use crate::cli::ticket_arguments::provider_argument;
use crate::cli::{CommandResult, Context, Outcome};
use crate::text::one_line;
use crate::wire::Provider;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// User name
    pub name: String,
    /// Team to add the user to
    #[arg(long, value_name = "SLUG")]
    pub team: String,
    /// Tracker that the user may use (repeatable)
    #[arg(long = "link", value_name = "PROVIDER", value_parser = provider_argument(), ignore_case = true)]
    pub links: Vec<Provider>,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    #[command(flatten)]
    pub store: Store,
}

/// The user.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminUserAdd {
    /// False if the user existed.
    created: bool,
    /// The login name.
    name: String,
    team: String,
    /// The trackers that the user may use, including those of earlier runs.
    links: Vec<String>,
    /// The folder of the store.
    data: String,
}

impl Document for AdminUserAdd {
    const SCHEMA: &'static str = "spec-kitty.admin-user-add/1";
}

pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let password = super::new_password(context, arguments.password_stdin)?;
    let Arguments {
        name, team, links, ..
    } = &arguments;
    let store = arguments.store.open(context)?;
    let created = store.add_user(name, team, &password, links)?;
    let links = store.links_of(name)?;
    store.close();
    let answer = AdminUserAdd {
        created,
        name: name.clone(),
        team: team.clone(),
        links,
        data: arguments.store.shown(context),
    };
    let verb = if created { "Added" } else { "Changed" };
    let text = format!("{verb} user {} of team {}", one_line(name), one_line(team));
    Ok(Outcome::new(answer, text))
}
