//! `spec-kitty auth login`.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::status::not_verified;
use crate::auth::credentials::Credentials;
use crate::auth::login::{Login, with_password, with_token};
use crate::auth::server_choice::{Server, resolve};
use crate::auth::session::SessionError;
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Failure, Hint, Outcome, ask};
use crate::http::HttpError;
use crate::secret::Secret;
use crate::text::one_line;
use crate::warning::{Warning, WarningCode};
use crate::world::names;

/// Arguments of `auth login`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// User name [default: ask]
    #[arg(long, value_name = "USER")]
    pub username: Option<String>,
    /// Read an access token from standard input instead of asking for a password
    #[arg(long, conflicts_with = "password_stdin")]
    pub with_token: bool,
    /// Read the password from the first line of standard input
    #[arg(long, requires = "username")]
    pub password_stdin: bool,
    /// Team [default: the server's choice]
    #[arg(long, value_name = "SLUG")]
    pub team: Option<String>,
}

/// The new session.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AuthLogin {
    /// The server that issued the session.
    server: String,
    username: Option<String>,
    team_slug: Option<String>,
    /// Always true.
    logged_in: bool,
    access_expires_at: Option<DateTime<Utc>>,
    /// When the session expires.
    refresh_expires_at: Option<DateTime<Utc>>,
}

impl Document for AuthLogin {
    const SCHEMA: &'static str = "spec-kitty.auth-login/1";
}

/// Starts a session, which replaces the stored one.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    context.require_home()?;
    let world = &context.world;
    let mut login = Login {
        server: match resolve(world, context.server.as_deref())?.server {
            Server::At(url) => url,
            Server::Local => return Err(SessionError::Local.into()),
        },
        username: non_empty("--username", arguments.username)?,
        team_slug: non_empty("--team", arguments.team)?,
    };
    let mut warnings = Vec::new();
    let session = if arguments.with_token {
        let token = token_from_stdin(context)?;
        let stored = with_token(world, &context.deadline, login, token);
        let (session, answer) = stored.map_err(Failure::of_login)?;
        warnings.extend(not_verified(&answer));
        session
    } else {
        if !world.network_allowed() {
            return Err(HttpError::NetworkDisabled.into());
        }
        let password = if arguments.password_stdin {
            password_from_stdin(context)?
        } else {
            password_from_terminal(context, &mut login)?
        };
        with_password(world, &context.deadline, login, password).map_err(Failure::of_login)?
    };
    warnings.extend(more_warnings(context, &session));
    Ok(outcome(&session).warn(warnings))
}

fn password_from_stdin(context: &Context) -> Result<Secret, Failure> {
    let password = ask::within_time(context, "the password", ask::password_from_stdin)?;
    if password.expose().is_empty() {
        return Err(Failure::usage("the password on standard input is empty"));
    }
    Ok(password)
}

/// Asks for what is missing.
fn password_from_terminal(context: &Context, login: &mut Login) -> Result<Secret, Failure> {
    if !context.ui.may_ask() {
        return Err(password_required(context));
    }
    if login.username.is_none() {
        login.username = Some(ask::text(context, "User name")?);
    }
    ask::password(context, "Password")
}

/// The value of a flag, which must not be empty.
fn non_empty(flag: &str, value: Option<String>) -> Result<Option<String>, Failure> {
    match value {
        Some(value) if value.trim().is_empty() => Err(Failure::usage(format!("{flag} is empty"))
            .hint(Hint::run("spec-kitty auth login --help"))),
        other => Ok(other),
    }
}

fn token_from_stdin(context: &Context) -> Result<Secret, Failure> {
    const MOST_BYTES: u64 = 64 * 1024;
    if context.world.terminals().stdin {
        if context.ui.may_ask() {
            return ask::password(context, "Access token");
        }
        return Err(password_required(context));
    }
    let bytes = ask::within_time(context, "the token", || ask::read_stdin(MOST_BYTES))?;
    // A replacement character is not allowed in a token, so invalid UTF-8 is rejected later.
    Ok(Secret::new(String::from_utf8_lossy(&bytes).trim()))
}

fn password_required(context: &Context) -> Failure {
    let typed = context.typed.quoted();
    let is_typed = context.typed.contains("--with-token");
    let flag = if is_typed { "" } else { " --with-token" };
    ask::password_required(format!("{typed}{flag} < FILE"))
}

fn outcome(session: &Credentials) -> Outcome {
    let answer = AuthLogin {
        server: session.server.to_string(),
        username: session.username.clone(),
        team_slug: session.team_slug.clone(),
        logged_in: true,
        access_expires_at: session.access_expires_at,
        refresh_expires_at: session.refresh_expires_at,
    };
    let with = |word: &str, name: &Option<String>| match name {
        Some(name) => format!(" {word} {}", one_line(name)),
        None => String::new(),
    };
    let user = with("as", &session.username);
    let team = with("for team", &session.team_slug);
    let text = format!("Logged in to {}{user}{team}", session.server);
    Outcome::new(answer, text)
}

fn more_warnings(context: &Context, session: &Credentials) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if session.team_slug.is_none() {
        let message = "the session has no team; pass one with --team";
        warnings.push(Warning::new(WarningCode::NoTeam, message));
    }
    if context.world.variable(names::TOKEN).is_some() {
        let message = "SPEC_KITTY_TOKEN is set and overrides this session";
        warnings.push(Warning::new(WarningCode::TokenOverrides, message));
    }
    warnings
}
