//! `spec-kitty admin user add`.

use crate::cli::failure::Failure;
use crate::cli::{CommandResult, Context};

use super::super::Store;

/// Arguments of `admin user add`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Login name
    pub name: String,
    /// Team to join
    #[arg(long, value_name = "SLUG")]
    pub team: String,
    /// Tracker the user may act for; repeat for more
    #[arg(long = "link", value_name = "PROVIDER")]
    pub links: Vec<String>,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// The store.
    #[command(flatten)]
    pub store: Store,
}

/// Adds the user.
pub fn run(_arguments: Arguments, _context: &Context) -> CommandResult {
    Err(Failure::usage("not built yet"))
}
