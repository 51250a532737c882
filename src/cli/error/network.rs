//! Errors of settings, credentials, sessions and requests. Refusals of the server are in `refusal.rs`.

use super::effect;
use super::refusal::bad_response;
use crate::auth::credentials::CredentialsError;
use crate::auth::server_choice::ServerSource;
use crate::auth::session::SessionError;
use crate::cli::code::Code;
use crate::cli::failure::{Effect, Failure};
use crate::cli::hint::Hint;
use crate::http::{BadCertificate, HttpError};
use crate::settings::UserConfigError;
use crate::settings::home::HomeError;
use crate::text::shell_word;

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        let effect = effect(error.may_have_arrived());
        let code = match error {
            HttpError::Repeated(last) => return Self::from(*last).effect(effect),
            HttpError::NetworkDisabled => Code::NetworkDisabled,
            HttpError::Encoding(_) => Code::Internal,
            HttpError::Setup { .. } => Code::ConnectionSetup,
            HttpError::Unreachable { ref source, .. } => {
                let failure = Self::from_error(Code::Unreachable, &error);
                return match source.bad_certificate() {
                    None => failure,
                    Some(problem) => failure.hint(trust(problem)),
                };
            }
            HttpError::TimedOut { .. } => Code::TimedOut,
            HttpError::Cut { .. } => Code::ConnectionLost,
            HttpError::TooLarge { .. } => Code::BadResponse,
            HttpError::Redirect { .. } => Code::RedirectRefused,
        };
        Self::from_error(code, &error).effect(effect)
    }
}

fn trust(problem: BadCertificate) -> &'static str {
    match problem {
        BadCertificate::IsAuthority => {
            "give the server a certificate of its own (basicConstraints CA:FALSE); this one is that \
             of a certificate authority"
        }
        BadCertificate::UnknownIssuer => {
            "if you trust this server, set SSL_CERT_FILE to the certificate that signed its own"
        }
    }
}

impl From<UserConfigError> for Failure {
    fn from(error: UserConfigError) -> Self {
        match error {
            UserConfigError::File(error) => error.into(),
            UserConfigError::Broken { .. } => Self::from_error(Code::ConfigBroken, &error),
        }
    }
}

impl From<HomeError> for Failure {
    fn from(error: HomeError) -> Self {
        Self::from_error(Code::HomeNotWritable, &error)
    }
}

impl From<CredentialsError> for Failure {
    fn from(error: CredentialsError) -> Self {
        match error {
            CredentialsError::File(error) => error.into(),
            CredentialsError::Lock(error) => error.into(),
            CredentialsError::Broken { .. } => Self::from_error(Code::CredentialsBroken, &error),
        }
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        use SessionError as E;
        let failure = |code| Self::from_error(code, &error);
        match error {
            E::UserConfig(error) => error.into(),
            E::Credentials(error) => error.into(),
            E::Http(error) => error.into(),
            E::Refused(refusal) => Self::from(*refusal).effect(Effect::None),
            E::BadResponse(error) => bad_response(&error),
            E::Uncertain(last) => Self::from(*last).effect(Effect::Unknown),
            E::NotLoggedIn { ref server } => {
                let hint = match server {
                    Some(known) if known.source == ServerSource::Flag => {
                        log_in_at(&known.server.to_string())
                    }
                    Some(_) => Hint::run(LOG_IN),
                    None => Hint::Template(format!("{LOG_IN} --server URL")),
                };
                failure(Code::AuthRequired).hint(hint)
            }
            E::OtherServer { ref wanted, .. } => {
                failure(Code::AuthRequired).hint(log_in_at(&wanted.to_string()))
            }
            E::Local => failure(Code::Usage).hint("pass the server of a team with --server URL"),
            E::NoUserName => failure(Code::Usage),
            E::NotAToken => {
                failure(Code::Usage).hint(Hint::Template(format!("{LOG_IN} --with-token < FILE")))
            }
            E::NoServer | E::TokenWithoutServer => failure(Code::NotConfigured),
            E::InvalidServer(ServerSource::Flag, _) => Self {
                code: Code::Usage,
                ..failure(Code::ServerInvalid)
            },
            E::InvalidServer(..) => failure(Code::ServerInvalid),
            E::Expired {
                from_environment: false,
            } => failure(Code::SessionExpired),
            E::MalformedToken | E::Expired { .. } => {
                let words = "set SPEC_KITTY_TOKEN to a valid token, or unset it and run";
                failure(Code::SessionExpired).hint(Hint::lead_to(words, LOG_IN))
            }
        }
    }
}

impl Failure {
    /// A failed login. The stored session is unchanged, and a login can be repeated.
    pub(crate) fn of_login(error: SessionError) -> Self {
        Self::from(error).effect(Effect::None)
    }
}

const LOG_IN: &str = "spec-kitty auth login";

fn log_in_at(server: &str) -> Hint {
    let server = shell_word(server);
    Hint::Run(format!("{LOG_IN} --server {server}"))
}
