//! Every typed error of the layers below becomes a [`Failure`] here: code, message, hint, effect.
//! One `From` per error type, nothing else.

mod network;

use super::exit_code::ExitCode;
use super::failure::{Effect, Failure};
use crate::fs::FsError;
use crate::fs::lock::LockError;
use crate::git::command::GitError;
use crate::git::commit::{CommitError, RejectedBy};
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
                        "run: git config user.name … and git config user.email …, then the same command again",
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
        Self::from_error("unsupported_provider", ExitCode::RepoState, &error)
            .hint("run: spec-kitty tracker providers")
    }
}
