//! The errors of http, auth and the tracker client.

use std::time::Duration;

use crate::auth::credentials::CredentialsError;
use crate::auth::login::LoginError;
use crate::auth::server_choice::{ResolveError, ServerSource};
use crate::auth::session::SessionError;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::{Effect, Failure};
use crate::http::{HttpError, Refusal, RefusalKind};
use crate::settings::UserConfigError;
use crate::text::shell_word;
use crate::tracker::control_plane_client::TrackerError;
use crate::wire::candidate::FieldError;

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        let (code, exit, hint) = match &error {
            HttpError::NetworkDisabled => (
                "network_disabled",
                ExitCode::RepoState,
                "unset SPEC_KITTY_ENABLE_SAAS_SYNC, then run the same command again",
            ),
            HttpError::Setup { .. } => (
                "connection_setup",
                ExitCode::RepoState,
                "check SSL_CERT_FILE and HTTPS_PROXY, then run the same command again",
            ),
            HttpError::Unreachable { .. } => (
                "unreachable",
                ExitCode::Unavailable,
                "check the address and the network, then run the same command again",
            ),
            HttpError::TimedOut { .. } => (
                "timed_out",
                ExitCode::Unavailable,
                "run the same command again, or with a longer --timeout",
            ),
            HttpError::Cut { .. } => (
                "connection_lost",
                ExitCode::Unavailable,
                "run the same command again",
            ),
            HttpError::TooLarge { .. } => ("bad_response", ExitCode::Unavailable, NO_CONTROL_PLANE),
            HttpError::Redirect { .. } => {
                ("redirect_refused", ExitCode::Unavailable, NO_CONTROL_PLANE)
            }
        };
        Self::from_error(code, exit, &error)
            .hint(hint)
            .effect(effect(error.may_have_arrived()))
    }
}

impl From<UserConfigError> for Failure {
    fn from(error: UserConfigError) -> Self {
        match error {
            UserConfigError::File(error) => error.into(),
            UserConfigError::Broken { .. } => {
                Self::from_error("config_broken", ExitCode::RepoState, &error)
                    .hint("mend this file, then run the same command again")
            }
        }
    }
}

impl From<CredentialsError> for Failure {
    fn from(error: CredentialsError) -> Self {
        match error {
            CredentialsError::File(error) => error.into(),
            CredentialsError::Lock(error) => error.into(),
            CredentialsError::Broken { .. } => {
                Self::from_error("credentials_broken", ExitCode::RepoState, &error)
                    .hint("run: spec-kitty auth login")
            }
        }
    }
}

impl From<ResolveError> for Failure {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::UserConfig(error) => error.into(),
            ResolveError::Credentials(error) => error.into(),
            ResolveError::NotConfigured => {
                Self::from_error("not_configured", ExitCode::RepoState, &error)
                    .hint("name it with --server URL, or in SPEC_KITTY_SERVER")
            }
            ResolveError::Invalid {
                origin: ServerSource::Flag,
                ..
            } => Self::from_error("usage", ExitCode::Usage, &error)
                .hint("give --server a URL like https://control.example.com"),
            ResolveError::Invalid { .. } => {
                Self::from_error("server_invalid", ExitCode::RepoState, &error)
                    .hint("give it a URL like https://control.example.com")
            }
        }
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        let (code, exit, hint) = match error {
            SessionError::Server(error) => return error.into(),
            SessionError::Credentials(error) => return error.into(),
            SessionError::Http(error) => return error.into(),
            SessionError::RenewalRefused(refusal) => return refused(&refusal),
            SessionError::BadResponse(error) => return bad_response(&error),
            SessionError::NotLoggedIn { ref server } => (
                "auth_required",
                ExitCode::AuthRequired,
                match server {
                    Some(known) if known.source == ServerSource::Flag => {
                        format!("{LOG_IN} --server {}", shell_word(&known.server.to_string()))
                    }
                    Some(_) => LOG_IN.to_owned(),
                    None => format!("{LOG_IN} --server URL"),
                },
            ),
            SessionError::OtherServer { ref wanted, .. } => (
                "auth_required",
                ExitCode::AuthRequired,
                format!("{LOG_IN} --server {}", shell_word(&wanted.to_string())),
            ),
            SessionError::TokenWithoutServer => (
                "not_configured",
                ExitCode::RepoState,
                "name the server with --server URL, or in SPEC_KITTY_SERVER".to_owned(),
            ),
            SessionError::MalformedToken
            | SessionError::Expired {
                from_environment: true,
            } => (
                "session_expired",
                ExitCode::AuthRequired,
                "put a valid token into SPEC_KITTY_TOKEN, or unset it and run: spec-kitty auth login"
                    .to_owned(),
            ),
            SessionError::Expired { .. } => {
                ("session_expired", ExitCode::AuthRequired, LOG_IN.into())
            }
        };
        Self::from_error(code, exit, &error).hint(hint)
    }
}

