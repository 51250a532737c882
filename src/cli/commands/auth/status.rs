//! `spec-kitty auth status`.

use chrono::{DateTime, SecondsFormat, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::server_choice::ServerSource;
use crate::auth::status::{Standing, Status, look};
use crate::auth::verification::{self, Verification};
use crate::cli::document::Document;
use crate::cli::{Code, CommandResult, Context, Failure, Hint, Outcome, record_known};
use crate::text::one_line;
use crate::warning::{Warning, WarningCode};

/// Arguments of `auth status`.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Arguments {
    /// Do not ask the server whether it accepts the session
    #[arg(long)]
    offline: bool,
}

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
    /// `logged_in`, `environment_token`, `local`, `logged_out`, `expired` or `other_server`.
    standing: &'static str,
    /// Whether the server accepts the session; null if it was not asked, or did not decide.
    verified: Option<bool>,
    access_expires_at: Option<DateTime<Utc>>,
    /// When the session expires.
    refresh_expires_at: Option<DateTime<Utc>>,
}

impl Document for AuthStatus {
    const SCHEMA: &'static str = "spec-kitty.auth-status/1";
    const CAN_FAIL: bool = true;
}

/// Shows who is logged in to which server, and whether the server agrees.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let (world, flag_server) = (&context.world, context.server.as_deref());
    let mut status = look(world, flag_server)?;
    let asks = !arguments.offline && status.standing.has_token();
    let answer = asks.then(|| verification::of_session(world, flag_server, context.deadline));
    let verified = answer.as_ref().and_then(Verification::verified);
    if verified == Some(false) {
        status.reject();
    }
    let document = AuthStatus {
        server: status.server.as_ref().map(ToString::to_string),
        server_source: status.server_source.map(ServerSource::as_str),
        username: status.username.clone(),
        team_slug: status.team_slug.clone(),
        logged_in: status.standing.is_logged_in(),
        standing: word(&status.standing),
        verified,
        access_expires_at: status.access_expires_at,
        refresh_expires_at: status.refresh_expires_at,
    };
    let outcome = Outcome::new(document, text(&status, answer.as_ref(), context));
    // The text has it in a row.
    let doubt = answer.as_ref().filter(|_| context.ui.json);
    let outcome = outcome.warn(doubt.and_then(not_verified));
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
        Standing::EnvironmentRejected => (Code::SessionExpired, REJECTED),
        _ => (Code::AuthRequired, "not logged in"),
    };
    let hint = match status.server {
        Some(_) => Hint::run(LOG_IN),
        None => Hint::Template(format!("{LOG_IN} --server URL")),
    };
    Failure::new(code, message).hint(hint)
}

const REJECTED: &str = "the server does not accept SPEC_KITTY_TOKEN";
const LOG_IN: &str = "spec-kitty auth login";

/// A stable word for scripts.
pub(crate) fn word(standing: &Standing) -> &'static str {
    match standing {
        Standing::LoggedIn => "logged_in",
        Standing::Environment | Standing::EnvironmentRejected => "environment_token",
        Standing::Local => "local",
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
        Standing::Local => "personal control plane on this machine; it needs no login",
        Standing::EnvironmentRejected => REJECTED,
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

/// A warning if the server did not decide about the session.
pub(super) fn not_verified(answer: &Verification) -> Option<Warning> {
    let message = one_line(&format!("not verified: {}", answer.doubt()?));
    Some(Warning::new(WarningCode::NotVerified, message))
}

/// A time as text for the user.
pub(crate) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn text(status: &Status, answer: Option<&Verification>, context: &Context) -> String {
    let verified = answer.map(|answer| match answer.verified() {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None => not_verified(answer).map_or_else(String::new, |it| it.message),
    });
    let end = status.refresh_expires_at.or(status.access_expires_at);
    let rows = [
        ("session", Some(sentence(&status.standing).to_owned())),
        ("verified", verified),
        ("server", status.server.as_ref().map(ToString::to_string)),
        ("user", status.username.clone()),
        ("team", status.team_slug.clone()),
        ("expires", end.map(time)),
    ];
    record_known(&context.ui, rows)
}
