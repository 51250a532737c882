//! Journeys: the seven steps from a ticket to a committed, bound mission, and the three that unbind it.
//!
//! A journey can be cut off between any two steps. It is kept on disk from before its first step
//! until after its last, so the same command, run again, resumes it with the same mission,
//! idempotency key and event ids. Repeating a step that was already done must change nothing:
//!
//! | step | why repeating it is safe |
//! | --- | --- |
//! | the switch to the branch of `--branch`, before the first step | The journey is on disk first and names the branch and the target branch. On that branch there is nothing to switch; from another one, a mission that the branch holds is found there. |
//! | [`MakeFolder`](Step::MakeFolder) | The journey is on disk first and names the mission. A folder with the journey's `created_at` is its folder, with `research/ticket.md` if the ticket has a body; the step is skipped. Without a folder, the command makes it from the ticket that it has just read. |
//! | [`CommitFolder`](Step::CommitFolder) | Only files that HEAD lacks are committed. |
//! | [`RecordCreated`](Step::RecordCreated) | The event id is a digest of the mission, so a repeated event is a duplicate to every receiver. |
//! | [`Bind`](Step::Bind) | The journey holds the idempotency key, so the control plane repeats its answer. |
//! | [`WriteOrigin`](Step::WriteOrigin) | Equal bytes are not written again. |
//! | [`RecordBound`](Step::RecordBound) | The event id is a digest of mission and ticket. |
//! | [`CommitOrigin`](Step::CommitOrigin) | There is no commit when HEAD holds the same `meta.json`. |
//! | [`Unbind`](Step::Unbind) | The journey holds the idempotency key. Later, the control plane says that there is no origin, which is what the step wants. |
//! | [`RemoveOrigin`](Step::RemoveOrigin) | Without an origin, nothing is written. |
//! | [`CommitRemoval`](Step::CommitRemoval) | Like `CommitOrigin`. |
//!
//! `Bind` is repeated by every run of a command that binds: the control plane alone decides between
//! "bound already" and a conflict. [`walk`] holds the loop, [`steps`] one function a step. The
//! commands are routes over the same steps: [`create`], [`start`], [`bind`], [`unbind`], and [`finish`]
//! for the events that `sync now` may record. [`discard`] drops a mission that no journey binds.

pub(crate) mod bind;
mod branch;
mod checkout;
pub(crate) mod create;
pub(crate) mod discard;
mod error;
pub(crate) mod finish;
mod known;
pub(crate) mod overview;
mod plan;
mod service;
pub(crate) mod start;
mod steps;
mod store;
mod suggested_branch;
pub(crate) mod unbind;
mod walk;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::tracker::ticket::Ticket;
use crate::wire::request::{BindRequest, UnbindRequest};

pub(crate) use branch::{BranchChoice, made_elsewhere};
pub(crate) use error::{CreationError, DiscardError, JourneyError, StepError};
pub(crate) use known::{Place, TicketTaken};
pub(crate) use plan::{DEFAULT_MISSION_TYPE, MissionOptions, PlannedMission, check, plan};
pub(crate) use service::{Service, Tracker};
pub(crate) use store::{Journeys, StoredJourney, remove_file};
pub(crate) use walk::Arrival;

/// One step of a journey, in the order they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// Makes the mission's folder, complete or not at all.
    MakeFolder,
    /// Commits the folder.
    CommitFolder,
    /// Queues `FeatureCreated`.
    RecordCreated,
    /// Binds the ticket at the control plane.
    Bind,
    /// Writes the origin into `meta.json`.
    WriteOrigin,
    /// Queues `MissionOriginBound`.
    RecordBound,
    /// Commits `meta.json`.
    CommitOrigin,
    /// Removes the origin at the control plane.
    Unbind,
    /// Removes the origin from `meta.json`.
    RemoveOrigin,
    /// Commits `meta.json` without the origin.
    CommitRemoval,
}

impl Step {
    const CREATION: [Self; 3] = [Self::MakeFolder, Self::CommitFolder, Self::RecordCreated];
    const BINDING: [Self; 4] = [
        Self::Bind,
        Self::WriteOrigin,
        Self::RecordBound,
        Self::CommitOrigin,
    ];
    const UNBINDING: [Self; 3] = [Self::Unbind, Self::RemoveOrigin, Self::CommitRemoval];

    /// Whether it binds a ticket, or depends on the bind.
    fn is_of_bind(self) -> bool {
        Self::BINDING.contains(&self)
    }

    /// Whether the control plane has done its part before this step.
    fn is_after_request(self) -> bool {
        use Step::{CommitOrigin, CommitRemoval, RecordBound, RemoveOrigin, WriteOrigin};
        let local = [
            WriteOrigin,
            RecordBound,
            CommitOrigin,
            RemoveOrigin,
            CommitRemoval,
        ];
        local.contains(&self)
    }

