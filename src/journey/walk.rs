//! The loop over the steps of a journey, in the order of [`Step::CREATION`], [`Step::BINDING`] and
//! [`Step::UNBINDING`]. A step that fails ends it, so nothing local is written after a refusal.

use super::error::{CreationError, JourneyError, StepError};
use super::service::Service;
use super::{Journey, Journeys, Step};
use crate::fs::lock::Lock;
use crate::mission::Mission;
use crate::mission::metadata::{MetadataError, MetadataKeys, MissionMetadata};
use crate::project::Project;
use crate::text::chain;
use crate::tracker::ticket::Ticket;
use crate::warning::{Warning, WarningCode};
use crate::wire::response::BindResponse;

const UNCOMMITTED_CONFIG: &str = ".kittify/config.yaml is not committed, so no other clone or branch \
                                  knows this project; run: git add .kittify/config.yaml && git commit";

/// A journey under way, and what this run of it has done.
pub(super) struct Walk<'a> {
    pub(super) service: Service<'a>,
    pub(super) journeys: Journeys,
    pub(super) journey: Journey,
    pub(super) mission: Mission,
    /// The mission to make; `None` if its folder exists.
    pub(super) new: Option<NewMission>,
    /// The bind to make; `None` if the command makes none.
    pub(super) wanted: Option<WantedBind>,
    /// Whether an earlier run began the journey.
    pub(super) resumed: bool,
    /// Whether the journey is on disk.
    saved: bool,
    pub(super) progress: Progress,
}

/// A mission whose folder is still to be made.
#[derive(Debug)]
pub(super) struct NewMission {
    /// Its `meta.json`.
    pub keys: MetadataKeys,
    /// Its `research/ticket.md`.
    pub ticket_file: Option<String>,
    /// Reserves the number until the folder exists.
    pub number: Lock,
}

/// A bind as this command wants it. An earlier run may have begun it with another view of the ticket.
#[derive(Debug)]
pub(super) struct WantedBind {
    pub ticket: Ticket,
    /// The user's own idempotency key.
    pub idempotency_key: Option<String>,
    /// Whether the ticket must have no other mission.
    pub exclusive: bool,
    /// Whether the command makes the mission too. Then a mission without its bind is half of the
    /// work, not a failure that changed nothing.
    pub makes_mission: bool,
}

/// What this run has done so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub created: bool,
    /// Whether this run changed `meta.json`.
    pub wrote_metadata: bool,
    pub commits: Vec<String>,
    pub bound: Option<BindResponse>,
    /// Steps that can never succeed.
    pub given_up: Vec<Step>,
    pub warnings: Vec<Warning>,
}

/// A mission that a command made, bound or found.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub mission: Mission,
    pub metadata: MissionMetadata,
    /// Whether this command made its folder.
    pub created: bool,
    /// The branch that is checked out; empty on a detached HEAD.
    pub current_branch: String,
    /// The same, if the user asked for a branch.
    pub branch: Option<String>,
    /// The commits this command made, oldest first; those that hold the mission if it was found.
    pub commits: Vec<String>,
    /// Whether the command's last event is durably in the queue.
    pub event_emitted: bool,
    /// What the control plane says about the bind; `None` if it says nothing.
    pub bound: Option<BindResponse>,
    pub warnings: Vec<Warning>,
}

impl Arrival {
    /// A key of the mission's `meta.json`; empty if it is absent or no string.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.metadata.text(key).unwrap_or_default()
    }
}

/// How a step ended that did not fail.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Done,
    /// A later run of the same command takes this step; the following steps do not wait for it. Only
    /// commits and events may be owed: `Bind` and `WriteOrigin` succeed or end the loop.
    Owed,
    /// The step would fail again, whenever it is taken.
    GivenUp,
}

impl<'a> Walk<'a> {
    /// A walk through the steps that `journey` owes.
    pub(super) fn new(service: Service<'a>, journey: Journey) -> Self {
        Self {
            service,
            journeys: Journeys::of(service.project),
            mission: Mission::named(&service.project.root, &journey.mission),
            journey,
            new: None,
            wanted: None,
            resumed: false,
            saved: false,
            progress: Progress::default(),
        }
    }

