//! `spec-kitty tracker …`: the project's tracker and its tickets.

pub(crate) mod bind;
pub(crate) mod bind_origin;
pub(crate) mod providers;
pub(crate) mod search_origin;
pub(crate) mod status;
pub(crate) mod unbind;
pub(crate) mod unbind_origin;

use crate::cli::{CommandResult, Context};

/// The commands of `tracker`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the supported trackers
    Providers,
    /// Show tracker, server, session and queued events, without a network request
    Status,
    /// Bind this project to a tracker
    Bind(bind::Arguments),
    /// Remove the tracker of this project
    Unbind,
    /// Search for a ticket to start a mission from
    SearchOrigin(search_origin::Arguments),
    /// Bind a ticket to an existing mission
    BindOrigin(bind_origin::Arguments),
    /// Take a ticket from a mission
    UnbindOrigin(unbind_origin::Arguments),
}

pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::Providers => Ok(providers::run(context)),
        Command::Status => status::run(context),
        Command::Bind(arguments) => bind::run(arguments, context),
        Command::Unbind => unbind::run(context),
        Command::SearchOrigin(arguments) => search_origin::run(arguments, context),
        Command::BindOrigin(arguments) => bind_origin::run(arguments, context),
        Command::UnbindOrigin(arguments) => unbind_origin::run(arguments, context),
    }
}
