//! `spec-kitty admin user add`.

use std::io::{BufRead as _, BufReader, Read as _};

use schemars::JsonSchema;
use serde::Serialize;

use super::super::Store;
use crate::cli::document::Document;
use crate::cli::ticket_arguments::provider_argument;
use crate::cli::{CommandResult, Context, Failure, Outcome, ask};
use crate::secret::Secret;
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
    let password = password(&arguments, context)?;
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

fn password(arguments: &Arguments, context: &Context) -> Result<Secret, Failure> {
    if arguments.password_stdin {
        return password_from_stdin();
    }
    if !context.ui.may_ask() {
        let command = format!("{} --password-stdin < FILE", context.typed.quoted());
        return Err(ask::password_required(command));
    }
    let password = ask::password(context, "Password")?;
    if ask::password(context, "Repeat password")? != password {
        return Err(Failure::usage("the passwords do not match"));
    }
    Ok(password)
}

/// The first line, without its line break.
fn password_from_stdin() -> Result<Secret, Failure> {
    const MAX_BYTES: u64 = 4 * 1024;
    let mut line = String::new();
    BufReader::new(std::io::stdin().take(MAX_BYTES))
        .read_line(&mut line)
        .map_err(|error| ask::stdin_failed(&error))?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n'])))
}
