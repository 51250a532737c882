//! Errors of git.

use crate::cli::code::Code;
use crate::cli::failure::{Effect, Failure};
use crate::git::command::GitError;
use crate::git::commit::{CommitError, RejectedBy};
use crate::git::readiness::NotReady;

impl From<GitError> for Failure {
    fn from(error: GitError) -> Self {
        match &error {
            GitError::NotInstalled | GitError::OldVersion => {
                Self::from_error(Code::GitMissing, &error)
                    .hint(format!("install git {} or later", GitError::OLDEST))
            }
            GitError::Failed(failure) => {
                Self::from_error(Code::GitFailed, &error).cause(failure.stderr.trim())
            }
            GitError::Io { .. } | GitError::Unreadable { .. } => {
                Self::from_error(Code::GitUnusable, &error)
            }
        }
    }
}

impl From<NotReady> for Failure {
    fn from(error: NotReady) -> Self {
        match error {
            NotReady::Identity { ref stderr } => {
                Self::from_error(Code::CommitIdentityUnset, &error).cause(stderr.trim())
            }
            NotReady::Signer(_) => Self::from_error(Code::CommitSignerMissing, &error),
            NotReady::Git(error) => error.into(),
        }
    }
}

impl From<CommitError> for Failure {
    /// The command's files are written at this point; only their commit is missing.
    fn from(error: CommitError) -> Self {
        let failure = match &error {
            CommitError::Rejected { reason, stderr } => {
                let code = match reason {
                    RejectedBy::Hook => Code::CommitHookRejected,
                    RejectedBy::Identity => Code::CommitIdentityMissing,
                    RejectedBy::Signing => Code::CommitSigningFailed,
                    RejectedBy::Other => Code::CommitRejected,
                };
                Self::from_error(code, &error).cause(stderr.trim())
            }
            CommitError::Git(_) | CommitError::Lock(_) => {
                Self::from_error(Code::CommitFailed, &error)
            }
        };
        failure.effect(Effect::Applied)
    }
}
