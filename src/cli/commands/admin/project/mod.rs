//! `spec-kitty admin project`.

pub(crate) mod list;
pub(crate) mod map;
pub(crate) mod unmap;

use crate::cli::{CommandResult, Context};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Map a project to the tracker resource that contains its tickets
    Map(map::Arguments),
    /// List projects with their tracker resources
    List(super::ListArguments),
    /// Remove a project and its mapping
    Unmap(unmap::Arguments),
}

pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::Map(arguments) => map::run(arguments, context),
        Command::List(arguments) => list::run(arguments, context),
        Command::Unmap(arguments) => unmap::run(arguments, context),
    }
}
