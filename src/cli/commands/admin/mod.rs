//! `spec-kitty admin`: fills and shows the store of the control plane on this machine.

pub(crate) mod project;
pub(crate) mod status;
pub(crate) mod tickets;
pub(crate) mod user;

use std::path::PathBuf;

use crate::cli::context::{CommandResult, Context};
use crate::control_plane;

/// Where the store is; every verb takes it.
#[derive(Debug, clap::Args)]
pub struct Store {
    /// Folder of the control plane's store [default: control-plane in the state directory]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

impl Store {
    /// The folder, absolute.
    pub(crate) fn folder(&self, context: &Context) -> PathBuf {
        match &self.data {
            Some(data) => context.world.directory().join(data),
            None => control_plane::default_data_directory(&context.world),
        }
    }
}

/// The nouns and verbs.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// People who may log in
    #[command(subcommand)]
    User(user::Command),
    /// Projects, and the tracker resources their tickets are in
    #[command(subcommand)]
    Project(project::Command),
    /// Tickets that a search can find
    #[command(subcommand)]
    Tickets(tickets::Command),
    /// Show what the store holds
    Status(status::Arguments),
}

/// Hands a parsed command to its handler.
pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::User(user::Command::Add(arguments)) => user::add::run(arguments, context),
        Command::Project(project::Command::Map(arguments)) => project::map::run(arguments, context),
        Command::Tickets(tickets::Command::Import(arguments)) => {
            tickets::import::run(arguments, context)
        }
        Command::Status(arguments) => status::run(arguments, context),
    }
}
