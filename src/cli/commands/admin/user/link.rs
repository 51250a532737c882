//! `spec-kitty admin user link` and `unlink`.

use serde_json::json;

use super::super::Store;
use crate::cli::ticket_arguments::provider_argument;
use crate::cli::{CommandResult, Context, Outcome};
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

pub(crate) fn link(arguments: Arguments, context: &Context) -> CommandResult {
    set(&arguments, context, true)
}

pub(crate) fn unlink(arguments: Arguments, context: &Context) -> CommandResult {
    set(&arguments, context, false)
}

/// Neither needs a password, and neither ends a session.
fn set(arguments: &Arguments, context: &Context, linked: bool) -> CommandResult {
    let Arguments {
        name,
        provider,
        store,
    } = arguments;
    let administration = store.existing(context)?;
    let changed = administration.set_link(name, *provider, linked)?;
    let links = administration.links_of(name)?;
    administration.close();
    let fields = json!({
        "changed": changed,
        "name": name,
        "links": links,
        "data": store.shown(context),
    });
    let (schema, verb) = if linked {
        ("spec-kitty.admin-user-link/1", "is linked to")
    } else {
        ("spec-kitty.admin-user-unlink/1", "is not linked to")
    };
    let text = format!("{} {verb} {}", one_line(name), provider.title());
    Ok(Outcome::new(schema, fields, text))
}
