//! `spec-kitty auth status`.

use chrono::{DateTime, SecondsFormat, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::server_choice::ServerSource;
use crate::auth::status::{Standing, Status, look};
use crate::cli::document::Document;
use crate::cli::{Code, CommandResult, Context, Failure, Hint, Outcome, record_known};
use crate::warning::{Warning, WarningCode};

/// The session.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AuthStatus {
    /// The server's URL.
    server: Option<String>,
    /// Where the URL came from.
    server_source: Option<&'static str>,
    username: Option<String>,
    team_slug: Option<String>,
    /// Whether commands can make requests.
    logged_in: bool,
    /// `logged_in`, `environment_token`, `logged_out`, `expired` or `other_server`.
    standing: &'static str,
    access_expires_at: Option<DateTime<Utc>>,
    /// When the session expires.
    refresh_expires_at: Option<DateTime<Utc>>,
}

impl Document for AuthStatus {
    const SCHEMA: &'static str = "spec-kitty.auth-status/1";
    const CAN_FAIL: bool = true;
}

/// Shows who is logged in to which server, without a request.
pub(crate) fn run(context: &Context) -> CommandResult {
    let status = look(&context.world, context.server.as_deref())?;
    let answer = AuthStatus {
        server: status.server.as_ref().map(ToString::to_string),
        server_source: status.server_source.map(ServerSource::as_str),
        username: status.username.clone(),
        team_slug: status.team_slug.clone(),
        logged_in: status.standing.is_logged_in(),
        standing: word(&status.standing),
        access_expires_at: status.access_expires_at,
        refresh_expires_at: status.refresh_expires_at,
    };
    let outcome = Outcome::new(answer, text(&status, context));
    if status.standing.is_logged_in() {
        return Ok(outcome);
    }
    let outcome = outcome.warn(other_server(&status.standing));
    Ok(outcome.failed(nobody(&status)))
}

/// The error that nobody is logged in.
fn nobody(status: &Status) -> Failure {
    let (code, message) = match status.standing {
        Standing::Expired => (Code::SessionExpired, "session expired"),
        _ => (Code::AuthRequired, "not logged in"),
    };
    let hint = match status.server {
        Some(_) => Hint::run(LOG_IN),
        None => Hint::Template(format!("{LOG_IN} --server URL")),
    };
    Failure::new(code, message).hint(hint)
}

const LOG_IN: &str = "spec-kitty auth login";

/// A stable word for scripts.
pub(crate) fn word(standing: &Standing) -> &'static str {
    match standing {
        Standing::LoggedIn => "logged_in",
        Standing::Environment => "environment_token",
        Standing::LoggedOut => "logged_out",
        Standing::Expired => "expired",
        Standing::OtherServer(_) => "other_server",
    }
}

/// A text for the user, with the command to run.
pub(crate) fn sentence(standing: &Standing) -> &'static str {
    match standing {
        Standing::LoggedIn => "logged in",
        Standing::Environment => "logged in by SPEC_KITTY_TOKEN",
        Standing::LoggedOut | Standing::OtherServer(_) => {
            "not logged in; run: spec-kitty auth login"
        }
        Standing::Expired => "session expired; run: spec-kitty auth login",
    }
}

/// A warning if the session belongs to another server.
pub(crate) fn other_server(standing: &Standing) -> Option<Warning> {
    match standing {
        Standing::OtherServer(server) => {
            let message = format!("the stored session is for {server}");
            Some(Warning::new(WarningCode::OtherServer, message))
        }
        _ => None,
    }
}

/// A time as text for the user.
pub(crate) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn text(status: &Status, context: &Context) -> String {
    let end = status.refresh_expires_at.or(status.access_expires_at);
    let rows = [
        ("session", Some(sentence(&status.standing).to_owned())),
        ("server", status.server.as_ref().map(ToString::to_string)),
        ("user", status.username.clone()),
        ("team", status.team_slug.clone()),
        ("expires", end.map(time)),
    ];
    record_known(&context.ui, rows)
}
