//! `spec-kitty auth logout`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::credentials;
use crate::auth::login::log_out;
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome};
use crate::warning::{Warning, WarningCode};
use crate::world::names;

/// The session that was removed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AuthLogout {
    /// The server of the session.
    server: Option<String>,
    username: Option<String>,
    team_slug: Option<String>,
    /// Always false.
    logged_in: bool,
}

impl Document for AuthLogout {
    const SCHEMA: &'static str = "spec-kitty.auth-logout/1";
}

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
    let answer = AuthLogout {
        server: session.map(|session| session.server.to_string()),
        username: session.and_then(|session| session.username.clone()),
        team_slug: session.and_then(|session| session.team_slug.clone()),
        logged_in: false,
    };
    let still = "SPEC_KITTY_TOKEN is still set and still used";
    let still = Warning::new(WarningCode::TokenOverrides, still);
    let warning = world.variable(names::TOKEN).map(|_| still);
    Ok(Outcome::new(answer, text).warn(warning))
}
