//! Asks a server whether it accepts a token.

use std::time::Duration;

use serde_json::{Map, Value};

use super::credentials::Login;
use super::session::{Session, SessionError};
use crate::http::{Answer, Call, Deadline, HttpClient, HttpError, Refusal, Retry, ServerUrl};
use crate::secret::Secret;
use crate::text::chain;
use crate::wire::candidate::FieldError;
use crate::wire::{ME_PATH, TEAM_SLUG};
use crate::world::World;

/// How long a look at the session waits for an answer.
const LOOK: Duration = Duration::from_secs(3);
/// How long a login waits for an answer.
const LOGIN: Duration = Duration::from_secs(10);

/// What a server says about a token.
#[derive(Debug)]
pub(crate) enum Verification {
    Accepted,
    /// The token is unknown or expired.
    Rejected(SessionError),
    /// The token is known, but may not act for this team.
    Forbidden(SessionError),
    /// The server has no route for the question.
    Unsupported,
    /// The server could not be asked, or did not answer clearly.
    Unknown(SessionError),
}

impl Verification {
    /// Whether the server decided, and how.
    pub(crate) fn verified(&self) -> Option<bool> {
        match self {
            Self::Accepted => Some(true),
            Self::Rejected(_) => Some(false),
            Self::Forbidden(_) | Self::Unsupported | Self::Unknown(_) => None,
        }
    }

    /// Why the server did not decide.
    pub(crate) fn doubt(&self) -> Option<String> {
        use HttpError::{Cut, TimedOut, Unreachable};
        let error = match self {
            Self::Accepted | Self::Rejected(_) => return None,
            Self::Unsupported => return Some("the server cannot check a token".to_owned()),
            Self::Forbidden(error) | Self::Unknown(error) => error,
        };
        Some(match error {
            SessionError::Http(Unreachable { .. } | TimedOut { .. } | Cut { .. }) => {
                "server unreachable".to_owned()
            }
            SessionError::Refused(refusal) => refusal.message.clone(),
            error => chain(error),
        })
    }

    fn of(server: &ServerUrl, answer: Result<Answer, SessionError>) -> Self {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error @ SessionError::Expired { .. }) => return Self::Rejected(error),
            Err(error) => return Self::Unknown(error),
        };
        let refusal = || SessionError::Refused(Box::new(Refusal::read(server, &answer)));
        match answer.status {
            200..=299 if is_object(&answer.body) => Self::Accepted,
            200..=299 => {
                let error = FieldError::new("the answer", "must be a JSON object");
                Self::Unknown(SessionError::BadResponse(error))
            }
            401 => Self::Rejected(refusal()),
            403 => Self::Forbidden(refusal()),
            404 | 405 | 501 => Self::Unsupported,
            _ => Self::Unknown(refusal()),
        }
    }
}

fn is_object(body: &[u8]) -> bool {
    serde_json::from_slice::<Map<String, Value>>(body).is_ok()
}

/// Asks about the session that commands use, once. A renewal has the time of the whole command: cutting
/// it off could lose the session.
pub(crate) fn of_session(
    world: &World,
    flag_server: Option<&str>,
    deadline: Deadline,
) -> Verification {
    let call = Call {
        retry: Retry::Never,
        attempt_timeout: Some(LOOK),
        ..Call::get(ME_PATH)
    };
    match Session::open(world, flag_server, deadline) {
        Ok(session) => Verification::of(session.server(), session.send(call)),
        Err(error) => Verification::Unknown(error),
    }
}

/// Whether the server answers at all. Sends no token.
pub(crate) fn reach(
    world: &World,
    server: &ServerUrl,
    deadline: Deadline,
) -> Result<(), HttpError> {
    let client = HttpClient::new(world, server.clone())?;
    let deadline = deadline.at_most(world, LOOK);
    client.send(world, &deadline, &Call::get(ME_PATH)).map(drop)
}

/// Asks about a token that is not stored yet.
pub(super) fn of_token(
    world: &World,
    deadline: Deadline,
    login: &Login,
    token: &Secret,
) -> Verification {
    let team = login.team_slug.clone().map(|team| (TEAM_SLUG, team));
    let call = Call {
        bearer: Some(token.clone()),
        headers: team.into_iter().collect(),
        ..Call::get(ME_PATH)
    };
    let deadline = deadline.at_most(world, LOGIN);
    let ask = || HttpClient::new(world, login.server.clone())?.send(world, &deadline, &call);
    Verification::of(&login.server, ask().map_err(SessionError::from))
}
