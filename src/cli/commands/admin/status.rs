//! `spec-kitty admin status`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::{Code, CommandResult, Context, Failure, Hint, Outcome, record};
use crate::control_plane::store::Store;
use crate::text::shell_word;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    pub store: super::Store,
}

/// What the store contains.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminStatus {
    /// The folder of the store.
    data: String,
    users: i64,
    teams: i64,
    /// Which users may act for which tracker.
    links: i64,
    sessions: i64,
    projects: i64,
    tickets: i64,
    /// Missions with their tickets.
    origin_links: i64,
    events: i64,
}

impl Document for AdminStatus {
    const SCHEMA: &'static str = "spec-kitty.admin-status/1";
}

/// Counts what the store contains. Unlike the other verbs it does not create a store.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let folder = arguments.store.folder(context);
    if !Store::exists(&folder) {
        let data = match &arguments.store.data {
            Some(data) => format!(" --data {}", shell_word(&data.to_string_lossy())),
            None => String::new(),
        };
        let message = format!("no control plane store in {}", folder.display());
        let command = format!("spec-kitty admin user add NAME --team TEAM{data}");
        return Err(Failure::new(Code::NotConfigured, message).hint(Hint::template(command)));
    }
    let store = arguments.store.open(context)?;
    let counts = store.counts()?;
    store.close();
    let mut rows = vec![("data".to_owned(), folder.display().to_string())];
    for (kind, count) in &counts {
        rows.push((kind.replace('_', " "), count.to_string()));
    }
    let text = record(&context.ui, &rows);
    let number = |kind: &str| {
        let found = counts.iter().find(|(known, _)| known == kind);
        found.map_or(0, |(_, number)| *number)
    };
    let answer = AdminStatus {
        data: arguments.store.shown(context),
        users: number("users"),
        teams: number("teams"),
        links: number("links"),
        sessions: number("sessions"),
        projects: number("projects"),
        tickets: number("tickets"),
        origin_links: number("origin_links"),
        events: number("events"),
    };
    Ok(Outcome::new(answer, text))
}
