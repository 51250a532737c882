//! Every typed error of the layers below becomes a [`Failure`] here: code, message, hint, effect.
//! One `From` per error type, nothing else.

mod control_plane;
mod network;
mod project;

use super::exit_code::ExitCode;
use super::failure::{Effect, Failure};
use crate::fs::FsError;
use crate::fs::lock::LockError;
use crate::git::command::GitError;
use crate::git::commit::{CommitError, RejectedBy};
use crate::journey::create::FeatureCreationError;
use crate::journey::origin::{OriginError, PartialCause};
use crate::mission::MissionError;
use crate::mission::metadata::MetadataError;
use crate::sync::queue::{NotRecorded, RetryError};
use crate::text::{nearest, shell_word};
use crate::tracker::ticket_ref::{self, TicketRefError};
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

impl From<FeatureCreationError> for Failure {
    fn from(error: FeatureCreationError) -> Self {
        use FeatureCreationError as E;
        let failure = |code, exit| Self::from_error(code, exit, &error);
        match error {
            E::InvalidSlug(ref slug) => {
                let better = crate::mission::slug::from_ticket(slug, "");
                let failure = failure("invalid_slug", ExitCode::Usage);
                if ticket_ref::parse(slug).is_ok() {
                    let ticket = shell_word(slug);
                    return failure.hint(format!(
                        "to start from that ticket, run: spec-kitty specify --from-ticket {ticket}"
                    ));
                }
                failure.hint(format!("try: {better}"))
            }
            E::InvalidMissionType(_) => failure("invalid_mission_type", ExitCode::Usage)
                .hint("leave --mission-type out for software-dev"),
            E::InvalidBranch(_) => failure("invalid_branch", ExitCode::Usage)
                .hint("leave --target-branch out for the branch checked out"),
            E::NotARepository(_) => {
                failure("not_a_git_repository", ExitCode::RepoState).hint("run: git init")
            }
            E::DetachedHead => {
                failure("detached_head", ExitCode::RepoState).hint("run: git switch BRANCH")
            }
            E::InsideWorktree(_) => failure("inside_worktree", ExitCode::RepoState)
                .hint("run it again with -C and the main checkout's folder"),
            E::SpecsUnusable(_) => failure("repo_state", ExitCode::RepoState)
                .hint("put a real folder in the place of kitty-specs"),
            E::NumberTaken { ref by, .. } => failure("number_taken", ExitCode::Conflict)
                .hint("leave --number out for the next free one")
                .detail("taken_by", by.clone()),
            E::SlugTaken { ref by, .. } => failure("slug_taken", ExitCode::Conflict)
                .hint("choose another --slug")
                .detail("taken_by", by.clone()),
            E::Meta(error) => error.into(),
            E::Hidden(ref name) => failure("repo_state", ExitCode::RepoState).hint(format!(
                "run: git sparse-checkout add {}",
                shell_word(&format!("kitty-specs/{name}"))
            )),
            E::Git(error) => error.into(),
            E::Fs(error) => error.into(),
            E::Lock(error) => error.into(),
            E::NotCommitted {
                feature_slug,
                source,
            } => {
                let cause = Self::from(source);
                let message = format!("mission {feature_slug} was created, but {}", cause.message);
                Self { message, ..cause }
                    .detail("feature_slug", feature_slug.clone())
                    .detail("feature_dir", format!("kitty-specs/{feature_slug}"))
            }
        }
    }
}

impl From<OriginError> for Failure {
    fn from(error: OriginError) -> Self {
        use OriginError as E;
        match error {
            E::NotBound => Self::from_error("tracker_not_bound", ExitCode::RepoState, &error)
                .hint("run: spec-kitty tracker bind --provider linear --project-slug SLUG"),
            E::UnsupportedProvider(_) => {
                Self::from_error("unsupported_provider", ExitCode::RepoState, &error)
                    .hint("run: spec-kitty tracker providers")
            }
            E::OtherProvider { asked, bound } => {
                Self::from_error("provider_conflict", ExitCode::Conflict, &error)
                    .hint("check the reference, or bind the project to the other tracker")
                    .detail("asked", asked.as_str())
                    .detail("bound", bound.as_str())
            }
            E::Config(error) => error.into(),
            E::Mission(error) => error.into(),
            E::Meta(error) => error.into(),
            E::Tracker(error) => error.into(),
            E::Creation(error) => error.into(),
            E::Lock(error) => error.into(),
            E::Fs(error) => error.into(),
            E::Entropy(error) => error.into(),
            E::Partial {
                feature_slug,
                done,
                failed,
                source,
            } => partial(&feature_slug, done, failed, *source),
        }
    }
}

/// Part was done: whatever stopped it, the same command goes on from here.
fn partial(feature_slug: &str, done: &str, failed: &str, cause: PartialCause) -> Failure {
    let committing = matches!(cause, PartialCause::Commit(_));
    let cause = match cause {
        PartialCause::Tracker(error) => Failure::from(error),
        PartialCause::Meta(error) => error.into(),
        PartialCause::Commit(error) => error.into(),
    };
    let reason = match &cause.cause {
        Some(deeper) => format!("{}: {deeper}", cause.message),
        None => cause.message.clone(),
    };
    let code = if committing { cause.code } else { "partial" };
    let mut failure = Failure::new(
        code,
        ExitCode::Partial,
        format!("mission {feature_slug}: {done}, but {failed}"),
    )
    .cause(reason)
    .hint(cause.hint.unwrap_or_default())
    .effect(Effect::Applied)
    .detail("feature_slug", feature_slug)
    .detail("feature_dir", format!("kitty-specs/{feature_slug}"))
    .detail("done", done)
    .detail("failed", failed)
    .detail("cause_code", cause.code)
    .detail("cause_exit_code", cause.exit.number());
    failure.retry_after_seconds = cause.retry_after_seconds;
    failure.user_action_required = cause.user_action_required;
    failure
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