    /// A walk that an earlier run began.
    pub(super) fn resume(service: Service<'a>, journey: Journey) -> Result<Self, MetadataError> {
        let mut walk = Self::new(service, journey);
        (walk.resumed, walk.saved) = (true, true);
        if has_folder(service.project, &walk.journey)? {
            walk.journey.done.insert(Step::MakeFolder);
        }
        Ok(walk)
    }

    /// Takes every step that is owed: next step, save the intention, perform.
    pub(super) fn arrive(mut self) -> Result<Arrival, JourneyError> {
        self.require_commits()?;
        if self.makes_mission() && self.service.has_uncommitted_config() {
            self.warn(WarningCode::ConfigUncommitted, UNCOMMITTED_CONFIG);
        }
        let held = self.wanted.is_some();
        let held = held.then(|| self.service.lock_folder(&self.mission));
        let _held = held.transpose().map_err(CreationError::from)?;
        self.take_steps()?;
        let last = match self.journey.ticket {
            Some(_) => Step::WriteOrigin,
            None => Step::CommitFolder,
        };
        let metadata = self.metadata();
        let metadata = metadata.map_err(|error| self.stop(last, error.into()))?;
        self.end();
        Ok(self.into_arrival(metadata))
    }

    pub(super) fn take_steps(&mut self) -> Result<(), JourneyError> {
        for step in self.owed() {
            if !(step.is_of_bind() || self.makes_mission()) {
                continue;
            }
            let settled = self.prepare(step).and_then(|()| self.perform(step));
            let settled = settled.map_err(|error| self.stop(step, error))?;
            self.settle(step, settled);
        }
        Ok(())
    }

    /// Refuses what keeps git from committing what is still to be written. A new mission was checked
    /// when it was planned.
    fn require_commits(&self) -> Result<(), StepError> {
        let owed = self.owed();
        let folder_owed = self.makes_mission() && owed.contains(&Step::CommitFolder);
        let origin_owed = owed.contains(&Step::CommitOrigin) && !self.origin_stands();
        if self.new.is_none() && (folder_owed || origin_owed) {
            self.service.require_commits()?;
        }
        Ok(())
    }

    pub(super) fn settle(&mut self, step: Step, settled: Settled) {
        match settled {
            Settled::Done => drop(self.journey.done.insert(step)),
            Settled::GivenUp => self.progress.given_up.push(step),
            Settled::Owed => {}
        }
    }

    /// The steps that are still to be taken and may succeed, in order.
    pub(super) fn owed(&self) -> Vec<Step> {
        let mut owed = self.journey.owed();
        owed.retain(|step| !self.progress.given_up.contains(step));
        owed
    }

    /// Whether the command makes the mission. Binding an existing mission leaves the rest of its
    /// creation to the command that began it.
    fn makes_mission(&self) -> bool {
        let wanted = self.wanted.as_ref();
        wanted.is_none_or(|wanted| wanted.makes_mission)
    }

    /// Saves the journey before a step that must be recognised after a crash. The other steps are
    /// safe to repeat as they are.
    fn prepare(&mut self, step: Step) -> Result<(), StepError> {
        match step {
            Step::MakeFolder => {}
            Step::Bind => self.prepare_bind()?,
            Step::Unbind => self.prepare_unbind()?,
            _ => return Ok(()),
        }
        match self.journeys.save(&self.journey) {
            Ok(()) => self.saved = true,
            Err(error) => {
                let cause = chain(&error);
                let message = format!("could not save the interrupted command: {cause}");
                self.warn(WarningCode::JourneyUnsaved, message);
            }
        }
        Ok(())
    }

    fn perform(&mut self, step: Step) -> Result<Settled, StepError> {
        match step {
            Step::MakeFolder => self.make_folder(),
            Step::CommitFolder => self.commit_folder(),
            Step::RecordCreated => Ok(self.record_created()),
            Step::Bind => self.bind(),
            Step::WriteOrigin => self.write_origin(),
            Step::RecordBound => Ok(self.record_bound()),
            Step::CommitOrigin => self.commit_origin(),
            Step::Unbind => self.unbind(),
            Step::RemoveOrigin => self.remove_origin(),
            Step::CommitRemoval => self.commit_removal(),
        }
    }

