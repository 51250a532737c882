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
        let (code, hint) = match error {
            E::Store(error) => return error.into(),
            E::Runtime(_) | E::Password(_) | E::Entropy(_) => {
                return Self::from_error(Code::Internal, &error);
            }
            E::NotLoopback(_) => (
                Code::InsecureAddress,
                "put a TLS proxy in front of it and pass --behind-tls-proxy".into(),
            ),
            E::Listen { ref source, .. } => (
                if source.kind() == ErrorKind::AddrInUse {
                    Code::AddressInUse
                } else {
                    Code::CannotListen
                },
                Hint::run("spec-kitty serve --listen 127.0.0.1:0"),
            ),
            E::BadName(_) => (Code::Usage, Hint::run("spec-kitty admin --help")),
            E::TicketsUnreadable(_) | E::TicketRefused { .. } => (
                Code::BadTickets,
                Hint::run("spec-kitty admin tickets import --help"),
            ),
        };
        Self::from_error(code, &error).hint(hint)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let (code, hint) = match error {
            StoreError::File(error) => return error.into(),
            StoreError::Lock(error) => return error.into(),
            StoreError::Open { .. } => (
                Code::StoreUnusable,
                "pass another folder with --data, or use the version that wrote this one".into(),
            ),
            StoreError::TicketKeyTaken { .. } => (
                Code::TicketKeyTaken,
                "give each ticket of a tracker resource its own key".into(),
            ),
            StoreError::Serialise(_) => return Self::from_error(Code::Internal, &error),
            StoreError::Query(_) => (
                Code::StoreUnavailable,
                Hint::then_same_command("check the free disk space"),
            ),
        };
        Self::from_error(code, &error).hint(hint)
    }
}
