//! One file a verb: its arguments and its handler, side by side. Folders mirror the command tree.

pub mod init;

use super::arguments::Command;
use super::{CommandResult, Context};

/// Hands a parsed command to its handler.
pub fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::Init(arguments) => init::run(arguments, context),
    }
}
