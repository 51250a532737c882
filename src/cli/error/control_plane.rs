//! The errors of `serve` and `admin`.

use std::io::ErrorKind;

use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::control_plane::ControlPlaneError;
use crate::control_plane::store::StoreError;

impl From<ControlPlaneError> for Failure {
    fn from(error: ControlPlaneError) -> Self {
        match error {
            ControlPlaneError::Store(error) => error.into(),
            ControlPlaneError::NotLoopback(_) => {
                Self::from_error("insecure_address", ExitCode::Usage, &error)
                    .hint("put a proxy that speaks TLS in front of it and add --behind-tls-proxy")
            }
            ControlPlaneError::Listen { ref source, .. }
                if source.kind() == ErrorKind::AddrInUse =>
            {
                Self::from_error("address_in_use", ExitCode::Conflict, &error)
                    .hint("run: spec-kitty serve --listen 127.0.0.1:0")
            }
            ControlPlaneError::Listen { .. } => {
                Self::from_error("cannot_listen", ExitCode::RepoState, &error)
                    .hint("run: spec-kitty serve --listen 127.0.0.1:0")
            }
            ControlPlaneError::Runtime(_)
            | ControlPlaneError::Password(_)
            | ControlPlaneError::Entropy(_) => {
                Self::from_error("internal", ExitCode::Internal, &error)
            }
            ControlPlaneError::BadName(_) => Self::from_error("usage", ExitCode::Usage, &error)
                .hint("run: spec-kitty admin --help"),
            ControlPlaneError::TicketsUnreadable(_) | ControlPlaneError::TicketRefused { .. } => {
                Self::from_error("bad_tickets", ExitCode::Usage, &error)
                    .hint("run: spec-kitty admin tickets import --help")
            }
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::File(error) => error.into(),
            StoreError::Lock(error) => error.into(),
            StoreError::Open { .. } => {
                Self::from_error("store_unusable", ExitCode::RepoState, &error).hint(
                    "name another folder with --data, or use the spec-kitty that wrote this one",
                )
            }
            StoreError::TicketKeyTaken { .. } => {
                Self::from_error("ticket_key_taken", ExitCode::Conflict, &error)
                    .hint("give each ticket of a tracker resource a key of its own")
            }
            StoreError::Query(_) => {
                Self::from_error("store_unavailable", ExitCode::Unavailable, &error)
                    .hint("check that the disk is not full, then run the same command again")
            }
        }
    }
}
