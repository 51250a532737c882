//! `spec-kitty auth logout`.

use serde_json::json;

use crate::auth::login::log_out;
use crate::cli::outcome::Outcome;
use crate::cli::{CommandResult, Context};
use crate::world::names;

/// Arguments of `auth logout`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Forgets the session. Nothing to forget is no error.
pub fn run(_arguments: Arguments, context: &Context) -> CommandResult {
    let world = &context.world;
    let removed = log_out(world, &context.deadline)?;
    let text = if removed {
        "Logged out"
    } else {
        "Nobody was logged in"
    };
    let fields = json!({ "logged_in": false, "removed": removed });
    let still = "SPEC_KITTY_TOKEN is still set and still used".to_owned();
    let warning = world.variable(names::TOKEN).map(|_| still);
    Ok(Outcome::new("spec-kitty.auth-logout/1", fields, text).warn(warning))
}
