//! `spec-kitty demo`.

use std::path::PathBuf;

use crate::cli::failure::Failure;
use crate::cli::{CommandResult, Context};

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Make the demo in this new folder and leave it there
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// Shows the main job, step by step.
pub fn run(_arguments: Arguments, _context: &Context) -> CommandResult {
    Err(Failure::usage("not built yet"))
}
