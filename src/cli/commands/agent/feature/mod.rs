//! `spec-kitty agent feature …`.

pub(crate) mod create_feature;

use clap::Subcommand;

use crate::cli::{CommandResult, Context};

/// The commands of `agent feature`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a mission without a ticket
    CreateFeature(create_feature::Arguments),
}

pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::CreateFeature(arguments) => create_feature::run(arguments, context),
    }
}
