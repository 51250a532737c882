//! `-v` and `SPEC_KITTY_LOG`: a log on stderr.

use tracing_subscriber::EnvFilter;

use super::Ui;
use super::globals::Globals;
use crate::text::one_line;
use crate::world::{World, names};

/// What `-v` shows: one line for each call, to the server and to a tracker.
const CALLS: &str = "spec_kitty::http=debug,tracker_calls=debug";
/// What `-vv` shows.
const EVERYTHING: &str = "spec_kitty=trace,tracker_calls=debug";

/// Starts the log if a flag or variable asks for it. The flag overrides the variable.
pub(super) fn start(globals: &Globals, world: &World, ui: &Ui) {
    let filter = match globals.verbose {
        0 => filter(world, ui),
        1 => Some(EnvFilter::new(CALLS)),
        _ => Some(EnvFilter::new(EVERYTHING)),
    };
    let Some(filter) = filter else {
        return;
    };
    let logger = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Otherwise a failed write is reported on stderr, which then fails too and panics.
        .log_internal_errors(false)
        .with_ansi(false)
        .with_target(false);
    // Fails if this process already has a logger, which then stays.
    drop(if globals.verbose == 1 {
        logger.without_time().with_level(false).try_init()
    } else {
        logger.try_init()
    });
}

/// The filter in `SPEC_KITTY_LOG`. Says so if it is invalid; `EnvFilter::new` would write it to stderr
/// unchanged.
pub(crate) fn filter(world: &World, ui: &Ui) -> Option<EnvFilter> {
    match EnvFilter::try_new(world.variable(names::LOG)?) {
        Ok(filter) => Some(filter),
        Err(error) => {
            ui.say(&one_line(&format!("{} is ignored: {error}", names::LOG)));
            None
        }
    }
}