    /// Decides what remains of the journey after a step failed. Saving and removing are best effort:
    /// a stale file only makes the next run repeat a step.
    fn stop(&mut self, step: Step, source: StepError) -> JourneyError {
        let refused = source.is_definite_refusal();
        // An earlier bind that `meta.json` records still owes its event.
        let owes_event = self.resumed && self.journey.ticket.is_some() && self.origin_stands();
        let refused = refused && !owes_event;
        let made = step > Step::MakeFolder || self.mission.directory.exists();
        self.journey.done.remove(&step);
        if refused {
            // Another try is another request.
            self.journey.attempt = None;
            self.journey.taken = is_taken(&source);
        }
        let over = if let Some(creation) = &self.journey.creation {
            // After a switch only the journey knows the target branch.
            !made && creation.branch.is_none()
        } else {
            refused
        };
        if over {
            drop(self.journeys.remove(&self.journey));
        } else if self.saved {
            drop(self.journeys.save(&self.journey));
        }
        let is_half = step <= Step::Bind && self.makes_mission() && made;
        if step.is_after_request() || is_half {
            return JourneyError::Stopped {
                mission: self.mission.name.clone(),
                step,
                source: Box::new(source),
            };
        }
        source.into()
    }

    /// Removes the journey, or saves it if it owes a step. Once the ticket is bound, the mission has
    /// its one origin, and once it is unbound it has none: every other journey that binds or unbinds
    /// it ends, except for what it owes to its creation.
    pub(super) fn end(&mut self) {
        let own = self.journey.clone();
        let is_bound = own.ticket.is_some() && !self.owed().into_iter().any(Step::is_of_bind);
        let mut ended = Vec::new();
        if is_bound || own.unbind.is_some() {
            ended = self.journeys.readable();
            let is_about_origin = |it: &Journey| it.ticket.is_some() || it.unbind.is_some();
            ended.retain(|other| other.mission == own.mission && is_about_origin(other));
            ended.retain(|other| !self.journeys.is_same_file(other, &own));
        }
        let mut results = Vec::new();
        if is_bound {
            ended.push(own);
        } else if self.owed().is_empty() {
            results.push(self.journeys.remove(&own));
        } else {
            results.push(self.journeys.save(&own));
        }
        for journey in ended {
            let creation = journey.without_bind();
            if !creation.owed().is_empty() {
                results.push(self.journeys.save(&creation));
            }
            results.push(self.journeys.remove(&journey));
        }
        for error in results.into_iter().filter_map(Result::err) {
            self.warn(WarningCode::JourneyUnsaved, chain(&error));
        }
    }

    fn into_arrival(self, metadata: MissionMetadata) -> Arrival {
        let event = match self.journey.ticket {
            Some(_) => Step::RecordBound,
            None => Step::RecordCreated,
        };
        Arrival {
            mission: self.mission,
            metadata,
            created: self.progress.created,
            current_branch: self.service.project.current_branch().to_owned(),
            branch: None,
            commits: self.progress.commits,
            event_emitted: self.journey.done.contains(&event),
            bound: self.progress.bound,
            warnings: self.progress.warnings,
        }
    }

    pub(super) fn warn(&mut self, code: WarningCode, message: impl Into<String>) {
        self.progress.warnings.push(Warning::new(code, message));
    }

    pub(super) fn metadata(&self) -> Result<MissionMetadata, MetadataError> {
        self.mission.load(&self.service.project.root)
    }

    /// Whether the folder that the journey makes is here; true if it makes none.
    pub(super) fn mission_stands(&self) -> bool {
        self.journey.creation.is_none()
            || has_folder(self.service.project, &self.journey).unwrap_or(false)
    }

    /// Whether `meta.json` records the journey's ticket as its origin; true if it has none.
    pub(super) fn origin_stands(&self) -> bool {
        let Some(ticket) = &self.journey.ticket else {
            return true;
        };
        let metadata = self.metadata();
        metadata.is_ok_and(|metadata| metadata.origin_identity() == Some(ticket.identity()))
    }
}

fn is_taken(error: &StepError) -> bool {
    matches!(error, StepError::Tracker(error) if error.ticket_has_mission().is_some())
}

/// Whether the folder that a journey makes is here. A `meta.json` that cannot be read is an error:
/// ignoring it would make a second mission.
pub(super) fn has_folder(project: &Project, journey: &Journey) -> Result<bool, MetadataError> {
    let Some(creation) = &journey.creation else {
        return Ok(false);
    };
    let mission = Mission::named(&project.root, &journey.mission);
    match mission.load(&project.root) {
        Ok(found) => Ok(found.created_at() == creation.created_at),
        Err(MetadataError::Missing { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
