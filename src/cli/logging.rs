//! `-v` and `SPEC_KITTY_LOG`: a log on stderr.

use tracing_subscriber::EnvFilter;

use super::globals::Globals;
use crate::world::{World, names};

/// Starts the log if a flag or variable asks for it. The flag overrides the variable.
pub(super) fn start(globals: &Globals, world: &World) {
    let filter = match (globals.verbose, world.variable(names::LOG)) {
        (0, None) => return,
        (0, Some(filter)) => filter,
        (1, _) => "spec_kitty=debug",
        (_, _) => "spec_kitty=trace",
    };
    let logger = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        // Otherwise a failed write is reported on stderr, which then fails too and panics.
        .log_internal_errors(false)
        .with_ansi(false)
        .with_target(false);
    // Fails if this process already has a logger, which then stays.
    drop(logger.try_init());
}