    /// What was already done when a journey stopped at this step.
    pub(crate) const fn done(self) -> &'static str {
        match self {
            Self::MakeFolder | Self::CommitFolder | Self::RecordCreated | Self::Bind => {
                "the mission was created"
            }
            Self::WriteOrigin | Self::RecordBound | Self::CommitOrigin => {
                "the control plane holds the bind"
            }
            Self::Unbind => "nothing was changed",
            Self::RemoveOrigin | Self::CommitRemoval => "the control plane has unbound the ticket",
        }
    }

    /// What is missing when a journey stopped at this step.
    pub(crate) const fn failed(self) -> &'static str {
        match self {
            Self::MakeFolder => "its folder may not survive a power cut",
            Self::CommitFolder | Self::CommitOrigin | Self::CommitRemoval => "it is not committed",
            Self::RecordCreated | Self::RecordBound => "its event is not recorded",
            Self::Bind => "its ticket is not bound",
            Self::WriteOrigin => "meta.json does not record it",
            Self::Unbind => "its ticket is still bound",
            Self::RemoveOrigin => "meta.json still records it",
        }
    }
}

/// What a command is about to do and has done for one mission. Kept in a file while it is unfinished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Journey {
    /// The mission's folder name.
    pub mission: String,
    /// The lock folder of the clone it runs in (lossy if not UTF-8). Clones of one project share a
    /// state directory; this keeps their journeys apart.
    pub clone: String,
    /// Present if the journey makes the mission.
    pub creation: Option<Creation>,
    /// Present if the journey binds a ticket.
    pub ticket: Option<Ticket>,
    /// Present from before the first bind request until the control plane refuses it.
    pub attempt: Option<Attempt>,
    /// The control plane refused the bind because the ticket has another mission.
    #[serde(default)]
    pub taken: bool,
    /// Present if the journey unbinds the mission.
    #[serde(default)]
    pub unbind: Option<Unbinding>,
    /// The steps that need not be repeated.
    pub done: BTreeSet<Step>,
}

/// A mission that a journey makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Creation {
    /// The slug without its number.
    pub slug: String,
    /// `created_at` of its `meta.json`: distinguishes it from another mission of the same name.
    pub created_at: String,
    /// `mission_id` of its `meta.json`. An earlier version made none.
    #[serde(default)]
    pub mission_id: Option<Ulid>,
    /// Requested with `--allow-duplicate`.
    #[serde(default)]
    pub duplicate: bool,
    /// The branch of `--branch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<NewBranch>,
    /// Whether its folder has a `research/ticket.md`.
    #[serde(default)]
    pub ticket_file: bool,
}

/// The branch that a mission is made on, and the one it lands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewBranch {
    pub name: String,
    pub target: String,
}

/// A bind request that may have reached the control plane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    /// The request; another request needs another key.
    pub request: BindRequest,
    /// Sent with every repetition.
    pub idempotency_key: String,
    /// The id of the `MissionOriginBound` event.
    pub event_id: Ulid,
}

/// An unbind request that may have reached the control plane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unbinding {
    /// The request; another request needs another key.
    pub request: UnbindRequest,
    /// Sent with every repetition.
    pub idempotency_key: String,
    /// The key of the ticket, if `meta.json` records one.
    pub ticket: Option<String>,
}

impl Journey {
    /// The steps of this journey, in order.
    fn steps(&self) -> impl Iterator<Item = Step> {
        let creation = self.creation.iter().flat_map(|_| Step::CREATION);
        let binding = self.ticket.iter().flat_map(|_| Step::BINDING);
        let unbinding = self.unbind.iter().flat_map(|_| Step::UNBINDING);
        creation.chain(binding).chain(unbinding)
    }

    /// The steps that are still to be taken, in order.
    pub(crate) fn owed(&self) -> Vec<Step> {
        self.steps()
            .filter(|step| !self.done.contains(step))
            .collect()
    }

    /// What the journey owes to the creation of its mission.
    fn without_bind(&self) -> Self {
        Self {
            ticket: None,
            attempt: None,
            taken: false,
            unbind: None,
            ..self.clone()
        }
    }

    /// Whether this journey binds that ticket to that mission.
    fn binds(&self, mission: &str, ticket: &Ticket) -> bool {
        self.mission == mission && self.is_for(ticket)
    }

    fn is_for(&self, ticket: &Ticket) -> bool {
        self.ticket.as_ref().is_some_and(|own| own.is_same(ticket))
    }

    fn is_duplicate(&self) -> bool {
        self.creation.as_ref().is_some_and(|made| made.duplicate)
    }

    /// The key of the lock that commands on the same ticket, or on the same name, exclude each
    /// other with.
    fn lock_key(&self) -> String {
        match (&self.ticket, &self.creation) {
            (Some(ticket), _) => ticket.lock_key(),
            (None, creation) => name_lock_key(creation.as_ref().map_or("", |made| &made.slug)),
        }
    }
}

fn name_lock_key(slug: &str) -> String {
    format!("name:{slug}")
}
