//! `-v` and `SPEC_KITTY_LOG`: a log on stderr.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use super::Ui;
use super::globals::Globals;
use crate::text::one_line;
use crate::world::{World, names};

/// Starts the log if a flag or variable asks for it. The flag overrides the variable.
pub(super) fn start(globals: &Globals, world: &World, ui: &Ui) {
    let filter = match (globals.verbose, filter(world)) {
        (0, None) => return,
        (0, Some(Ok(filter))) => filter,
        (0, Some(Err(error))) => {
            return ui.say(&one_line(&format!("{} is ignored: {error}", names::LOG)));
        }
        (1, _) => EnvFilter::new("spec_kitty=debug"),
        (_, _) => EnvFilter::new("spec_kitty=trace"),
    };
    let logger = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Otherwise a failed write is reported on stderr, which then fails too and panics.
        .log_internal_errors(false)
        .with_ansi(false)
        .with_target(false);
    // Fails if this process already has a logger, which then stays.
    drop(logger.try_init());
}

/// The filter in `SPEC_KITTY_LOG`. `EnvFilter::new` would write an invalid one to stderr unchanged.
pub(crate) fn filter(world: &World) -> Option<Result<EnvFilter, ParseError>> {
    world.variable(names::LOG).map(EnvFilter::try_new)
}
