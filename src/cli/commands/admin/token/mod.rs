//! `spec-kitty admin token`.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;

use crate::cli::{CommandResult, Context};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Create a lasting token for CI, to be set as `SPEC_KITTY_TOKEN`
    Create(create::Arguments),
    /// List the tokens, without their secrets
    List(super::ListArguments),
    /// Revoke a token
    Revoke(super::RevokeArguments),
}

pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::Create(arguments) => create::run(arguments, context),
        Command::List(arguments) => list::run(arguments, context),
        Command::Revoke(arguments) => revoke::run(arguments, context),
    }
}
