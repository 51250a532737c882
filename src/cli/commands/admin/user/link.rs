//! `spec-kitty admin user link` and `unlink`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::Store;
use crate::cli::document::Document;
use crate::cli::ticket_arguments::provider_argument;
use crate::cli::{CommandResult, Context, Failure, Outcome};
use crate::text::one_line;
use crate::wire::Provider;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// User name
    pub name: String,
    /// Tracker
    #[arg(value_parser = provider_argument(), ignore_case = true)]
    pub provider: Provider,
    #[command(flatten)]
    pub store: Store,
}

/// The trackers that a user may use.
#[derive(Debug, Serialize, JsonSchema)]
struct Linked {
    /// False if nothing had to change.
    changed: bool,
    /// The login name.
    name: String,
    links: Vec<String>,
    /// The folder of the store.
    data: String,
}

/// A link to a tracker.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminUserLink {
    #[serde(flatten)]
    linked: Linked,
}

impl Document for AdminUserLink {
    const SCHEMA: &'static str = "spec-kitty.admin-user-link/1";
}

/// A removed link to a tracker.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminUserUnlink {
    #[serde(flatten)]
    linked: Linked,
}

impl Document for AdminUserUnlink {
    const SCHEMA: &'static str = "spec-kitty.admin-user-unlink/1";
}

pub(crate) fn link(arguments: Arguments, context: &Context) -> CommandResult {
    let linked = set(&arguments, context, true)?;
    let text = text(&arguments, "is linked to");
    Ok(Outcome::new(AdminUserLink { linked }, text))
}

pub(crate) fn unlink(arguments: Arguments, context: &Context) -> CommandResult {
    let linked = set(&arguments, context, false)?;
    let text = text(&arguments, "is not linked to");
    Ok(Outcome::new(AdminUserUnlink { linked }, text))
}

/// Neither needs a password, and neither ends a session.
fn set(arguments: &Arguments, context: &Context, linked: bool) -> Result<Linked, Failure> {
    let Arguments {
        name,
        provider,
        store,
    } = arguments;
    let administration = store.existing(context)?;
    let changed = administration.set_link(name, *provider, linked)?;
    let links = administration.links_of(name)?;
    administration.close();
    Ok(Linked {
        changed,
        name: name.clone(),
        links,
        data: store.shown(context),
    })
}

fn text(arguments: &Arguments, verb: &str) -> String {
    let name = one_line(&arguments.name);
    format!("{name} {verb} {}", arguments.provider.title())
}
