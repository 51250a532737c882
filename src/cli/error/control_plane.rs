//! Errors of `serve` and `admin`.

use std::io::ErrorKind;

use crate::cli::code::Code;
use crate::cli::failure::Failure;
use crate::cli::hint::Hint;
use crate::control_plane::ControlPlaneError;
use crate::control_plane::store::StoreError;

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
            E::TicketsUnreadable(_) | E::TicketRefused { .. } => failure(Code::BadTickets),
        }
    }
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
