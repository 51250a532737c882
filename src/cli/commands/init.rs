//! `spec-kitty init`.

use crate::cli::failure::Failure;
use crate::cli::{CommandResult, Context};

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Makes the project's configuration.
pub fn run(_arguments: Arguments, _context: &Context) -> CommandResult {
    Err(Failure::usage("not built yet"))
}
