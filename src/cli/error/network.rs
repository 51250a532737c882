//! Errors of settings, credentials, sessions and requests.

use super::effect;
use super::refusal::{CHECK_SERVER, bad_response};
use crate::auth::credentials::CredentialsError;
use crate::auth::login::LoginError;
use crate::auth::server_choice::{ResolveError, ServerSource};
use crate::auth::session::SessionError;
use crate::cli::code::Code;
use crate::cli::failure::{Effect, Failure};
use crate::cli::hint::Hint;
use crate::http::HttpError;
use crate::settings::UserConfigError;
use crate::text::shell_word;

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        let (code, hint) = match &error {
            HttpError::Repeated(_) | HttpError::Encoding(_) => (Code::Internal, None),
            HttpError::NetworkDisabled => (
                Code::NetworkDisabled,
                Some(Hint::then_same_command("unset SPEC_KITTY_ENABLE_SAAS_SYNC")),
            ),
            HttpError::Setup { .. } => (
                Code::ConnectionSetup,
                Some(Hint::then_same_command(
                    "check SSL_CERT_FILE and HTTPS_PROXY",
                )),
            ),
            HttpError::Unreachable { .. } => (
                Code::Unreachable,
                Some(Hint::then_same_command("check the address and the network")),
            ),
            HttpError::TimedOut { .. } => (
                Code::TimedOut,
                Some(Hint::then_same_command("allow more time with --timeout")),
            ),
            HttpError::Cut { .. } => (Code::ConnectionLost, Some(Hint::SameCommand)),
            HttpError::TooLarge { .. } => (Code::BadResponse, Some(CHECK_SERVER.into())),
            HttpError::Redirect { .. } => (Code::RedirectRefused, Some(CHECK_SERVER.into())),
        };
        let effect = effect(error.may_have_arrived());
        let mut failure = match error {
            HttpError::Repeated(last) => Self::from(*last),
            error => Self::from_error(code, &error),
        };
        failure.hint = hint.or(failure.hint);
        failure.effect(effect)
    }
}

impl From<UserConfigError> for Failure {
    fn from(error: UserConfigError) -> Self {
        match error {
            UserConfigError::File(error) => error.into(),
            UserConfigError::Broken { .. } => Self::from_error(Code::ConfigBroken, &error)
                .hint(Hint::then_same_command("fix the file")),
        }
    }
}

impl From<CredentialsError> for Failure {
    fn from(error: CredentialsError) -> Self {
        match error {
            CredentialsError::File(error) => error.into(),
            CredentialsError::Lock(error) => error.into(),
            CredentialsError::Broken { .. } => {
                Self::from_error(Code::CredentialsBroken, &error).hint(Hint::run(LOG_IN))
            }
        }
    }
}

impl From<ResolveError> for Failure {
    fn from(error: ResolveError) -> Self {
        let code = match error {
            ResolveError::UserConfig(error) => return error.into(),
            ResolveError::Credentials(error) => return error.into(),
            ResolveError::NotConfigured => {
                return Self::from_error(Code::NotConfigured, &error).hint(SET_SERVER);
            }
            ResolveError::Invalid {
                origin: ServerSource::Flag,
                ..
            } => Code::Usage,
            ResolveError::Invalid { .. } => Code::ServerInvalid,
        };
        Self::from_error(code, &error).hint("use a URL like https://control.example.com")
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        let (code, hint) = match error {
            SessionError::Server(error) => return error.into(),
            SessionError::Credentials(error) => return error.into(),
            SessionError::Http(error) => return error.into(),
            SessionError::Refused(refusal) => return Self::from(*refusal).effect(Effect::None),
            SessionError::BadResponse(error) => return bad_response(&error),
            SessionError::Uncertain(last) => return Self::from(*last).effect(Effect::Unknown),
            SessionError::NotLoggedIn { ref server } => {
                let command = match server {
                    Some(known) if known.source == ServerSource::Flag => log_in_at(&known.server),
                    Some(_) => LOG_IN.to_owned(),
                    None => format!("{LOG_IN} --server URL"),
                };
                (Code::AuthRequired, Hint::Run(command))
            }
            SessionError::OtherServer { ref wanted, .. } => {
                (Code::AuthRequired, Hint::Run(log_in_at(wanted)))
            }
            SessionError::TokenWithoutServer => (Code::NotConfigured, SET_SERVER.into()),
            SessionError::MalformedToken
            | SessionError::Expired {
                from_environment: true,
            } => (
                Code::SessionExpired,
                Hint::lead_to(
                    "set SPEC_KITTY_TOKEN to a valid token, or unset it and run",
                    LOG_IN,
                ),
            ),
            SessionError::Expired { .. } => (Code::SessionExpired, Hint::run(LOG_IN)),
        };
        Self::from_error(code, &error).hint(hint)
    }
}

impl From<LoginError> for Failure {
    fn from(error: LoginError) -> Self {
        let failure = match error {
            LoginError::Refused(refusal) => Self::from(*refusal),
            LoginError::BadResponse(error) => bad_response(&error),
            LoginError::MalformedToken => Self::from_error(Code::Usage, &error)
                .hint(Hint::run(format!("{LOG_IN} --with-token < FILE"))),
            LoginError::Credentials(error) => error.into(),
            LoginError::Http(error) => error.into(),
        };
        // The stored session is unchanged, and a login can be repeated.
        failure.effect(Effect::None)
    }
}

const LOG_IN: &str = "spec-kitty auth login";
const SET_SERVER: &str = "set the server with --server URL or SPEC_KITTY_SERVER";

fn log_in_at(server: &impl ToString) -> String {
    format!("{LOG_IN} --server {}", shell_word(&server.to_string()))
}
