//! `spec-kitty admin user add`.

use std::io::{BufRead as _, BufReader, Read as _};

use serde_json::json;

use super::super::Store;
use crate::cli::ask;
use crate::cli::code::Code;
use crate::cli::context::{CommandResult, Context};
use crate::cli::failure::Failure;
use crate::cli::hint::Hint;
use crate::cli::outcome::Outcome;
use crate::control_plane::Administration;
use crate::control_plane::store::Added;
use crate::secret::Secret;
use crate::text::one_line;
use crate::wire::Provider;

/// Arguments of `admin user add`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Login name
    pub name: String,
    /// Team to join
    #[arg(long, value_name = "SLUG")]
    pub team: String,
    /// Tracker the user may act for; repeat for more
    #[arg(long = "link", value_name = "PROVIDER")]
    pub links: Vec<String>,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// The store.
    #[command(flatten)]
    pub store: Store,
}

/// Adds the user.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let links = arguments
        .links
        .iter()
        .map(|name| name.parse::<Provider>())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Failure::usage(error.to_string()))?;
    let password = password(&arguments, context)?;
    let folder = arguments.store.folder(context);
    let store = Administration::open(&context.world, &folder)?;
    let added = store.add_user(&arguments.name, &arguments.team, &password, &links)?;
    let links = store.links_of(&arguments.name)?;
    store.close();
    let fields = json!({
        "created": added == Added::Created,
        "name": arguments.name,
        "team": arguments.team,
        "links": links,
        "data": folder.display().to_string(),
    });
    let text = format!(
        "{} user {} of team {}",
        if added == Added::Created {
            "Added"
        } else {
            "Changed"
        },
        one_line(&arguments.name),
        one_line(&arguments.team),
    );
    Ok(Outcome::new("spec-kitty.admin-user-add/1", fields, text))
}

fn password(arguments: &Arguments, context: &Context) -> Result<Secret, Failure> {
    if arguments.password_stdin {
        return password_from_stdin();
    }
    if !context.ui.may_ask() {
        let message = "cannot prompt for a password: not a terminal";
        let command = format!("{} --password-stdin < FILE", context.typed.quoted());
        return Err(Failure::new(Code::InputRequired, message).hint(Hint::Template(command)));
    }
    let password = ask::password(context, "Password")?;
    if ask::password(context, "Password again")? != password {
        return Err(Failure::usage("the two passwords differ"));
    }
    Ok(password)
}

/// The first line, without its end.
fn password_from_stdin() -> Result<Secret, Failure> {
    const MOST_BYTES: u64 = 4 * 1024;
    let mut line = String::new();
    BufReader::new(std::io::stdin().take(MOST_BYTES))
        .read_line(&mut line)
        .map_err(|error| Failure::usage("cannot read standard input").cause(error.to_string()))?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n'])))
}
