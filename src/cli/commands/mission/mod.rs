//! `spec-kitty mission …`: the missions of the project.

pub(crate) mod discard;
pub(crate) mod list;
pub(crate) mod open;
pub(crate) mod show;

use crate::cli::{CommandResult, Context, Failure, Hint};
use crate::mission::{self, Mission};
use crate::project::Project;

/// The commands of `mission`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the missions of this project
    List(list::Arguments),
    /// Show a mission
    Show(show::Arguments),
    /// Open the ticket of a mission in the browser
    Open(open::Arguments),
    /// Remove a mission that has no ticket
    Discard(discard::Arguments),
}

pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::List(_) => list::run(context),
        Command::Show(arguments) => show::run(arguments, context),
        Command::Open(arguments) => open::run(arguments, context),
        Command::Discard(arguments) => discard::run(arguments, context),
    }
}

/// The mission that the user names, else the one whose folder is the current directory or above it.
fn select(context: &Context, project: &Project, asked: Option<&str>) -> Result<Mission, Failure> {
    let directory = context.world.directory();
    if let Some(asked) = asked {
        return Ok(mission::find(&project.root, directory, asked)?);
    }
    mission::containing(&project.root, directory)?.ok_or_else(|| {
        Failure::usage("name a mission, or run this in its folder")
            .hint(Hint::run("spec-kitty mission list"))
    })
}
