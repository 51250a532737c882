//! `spec-kitty admin status`.

use serde_json::json;

use crate::cli::code::Code;
use crate::cli::context::{CommandResult, Context};
use crate::cli::failure::Failure;
use crate::cli::hint::Hint;
use crate::cli::outcome::Outcome;
use crate::cli::table::record;
use crate::control_plane::Administration;
use crate::control_plane::store::Store;
use crate::text::shell_word;

/// Arguments of `admin status`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The store.
    #[command(flatten)]
    pub store: super::Store,
}

/// Counts what the store holds.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let folder = arguments.store.folder(context);
    if !Store::exists(&folder) {
        let data = match &arguments.store.data {
            Some(data) => format!(" --data {}", shell_word(&data.to_string_lossy())),
            None => String::new(),
        };
        let message = format!("no control plane's store in {}", folder.display());
        return Err(
            Failure::new(Code::NotConfigured, message).hint(Hint::Template(format!(
                "spec-kitty admin user add NAME --team TEAM{data}"
            ))),
        );
    }
    let store = Administration::open(&context.world, &folder)?;
    let counts = store.counts()?;
    store.close();
    let folder = folder.display().to_string();
    let text = record(
        &context.ui,
        &[
            ("data", folder.clone()),
            ("users", counts.users.to_string()),
            ("teams", counts.teams.to_string()),
            ("links", counts.links.to_string()),
            ("sessions", counts.sessions.to_string()),
            ("projects", counts.projects.to_string()),
            ("tickets", counts.tickets.to_string()),
            ("origin links", counts.origin_links.to_string()),
            ("events", counts.events.to_string()),
        ],
    );
    let fields = json!({
        "data": folder,
        "users": counts.users,
        "teams": counts.teams,
        "links": counts.links,
        "sessions": counts.sessions,
        "projects": counts.projects,
        "tickets": counts.tickets,
        "origin_links": counts.origin_links,
        "events": counts.events,
    });
    Ok(Outcome::new("spec-kitty.admin-status/1", fields, text))
}
