//! `spec-kitty auth`.

pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod status;

use crate::cli::context::{CommandResult, Context};

/// The verbs.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Log in at a control plane
    Login(login::Arguments),
    /// Show who is logged in where; exits 4 when nobody is
    Status(status::Arguments),
    /// Forget the session on this machine
    Logout(logout::Arguments),
}

/// Hands a parsed command to its handler.
pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::Login(arguments) => login::run(arguments, context),
        Command::Status(arguments) => status::run(arguments, context),
        Command::Logout(arguments) => logout::run(arguments, context),
    }
}
