//! `spec-kitty admin origin`.

pub(crate) mod list;
pub(crate) mod remove;

use crate::cli::{CommandResult, Context};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the tickets that missions are bound to
    List(super::ListArguments),
    /// Remove an origin, so that its mission can be bound again
    Remove(remove::Arguments),
}

pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::List(arguments) => list::run(arguments, context),
        Command::Remove(arguments) => remove::run(arguments, context),
    }
}
