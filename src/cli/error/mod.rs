//! Every typed error of the layers below becomes a [`Failure`] here: code, message, hint, effect.
//! One `From` per error type, nothing else.

mod control_plane;
mod journey;
mod network;
mod project;

use super::exit_code::ExitCode;
use super::failure::{Effect, Failure};
use crate::fs::FsError;
use crate::fs::lock::LockError;
use crate::git::command::GitError;
use crate::git::commit::{CommitError, RejectedBy};
use crate::mission::MissionError;
use crate::mission::metadata::MetadataError;
use crate::sync::queue::{NotRecorded, RetryError};
use crate::text::nearest;
use crate::tracker::ticket_ref::TicketRefError;
use crate::wire::{Provider, UnsupportedProvider};

impl From<FsError> for Failure {
    fn from(error: FsError) -> Self {
        Self::from_error("io_error", ExitCode::RepoState, &error)
            .hint("check that the path is there, is a file or folder as expected, and is yours; and that the disk is not full")
    }
}

impl From<crate::world::EntropyError> for Failure {
    fn from(error: crate::world::EntropyError) -> Self {
        Self::from_error("internal", ExitCode::Internal, &error)
    }
}

impl From<NotRecorded> for Failure {
    fn from(error: NotRecorded) -> Self {
        Self::from_error("not_recorded", ExitCode::RepoState, &error)
            .hint("check that the disk is not full and the state directory is yours")
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
            LockError::Busy { .. } => Self::from_error("busy", ExitCode::Unavailable, &error)
                .hint("wait for the other command to end, then run this one again"),
            LockError::File(error) => error.into(),
        }
    }
}

impl From<GitError> for Failure {
    fn from(error: GitError) -> Self {
        match &error {
            GitError::NotInstalled | GitError::OldVersion => {
                Self::from_error("git_missing", ExitCode::RepoState, &error)
                    .hint(format!("install git {} or later", GitError::OLDEST))
            }
            GitError::Failed(failure) => {
                Self::from_error("git_failed", ExitCode::RepoState, &error)
                    .cause(failure.stderr.trim())
            }
            GitError::Io { .. } | GitError::Unreadable { .. } => {
                Self::from_error("git_failed", ExitCode::Internal, &error)
            }
        }
    }
}

impl From<CommitError> for Failure {
    /// The files of the command are written by then, and only their commit is missing.
    fn from(error: CommitError) -> Self {
        let failure = match &error {
            CommitError::Rejected { reason, stderr } => {
                let (code, hint) = match reason {
                    RejectedBy::Hook => (
                        "commit_hook_rejected",
                        "mend what the hook names, or pass --no-verify; then run the same command again",
                    ),
                    RejectedBy::Identity => (
                        "commit_identity_missing",
                        "set user.name and user.email with git config, then run the same command again",
                    ),
                    RejectedBy::Signing => (
                        "commit_signing_failed",
                        "mend the signing key git uses, then run the same command again",
                    ),
                    RejectedBy::Other => (
                        "commit_rejected",
                        "mend what git names, then run the same command again",
                    ),
                };
                Self::from_error(code, ExitCode::Partial, &error)
                    .cause(stderr.trim())
                    .hint(hint)
            }
            CommitError::Git(_) | CommitError::Lock(_) => {
                Self::from_error("commit_failed", ExitCode::Partial, &error)
                    .hint("run the same command again")
            }
        };
        failure.effect(Effect::Applied)
    }
}

impl From<UnsupportedProvider> for Failure {
    fn from(error: UnsupportedProvider) -> Self {
        let list = "run: spec-kitty tracker providers";
        let hint = match nearest(&error.0, Provider::ALL.map(Provider::as_str)) {
            Some(name) => format!("did you mean {name}? {list}"),
            None => list.to_owned(),
        };
        Self::from_error("unsupported_provider", ExitCode::RepoState, &error).hint(hint)
    }
}

impl From<MetadataError> for Failure {
    fn from(error: MetadataError) -> Self {
        let (code, hint) = match &error {
            MetadataError::Missing { .. } => ("meta_missing", "restore it: git checkout -- PATH"),
            MetadataError::Malformed { .. } | MetadataError::Incomplete { .. } => (
                "meta_invalid",
                "mend the file, then run the same command again",
            ),
            MetadataError::OriginTicket { .. } => (
                "origin_ticket_invalid",
                "pass --resource-type and --resource-id",
            ),
            MetadataError::Contended { .. } => (
                "meta_contended",
                "close the other program, then run the same command again",
            ),
            MetadataError::Outside { .. } => (
                "outside_project",
                "put a real file or folder in the place of the link",
            ),
            MetadataError::Fs(_) => (
                "io_error",
                "check that the path is yours and the disk is not full",
            ),
        };
        Self::from_error(code, ExitCode::RepoState, &error).hint(hint)
    }
}

impl From<MissionError> for Failure {
    fn from(error: MissionError) -> Self {
        match &error {
            MissionError::NotFound { near, .. } => {
                let hint = match near.as_slice() {
                    [] => "see kitty-specs/ for the missions there are".to_owned(),
                    near => format!("did you mean {}?", near.join(" or ")),
                };
                Self::from_error("mission_not_found", ExitCode::NotFound, &error)
                    .hint(hint)
                    .detail("near", near.clone())
            }
            MissionError::Ambiguous { names, .. } => {
                Self::from_error("mission_ambiguous", ExitCode::Conflict, &error)
                    .hint("name one of them in full")
                    .detail("missions", names.clone())
            }
            MissionError::NotAMission { .. } => {
                Self::from_error("mission_not_found", ExitCode::NotFound, &error)
                    .hint("give the mission's slug or number")
            }
            MissionError::Fs(_) => Self::from_error("io_error", ExitCode::RepoState, &error)
                .hint("kitty-specs/ must be a folder you can read"),
        }
    }
}

impl From<TicketRefError> for Failure {
    fn from(error: TicketRefError) -> Self {
        match error {
            TicketRefError::Form(_) => {
                Self::from_error("invalid_reference", ExitCode::Usage, &error)
                    .hint("to search by words, run: spec-kitty tracker search-origin --text WORDS")
            }
            TicketRefError::Provider(error) => error.into(),
        }
    }
}
