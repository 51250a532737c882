//! `spec-kitty agent …`: commands for agents and scripts.

pub(crate) mod feature;

use clap::Subcommand;

use crate::cli::{CommandResult, Context};

/// The commands of `agent`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Missions, by the name older callers use
    #[command(subcommand)]
    Feature(feature::Command),
}

pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::Feature(command) => feature::run(command, context),
    }
}
