//! Errors of `serve` and `admin`.

use std::io::ErrorKind;

use crate::cli::code::Code;
use crate::cli::failure::Failure;
use crate::cli::hint::Hint;
use crate::control_plane::store::StoreError;
use crate::control_plane::trackers::TrackerError;
use crate::control_plane::{ConnectionError, ControlPlaneError};
use crate::text::shell_word;

impl From<ControlPlaneError> for Failure {
    fn from(error: ControlPlaneError) -> Self {
        use ControlPlaneError as E;
        let failure = |code| Self::from_error(code, &error);
        match error {
            E::Store(error) => error.into(),
            E::Runtime(_) | E::Password(_) | E::Entropy(_) => failure(Code::Internal),
            E::NotLoopback(_) => failure(Code::InsecureAddress),
            E::Listen { ref source, .. } if source.kind() == ErrorKind::AddrInUse => {
                failure(Code::AddressInUse)
            }
            E::Listen { .. } => failure(Code::CannotListen),
            E::BadName(_) => failure(Code::Usage).hint(Hint::run("spec-kitty admin --help")),
            E::BadResourceType(_) => {
                failure(Code::Usage).hint(Hint::run("spec-kitty admin project map --help"))
            }
            E::UnknownUser(_) => not_found(&error, "user"),
            E::UnknownProject(_) => not_found(&error, "project"),
            E::UnknownOrigin(_) => not_found(&error, "origin"),
            E::UnknownSession(_) => not_found(&error, "session"),
            E::UnknownToken(_) => not_found(&error, "token"),
            E::NotInTeam { ref user, ref team } => {
                let (user, team) = (shell_word(user), shell_word(team));
                let command = format!("spec-kitty admin user add {user} --team {team}");
                Self {
                    user_action_required: false,
                    ..failure(Code::Forbidden).hint(Hint::run(command))
                }
            }
            E::TokenNameTaken { .. } => failure(Code::TokenNameTaken),
            E::ProjectHasOrigins { origins, .. } => {
                failure(Code::ProjectHasOrigins).detail("origins", origins)
            }
            E::UnknownConnection(_) => not_found(&error, "connection"),
            E::UnknownResource {
                ref connection,
                ref keys,
                ..
            } => {
                let command = format!("spec-kitty admin connection resources {connection}");
                let hint = Hint::run(command);
                failure(Code::NotFound)
                    .hint(hint)
                    .detail("keys", keys.clone())
            }
            E::ConnectionInUse { projects, .. } => {
                failure(Code::ConnectionInUse).detail("projects", projects)
            }
            E::BadConnectionName
            | E::UrlRequired
            | E::BadTrackerUrl(_)
            | E::BadTrackerUser
            | E::BadCredential => {
                failure(Code::Usage).hint(Hint::run("spec-kitty admin connection add --help"))
            }
            E::Connection(ConnectionError::Credential { source, .. }) | E::File(source) => {
                source.into()
            }
            E::Connection(ConnectionError::Invalid(_)) => failure(Code::StoreUnusable),
            E::Tracker {
                ref connection,
                error: ref tracker,
            } => tracker_failed(&error, connection, tracker),
            E::TicketsUnreadable(_) | E::TicketRefused { .. } => failure(Code::BadTickets),
        }
    }
}

/// A call of `admin` to a tracker. The person who runs it is the host, who can act at once.
fn tracker_failed(error: &ControlPlaneError, connection: &str, tracker: &TrackerError) -> Failure {
    let code = match tracker {
        TrackerError::CredentialRefused => Code::TrackerCredentialRefused,
        TrackerError::Forbidden(_) => Code::TrackerForbidden,
        TrackerError::RateLimited(_) => Code::TrackerRateLimited,
        TrackerError::Unavailable(_) => Code::TrackerUnavailable,
        TrackerError::BadAnswer(_) => Code::TrackerBadAnswer,
        TrackerError::QueryRefused(_) => Code::TrackerQueryRefused,
    };
    let mut failure = Failure::from_error(code, error).detail("connection", connection);
    // The query was not the user's.
    if let TrackerError::QueryRefused(_) = tracker {
        failure.hint = Code::TrackerBadAnswer.hint();
    }
    if let TrackerError::RateLimited(wait) = tracker {
        failure.retry_after_seconds = Some(wait.as_secs());
    }
    failure
}

fn not_found(error: &ControlPlaneError, noun: &str) -> Failure {
    let command = format!("spec-kitty admin {noun} list");
    Failure::from_error(Code::NotFound, error).hint(Hint::run(command))
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::File(error) => return error.into(),
            StoreError::Lock(error) => return error.into(),
            StoreError::Open { .. } => Code::StoreUnusable,
            StoreError::TicketKeyTaken { .. } => Code::TicketKeyTaken,
            StoreError::Serialise(_) => Code::Internal,
            StoreError::Query(_) | StoreError::SearchTooSlow => Code::StoreUnavailable,
        };
        Self::from_error(code, &error)
    }
}
