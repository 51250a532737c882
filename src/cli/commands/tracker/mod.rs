//! `spec-kitty tracker …`: the project's tracker and its tickets.

pub mod bind_origin;
pub mod search_origin;

use clap::Subcommand;

use crate::cli::{CommandResult, Context};

/// The verbs of `tracker`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Search the tracker for the ticket a mission may begin from
    SearchOrigin(search_origin::Arguments),
    /// Bind a ticket to an existing mission
    BindOrigin(bind_origin::Arguments),
}

/// Hands a parsed verb to its handler.
pub fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::SearchOrigin(arguments) => search_origin::run(arguments, context),
        Command::BindOrigin(arguments) => bind_origin::run(arguments, context),
    }
}
