//! `spec-kitty auth`.

pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod status;

use crate::cli::{CommandResult, Context};

/// The commands of `auth`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Log in to a control plane
    Login(login::Arguments),
    /// Show the session; exits 4 if nobody is logged in
    Status(status::Arguments),
    /// Remove the session from this machine
    Logout,
}

pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::Login(arguments) => login::run(arguments, context),
        Command::Status(arguments) => status::run(arguments, context),
        Command::Logout => logout::run(context),
    }
}
