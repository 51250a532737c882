//! Every typed error of the layers below becomes a [`Failure`] here: code, message, hint, effect.
//! One `From` per error type, nothing else.

use super::exit_code::ExitCode;
use super::failure::Failure;
use crate::fs::FsError;
use crate::fs::lock::LockError;
use crate::wire::UnsupportedProvider;

impl From<FsError> for Failure {
    fn from(error: FsError) -> Self {
        Self::from_error("io", ExitCode::Internal, &error)
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Busy { .. } => Self::from_error("busy", ExitCode::Unavailable, &error)
                .hint("wait for the other command to end, then run this one again"),
            LockError::File(error) => error.into(),
        }
    }
}

impl From<UnsupportedProvider> for Failure {
    fn from(error: UnsupportedProvider) -> Self {
        Self::from_error("unsupported_provider", ExitCode::RepoState, &error)
            .hint("run: spec-kitty tracker providers")
    }
}
