//! Turns the typed errors of the lower layers into [`Failure`]s. [`Code`] has the exit code and the
//! usual hint; here is only what depends on the error's values.

mod control_plane;
mod git;
mod journey;
mod mission;
mod network;
mod project;
mod refusal;

use super::code::Code;
use super::failure::{Effect, Failure};
use crate::fs::FsError;
use crate::fs::lock::LockError;
use crate::sync::queue::{NotRecorded, RetryError};
use crate::world::EntropyError;

impl From<FsError> for Failure {
    fn from(error: FsError) -> Self {
        Self::from_error(Code::IoError, &error)
    }
}

impl From<EntropyError> for Failure {
    fn from(error: EntropyError) -> Self {
        Self::from_error(Code::Internal, &error)
    }
}

impl From<NotRecorded> for Failure {
    fn from(error: NotRecorded) -> Self {
        Self::from_error(Code::NotRecorded, &error)
    }
}

impl From<RetryError> for Failure {
    fn from(error: RetryError) -> Self {
        match error {
            RetryError::NotRecorded(error) => error.into(),
            RetryError::File(error) => error.into(),
        }
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Busy { .. } => Self::from_error(Code::Busy, &error),
            LockError::File(error) => error.into(),
        }
    }
}

fn effect(may_have_arrived: bool) -> Effect {
    if may_have_arrived {
        Effect::Unknown
    } else {
        Effect::None
    }
}
