//! `spec-kitty ticket …`: the tickets of the project's tracker.

pub(crate) mod list;
pub(crate) mod show;

use super::tracker::search_origin;
use crate::cli::{CommandResult, Context};

/// The commands of `ticket`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the tickets of the project, the newest update first
    List(list::Arguments),
    /// Show a ticket with its text and its missions
    Show(show::Arguments),
    /// Search for a ticket, as tracker search-origin does
    Search(search_origin::Arguments),
}

pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::List(arguments) => list::run(arguments, context),
        Command::Show(arguments) => show::run(arguments, context),
        Command::Search(arguments) => search_origin::run(arguments, context),
    }
}
