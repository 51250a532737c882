//! `spec-kitty admin status`.

use crate::cli::failure::Failure;
use crate::cli::{CommandResult, Context};

use super::Store;

/// Arguments of `admin status`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The store.
    #[command(flatten)]
    pub store: Store,
}

/// Counts what the store holds.
pub fn run(_arguments: Arguments, _context: &Context) -> CommandResult {
    Err(Failure::usage("not built yet"))
}
