//! `spec-kitty sync …`: the offline queue.

pub(crate) mod list;
pub(crate) mod now;
pub(crate) mod retry;
pub(crate) mod status;

use crate::cli::{CommandResult, Context, Failure};
use crate::project::paths::RootError;
use crate::project::{Project, ProjectError};
use crate::sync::queue::{Counts, Queue};
use crate::text::count;
use crate::warning::{Warning, WarningCode};

/// The verbs of `sync`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Count the queued events of all projects
    Status,
    /// Deliver this project's queued events
    Now(now::Arguments),
    /// List queued events, one per line
    List(list::Arguments),
    /// Put rejected events back into the queue
    Retry(retry::Arguments),
}

/// Runs a verb.
pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::Status => status::run(context),
        Command::Now(arguments) => now::run(arguments, context),
        Command::List(arguments) => list::run(arguments, context),
        Command::Retry(arguments) => retry::run(arguments, context),
    }
}

/// The projects that a verb acts on.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Scope {
    /// All projects on this machine
    #[arg(long)]
    all: bool,
}

/// The queues of a scope, and the current project if there is one.
fn select(scope: Scope, context: &Context) -> Result<(Vec<Queue>, Option<Project>), Failure> {
    let state_directory = context.world.state_directory();
    let project = match Project::open(&context.world) {
        Ok(project) => Some(project),
        Err(ProjectError::Root(RootError::NoProject { .. })) => None,
        // A broken project here must not prevent an action on all projects.
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

/// A warning about events that this version cannot deliver.
fn newer_version(events: u64) -> Option<Warning> {
    let message = count(events, "event") + " need a newer version of spec-kitty";
    (events > 0).then(|| Warning::new(WarningCode::NewerVersion, message))
}

/// The content of several queues.
pub(crate) fn total(queues: &[Queue]) -> Counts {
    let mut total = Counts::default();
    for queue in queues {
        total.add(queue.counts());
    }
    total
}

/// How many events of the project are queued.
pub(crate) fn queued_events(project: &Project) -> u64 {
    let uuid = &project.identity.project_uuid;
    let queue = Queue::of_project(&project.state_directory, uuid);
    queue.counts().pending
}

/// How many events are queued, and how to deliver them.
pub(crate) fn queued(number: u64) -> String {
    let them = match number {
        0 => return "none".to_owned(),
        1 => "it",
        _ => "them",
    };
    let events = count(number, "event");
    format!("{events}; to deliver {them}, run: spec-kitty sync now")
}
