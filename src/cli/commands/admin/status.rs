//! `spec-kitty admin status`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome, record};

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
    /// Lasting tokens for CI.
    tokens: i64,
    projects: i64,
    /// Accounts at trackers.
    connections: i64,
    tickets: i64,
    /// Missions with their tickets.
    origin_links: i64,
    events: i64,
}

impl Document for AdminStatus {
    const SCHEMA: &'static str = "spec-kitty.admin-status/1";
}

/// Counts what the store contains.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let store = arguments.store.existing(context)?;
    let counts = store.counts()?;
    store.close();
    let folder = arguments.store.folder(context);
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
        tokens: number("tokens"),
        projects: number("projects"),
        connections: number("connections"),
        tickets: number("tickets"),
        origin_links: number("origin_links"),
        events: number("events"),
    };
    Ok(Outcome::new(answer, text))
}
