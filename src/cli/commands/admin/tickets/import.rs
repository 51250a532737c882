//! `spec-kitty admin tickets import`.

use std::path::PathBuf;

use crate::cli::failure::Failure;
use crate::cli::{CommandResult, Context};

use super::super::Store;

/// Arguments of `admin tickets import`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// JSON list of tickets: provider, resource_type, resource_id, external_issue_id,
    /// external_issue_key, title, status, url and, where there is one, body; - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The store.
    #[command(flatten)]
    pub store: Store,
}

/// Imports the tickets.
pub fn run(_arguments: Arguments, _context: &Context) -> CommandResult {
    Err(Failure::usage("not built yet"))
}
