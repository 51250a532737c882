//! `spec-kitty auth logout`.

use serde_json::json;

use crate::auth::credentials;
use crate::auth::login::log_out;
use crate::cli::{CommandResult, Context, Outcome};
use crate::world::names;

/// Removes the session. Without one it succeeds too.
pub(crate) fn run(context: &Context) -> CommandResult {
    let world = &context.world;
    // An invalid file is removed too.
    let session = credentials::load(world).ok().flatten();
    let removed = log_out(world, &context.deadline)?;
    let text = match &session {
        Some(session) => format!("Logged out of {}", session.server),
        None if removed => "Logged out".to_owned(),
        None => "Nobody was logged in".to_owned(),
    };
    let session = session.as_ref();
    let fields = json!({
        "server": session.map(|session| session.server.to_string()),
        "username": session.and_then(|session| session.username.as_ref()),
        "team_slug": session.and_then(|session| session.team_slug.as_ref()),
        "logged_in": false,
    });
    let still = "SPEC_KITTY_TOKEN is still set and still used".to_owned();
    let warning = world.variable(names::TOKEN).map(|_| still);
    Ok(Outcome::new("spec-kitty.auth-logout/1", fields, text).warn(warning))
}
