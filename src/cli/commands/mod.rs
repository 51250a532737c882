//! One file a verb: its arguments and its handler, side by side. Folders mirror the command tree.

pub(crate) mod admin;
pub(crate) mod agent;
pub(crate) mod auth;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod init;
pub(crate) mod man;
pub(crate) mod serve;
pub(crate) mod specify;
pub(crate) mod sync;
pub(crate) mod tracker;

use super::arguments::Command;
use super::context::{CommandResult, Context};

/// Hands a parsed command to its handler.
pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::Init(arguments) => init::run(arguments, context),
        Command::Auth(command) => auth::run(command, context),
        Command::Specify(arguments) => specify::run(arguments, context),
        Command::Tracker(command) => tracker::run(command, context),
        Command::Doctor(arguments) => doctor::run(arguments, context),
        Command::Agent(command) => agent::run(command, context),
        Command::Serve(arguments) => serve::run(arguments, context),
        Command::Admin(command) => admin::run(command, context),
        Command::Sync(command) => sync::run(command, context),
        Command::Demo(arguments) => demo::run(arguments, context),
        Command::Completions(arguments) => Ok(completions::run(arguments)),
        Command::Man(arguments) => man::run(arguments),
    }
}
