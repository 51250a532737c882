//! `spec-kitty mission …`: the missions of the project.

pub(crate) mod discard;

use crate::cli::{CommandResult, Context};

/// The commands of `mission`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Remove a mission that has no ticket
    Discard(discard::Arguments),
}

pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::Discard(arguments) => discard::run(arguments, context),
    }
}
