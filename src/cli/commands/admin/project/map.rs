//! `spec-kitty admin project map`.

use crate::cli::failure::Failure;
use crate::cli::{CommandResult, Context};

use super::super::Store;

/// Arguments of `admin project map`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The project's name, as `tracker bind --project-slug` gives it
    pub slug: String,
    /// jira or linear
    #[arg(long)]
    pub provider: String,
    /// Kind of tracker resource: linear_team, jira_project
    #[arg(long, value_name = "TYPE")]
    pub resource_type: String,
    /// The tracker's id of it
    #[arg(long, value_name = "ID")]
    pub resource_id: String,
    /// The store.
    #[command(flatten)]
    pub store: Store,
}

/// Maps the project.
pub fn run(_arguments: Arguments, _context: &Context) -> CommandResult {
    Err(Failure::usage("not built yet"))
}