impl From<LoginError> for Failure {
    fn from(error: LoginError) -> Self {
        let failure = match error {
            LoginError::Refused(refusal) => refused(&refusal),
            LoginError::BadResponse(error) => bad_response(&error),
            LoginError::MalformedToken => Self::from_error("usage", ExitCode::Usage, &error)
                .hint("run: spec-kitty auth login --with-token < FILE"),
            LoginError::Credentials(error) => error.into(),
            LoginError::Http(error) => error.into(),
        };
        // Whatever the server did, the stored session is the old one and a login may be repeated.
        failure.effect(Effect::None)
    }
}

impl From<TrackerError> for Failure {
    /// `effect` is that of a bind; a search changes nothing whatever happens to it.
    fn from(error: TrackerError) -> Self {
        let effect = effect(error.may_have_arrived());
        let failure = match error {
            TrackerError::Uncertain(last) => Self::from(*last),
            TrackerError::Session(error) => error.into(),
            TrackerError::BadResponse(error) => bad_response(&error),
            TrackerError::Conflict(refusal) => Self {
                code: "origin_conflict",
                message: "one origin per mission".to_owned(),
                ..refused(&refusal)
            }
            .hint("keep the origin this mission has, or bind the ticket to another mission"),
            TrackerError::Forbidden(refusal)
            | TrackerError::NotFound(refusal)
            | TrackerError::Invalid(refusal)
            | TrackerError::RateLimited { refusal, .. }
            | TrackerError::Unavailable(refusal)
            | TrackerError::Unexpected(refusal) => refused(&refusal),
        };
        failure.effect(effect)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        refused(&refusal)
    }
}

const LOG_IN: &str = "run: spec-kitty auth login";
const NO_CONTROL_PLANE: &str = "check that --server names a control plane";

fn effect(may_have_arrived: bool) -> Effect {
    if may_have_arrived {
        Effect::Unknown
    } else {
        Effect::None
    }
}

fn bad_response(error: &FieldError) -> Failure {
    let message = "the control plane's answer cannot be used";
    Failure::new("bad_response", ExitCode::Unavailable, message)
        .cause(error.to_string())
        .hint(NO_CONTROL_PLANE)
        .detail("field", error.field.clone())
}

/// The row of DESIGN §5 that a refusal is.
fn refused(refusal: &Refusal) -> Failure {
    let server = &refusal.server;
    let (code, exit, message, hint) = match refusal.kind {
        RefusalKind::Unauthenticated => (
            "login_refused",
            ExitCode::AuthRequired,
            "the control plane refuses this login",
            "check user name and password, then run the same command again".to_owned(),
        ),
        RefusalKind::Forbidden => (
            if refusal.user_action_required {
                "user_action_required"
            } else {
                "forbidden"
            },
            ExitCode::Forbidden,
            "the control plane does not allow this",
            format!(
                "act at the control plane's dashboard, {server}, then run the same command again"
            ),
        ),
        RefusalKind::NotFound => (
            "not_found",
            ExitCode::NotFound,
            "the control plane does not know this",
            format!("check the project's mapping at the control plane's dashboard, {server}"),
        ),
        RefusalKind::Conflict => (
            "conflict",
            ExitCode::Conflict,
            "the control plane holds something else",
            format!("look at the control plane's dashboard, {server}"),
        ),
        RefusalKind::Invalid => (
            "invalid_request",
            ExitCode::Usage,
            "the control plane rejects the request",
            "change what it names, then run the command again".to_owned(),
        ),
        RefusalKind::RateLimited => (
            "rate_limited",
            ExitCode::RateLimited,
            "the control plane asks to wait",
            format!(
                "wait {} s, then run the same command again",
                seconds(refusal.wait)
            ),
        ),
        RefusalKind::Unavailable => (
            "unavailable",
            ExitCode::Unavailable,
            "the control plane is not available",
            "run the same command again later".to_owned(),
        ),
        RefusalKind::Unexpected => (
            "unexpected_status",
            ExitCode::Unavailable,
            "the control plane gives an answer that means nothing here",
            NO_CONTROL_PLANE.to_owned(),
        ),
    };
    let mut failure = Failure::new(code, exit, message)
        .cause(refusal.message.clone())
        .hint(hint)
        .detail("status", refusal.status);
    if let Some(code) = &refusal.code {
        failure = failure.detail("server_code", code.clone());
    }
    failure.retryable |= refusal.retryable;
    failure.user_action_required |= refusal.user_action_required;
    failure.retry_after_seconds = match refusal.kind {
        RefusalKind::RateLimited => Some(seconds(refusal.wait)),
        _ => refusal.wait.map(|wait| wait.as_secs()),
    };
    failure
}

/// A 429 without a wait means five seconds.
fn seconds(wait: Option<Duration>) -> u64 {
    wait.map_or(5, |wait| wait.as_secs())
}
