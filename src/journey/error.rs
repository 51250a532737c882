//! Why a journey did not begin, or where it stopped.

use std::path::PathBuf;

use super::known::TicketTaken;
use super::{Journey, Step};
use crate::fs::FsError;
use crate::fs::lock::LockError;
use crate::git::command::GitError;
use crate::git::commit::CommitError;
use crate::git::readiness::NotReady;
use crate::git::repository::Interrupted;
use crate::mission::MissionError;
use crate::mission::metadata::MetadataError;
use crate::project::inside::OutsideError;
use crate::tracker::control_plane_client::TrackerError;
use crate::world::EntropyError;

/// Why a command did not arrive.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JourneyError {
    /// Refused; nothing was written.
    #[error(transparent)]
    Creation(#[from] CreationError),
    /// The first step failed; the project is untouched.
    #[error(transparent)]
    Step(#[from] StepError),
    /// Part was done. The same command resumes at this step.
    #[error("mission {mission}: {}, but {}", step.done(), step.failed())]
    Stopped {
        mission: String,
        step: Step,
        source: Box<StepError>,
    },
    /// Only the branch was switched. The same command goes on there.
    #[error("switched to {branch}, but no mission was created there")]
    Switched {
        branch: String,
        source: Box<JourneyError>,
    },
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    /// The project has no tracker, but the journey has a ticket to bind.
    #[error("No tracker bound. Run `spec-kitty tracker bind` first.")]
    NotBound,
    /// The control plane knows no origin of the mission. `recorded` is the key of the ticket in
    /// `meta.json`.
    #[error("the server knows no origin of mission {mission}{}", match recorded {
        Some(key) => format!(", but meta.json names {key}"),
        None => String::new(),
    })]
    OriginNotFound {
        mission: String,
        recorded: Option<String>,
    },
    #[error(transparent)]
    Tracker(#[from] TrackerError),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A commit would fail. Nothing was written.
    #[error(transparent)]
    NotReady(#[from] NotReady),
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

impl StepError {
    /// Whether the control plane has decided against the request.
    pub(super) fn is_definite_refusal(&self) -> bool {
        match self {
            Self::Tracker(error) => error.is_definite_refusal(),
            Self::OriginNotFound { .. } => true,
            _ => false,
        }
    }
}

/// Why a mission cannot be made. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CreationError {
    #[error(
        "Invalid feature slug {0:?}: use lower-case words joined by hyphens, a letter first; \
         valid: user-auth, fix-bug-123; invalid: User-Auth, user_auth, 123-fix"
    )]
    InvalidSlug(String),
    #[error("invalid mission type {0:?}: use a name such as software-dev or documentation")]
    InvalidMissionType(String),
    #[error("{0:?} is not a valid branch name")]
    InvalidBranch(String),
    #[error("{} is not in a git repository with a work tree; a mission needs one", .0.display())]
    NotARepository(PathBuf),
    #[error("no branch is checked out (detached HEAD); a mission needs a branch")]
    DetachedHead,
    #[error("cannot switch to branch {branch}")]
    NotSwitched {
        branch: String,
        /// The output of git. Text from outside: sanitise it before showing it.
        stderr: String,
    },
    /// git was told to switch, but not whether it has.
    #[error("the work tree may be on branch {branch} now; git does not say")]
    BranchUnseen { branch: String, source: GitError },
    /// A folder below `.worktrees/`.
    #[error(
        "{} is the worktree of a mission; create missions in the main checkout, {}",
        here.display(), main.display()
    )]
    InsideWorktree { here: PathBuf, main: PathBuf },
    #[error("kitty-specs {0}")]
    SpecsUnusable(&'static str),
    #[error("mission number {number} is taken by {by}")]
    NumberTaken {
        /// Three digits at least.
        number: String,
        /// The folder that has it.
        by: String,
    },
    #[error("the slug {slug} is taken by {by}")]
    SlugTaken {
        slug: String,
        /// The folder that has it.
        by: String,
    },
    #[error(transparent)]
    TicketTaken(Box<TicketTaken>),
    #[error(transparent)]
    Mission(#[from] MissionError),
    /// The unfinished mission of the same slug or ticket is not in the work tree.
    #[error("mission {0} is unfinished and outside the sparse checkout")]
    Hidden(String),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error(transparent)]
    Fs(#[from] FsError),
    #[error(transparent)]
    NotReady(#[from] NotReady),
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

impl From<TicketTaken> for CreationError {
    fn from(taken: TicketTaken) -> Self {
        Self::TicketTaken(Box::new(taken))
    }
}

impl From<FsError> for StepError {
    fn from(error: FsError) -> Self {
        MetadataError::from(error).into()
    }
}

/// Why a mission is not discarded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiscardError {
    #[error(transparent)]
    Mission(#[from] MissionError),
    #[error("mission {mission} is bound to {key}")]
    Bound { mission: String, key: String },
    /// Its bind or unbind may have reached the control plane.
    #[error("the {} of mission {} is not finished", match .0.unbind {
        Some(_) => "unbind",
        None => "bind",
    }, .0.mission)]
    Unfinished(Box<Journey>),
    #[error("mission {mission} has changes that are not committed")]
    Unsaved {
        mission: String,
        /// Relative to the project's root.
        files: Vec<String>,
    },
    #[error("a {} is in progress", .0.name())]
    Interrupted(Interrupted),
    /// Part was done. The same command goes on.
    #[error("mission {mission} is not discarded completely")]
    Stopped { mission: String, source: Box<Self> },
    #[error("mission {0} is outside the sparse checkout")]
    Hidden(String),
    #[error(transparent)]
    NotReady(#[from] NotReady),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error(transparent)]
    Outside(#[from] OutsideError),
    #[error(transparent)]
    Fs(#[from] FsError),
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Commit(#[from] CommitError),
}
