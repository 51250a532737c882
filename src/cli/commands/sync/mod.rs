//! `spec-kitty sync …`: the events that wait to be delivered.

pub(crate) mod list;
pub(crate) mod now;
pub(crate) mod retry;
pub(crate) mod status;

use clap::Subcommand;

use crate::cli::context::{CommandResult, Context};
use crate::cli::failure::Failure;
use crate::project::paths::RootError;
use crate::project::{Project, ProjectError};
use crate::sync::queue::Queue;

/// The verbs of `sync`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Count what waits, in every project; changes nothing
    Status(status::Arguments),
    /// Deliver this project's events to the control plane
    Now(now::Arguments),
    /// List events, one a line
    List(list::Arguments),
    /// Put rejected events back into the queue
    Retry(retry::Arguments),
}

/// Hands a parsed verb to its handler.
pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::Status(arguments) => status::run(arguments, context),
        Command::Now(arguments) => now::run(arguments, context),
        Command::List(arguments) => list::run(arguments, context),
        Command::Retry(arguments) => retry::run(arguments, context),
    }
}

/// Which projects a verb is about.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Scope {
    /// Every project on this machine, not this one only
    #[arg(long)]
    all: bool,
}

/// The queues of a scope, and the project that the command stands in, if it stands in one.
fn select(scope: Scope, context: &Context) -> Result<(Vec<Queue>, Option<Project>), Failure> {
    let state_directory = context.world.state_directory();
    let project = match Project::open(&context.world) {
        Ok(project) => Some(project),
        Err(ProjectError::Root(RootError::NoProject { .. })) => None,
        // All there is does not depend on the project that one stands in.
        Err(_) if scope.all => None,
        Err(error) => return Err(error.into()),
    };
    let queues = match &project {
        _ if scope.all => Queue::all(&state_directory)?,
        Some(project) => vec![Queue::of_project(
            &state_directory,
            &project.identity.project_uuid,
        )],
        None => vec![Queue::outside_projects(&state_directory)],
    };
    Ok((queues, project))
}
