//! Turns the typed errors of the lower layers into [`Failure`]s: code, message, hint, effect.

mod control_plane;
mod git;
mod journey;
mod mission;
mod network;
mod project;
mod refusal;

use super::code::Code;
use super::failure::{Effect, Failure};
use super::hint::Hint;
use crate::fs::FsError;
use crate::fs::lock::LockError;
use crate::sync::queue::{NotRecorded, RetryError};
use crate::world::EntropyError;

impl From<FsError> for Failure {
    fn from(error: FsError) -> Self {
        Self::from_error(Code::IoError, &error)
            .hint("check the path, its owner and type, and the free disk space")
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
            .hint("check the owner of ~/.spec-kitty and the free disk space")
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
            LockError::Busy { .. } => Self::from_error(Code::Busy, &error)
                .hint(Hint::then_same_command("wait for the other command to end")),
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
