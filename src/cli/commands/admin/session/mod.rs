//! `spec-kitty admin session`.

pub(crate) mod list;
pub(crate) mod revoke;

use crate::cli::{CommandResult, Context};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List who is logged in
    List(super::ListArguments),
    /// End a session
    Revoke(super::RevokeArguments),
}

pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::List(arguments) => list::run(arguments, context),
        Command::Revoke(arguments) => revoke::run(arguments, context),
    }
}
