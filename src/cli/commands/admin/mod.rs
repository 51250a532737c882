//! `spec-kitty admin`: manages the store of this machine's control plane.

pub(crate) mod project;
pub(crate) mod status;
pub(crate) mod tickets;
pub(crate) mod user;

use std::path::PathBuf;

use crate::cli::{CommandResult, Context, Failure};
use crate::control_plane::{self, Administration};

/// The `--data` option, which every verb has.
#[derive(Debug, clap::Args)]
pub struct Store {
    /// Folder of the control plane's store [default: control-plane in the state directory]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

impl Store {
    /// The absolute path of the folder.
    pub(crate) fn folder(&self, context: &Context) -> PathBuf {
        match &self.data {
            Some(data) => context.world.directory().join(data),
            None => control_plane::default_data_directory(&context.world),
        }
    }

    fn open<'a>(&self, context: &'a Context) -> Result<Administration<'a>, Failure> {
        Ok(Administration::open(&context.world, &self.folder(context))?)
    }

    /// The folder, for the JSON document.
    fn shown(&self, context: &Context) -> String {
        self.folder(context).display().to_string()
    }
}

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Manage users
    #[command(subcommand)]
    User(user::Command),
    /// Manage the tracker resource of each project
    #[command(subcommand)]
    Project(project::Command),
    /// Manage the tickets that a search can find
    #[command(subcommand)]
    Tickets(tickets::Command),
    /// Show what the store contains
    Status(status::Arguments),
}

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
