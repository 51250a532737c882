//! `spec-kitty agent …`: commands for agents and scripts.

pub(crate) mod feature;

use crate::cli::{CommandResult, Context};

/// The commands of `agent`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Missions, by the name older callers use
    #[command(subcommand)]
    Feature(feature::Command),
}

pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    let Command::Feature(feature::Command::CreateFeature(arguments)) = command;
    feature::create_feature::run(arguments, context)
}
