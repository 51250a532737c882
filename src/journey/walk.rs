//! The loop over the steps of a journey.

use super::error::{JourneyError, StepError};
use super::service::Service;
use super::{Journey, Journeys, Step};
use crate::fs::lock::Lock;
use crate::mission::Mission;
use crate::mission::metadata::{MetadataError, MetadataKeys, MissionMetadata};
use crate::text::chain;
use crate::tracker::ticket::Ticket;
use crate::wire::response::BindResponse;

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
    /// Whether the journey is on disk.
    pub(super) kept: bool,
    pub(super) progress: Progress,
}

/// A mission whose folder is still to be made.
#[derive(Debug)]
pub(super) struct NewMission {
    /// Its `meta.json`.
    pub keys: MetadataKeys,
    /// Reserves the number until the folder exists.
    pub number: Lock,
}

/// A bind as this command wants it. An earlier run may have begun it with another view of the ticket.
#[derive(Debug)]
pub(super) struct WantedBind {
    pub ticket: Ticket,
    /// The user's own idempotency key.
    pub idempotency_key: Option<String>,
    /// Whether the command makes the mission too. Then a mission without its bind is half of the
    /// work, not a failure that changed nothing.
    pub makes_mission: bool,
}

/// What this run has done so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub created: bool,
    pub commits: Vec<String>,
    pub bound: Option<BindResponse>,
    /// An event breaks a rule, so it will never be queued.
    pub event_refused: bool,
    pub warnings: Vec<String>,
}

/// A mission that a command made, bound or found.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub mission: Mission,
    pub metadata: MissionMetadata,
    /// Whether this command made its folder.
    pub created: bool,
    /// The commits this command made, oldest first.
    pub commits: Vec<String>,
    /// Whether the command's last event is durably in the queue.
    pub event_emitted: bool,
    /// The control plane's answer; `None` if it was not asked.
    pub bound: Option<BindResponse>,
    pub warnings: Vec<String>,
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
    /// A later run of the same command takes this step; the following steps do not wait for it.
    Owed,
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
            kept: false,
            progress: Progress::default(),
        }
    }

    /// A walk that an earlier run began.
    pub(super) fn resume(service: Service<'a>, journey: Journey) -> Self {
        let mut walk = Self::new(service, journey);
        walk.kept = true;
        if walk.mission.directory.exists() {
            walk.journey.done.insert(Step::MakeFolder);
        }
        walk
    }

    /// Takes every step that is owed: next step, save the intention, perform.
    pub(super) fn arrive(mut self) -> Result<Arrival, JourneyError> {
        for step in self.journey.owed() {
            let settled = self.prepare(step).and_then(|()| self.perform(step));
            match settled {
                Ok(Settled::Done) => {
                    self.journey.done.insert(step);
                }
                Ok(Settled::Owed) => {}
                Err(error) => return Err(self.stop(step, error)),
            }
        }
        let last = match self.journey.ticket {
            Some(_) => Step::WriteOrigin,
            None => Step::CommitFolder,
        };
        let metadata = self.metadata();
        let metadata = metadata.map_err(|error| self.stop(last, error.into()))?;
        self.end();
        Ok(self.into_arrival(metadata))
    }

    /// Saves the journey before a step that must be recognised after a crash. The other steps are
    /// safe to repeat as they are.
    fn prepare(&mut self, step: Step) -> Result<(), StepError> {
        match step {
            Step::MakeFolder => {}
            Step::Bind => self.prepare_bind()?,
            _ => return Ok(()),
        }
        match self.journeys.save(&self.journey) {
            Ok(()) => self.kept = true,
            Err(error) => {
                let cause = chain(&error);
                self.warn(format!("could not save the interrupted command: {cause}"));
            }
        }
        Ok(())
    }

    fn perform(&mut self, step: Step) -> Result<Settled, StepError> {
        match step {
            Step::MakeFolder => self.make_folder(),
            Step::CommitFolder => self.commit_folder(),
            Step::RecordCreated => self.record_created(),
            Step::Bind => self.bind(),
            Step::WriteOrigin => self.write_origin(),
            Step::RecordBound => self.record_bound(),
            Step::CommitOrigin => self.commit_origin(),
        }
    }

    /// Decides what remains of the journey after a step failed. Saving and removing are best effort:
    /// a stale file only makes the next run repeat a step.
    fn stop(&mut self, step: Step, source: StepError) -> JourneyError {
        let refused = matches!(&source, StepError::Tracker(error) if error.is_definite_refusal());
        let made = step > Step::MakeFolder || self.mission.directory.exists();
        if refused {
            // Another try is another request.
            self.journey.attempt = None;
        }
        let over = if self.journey.creation.is_some() {
            !made
        } else {
            refused
        };
        if over {
            drop(self.journeys.remove(&self.journey));
        } else if self.kept {
            drop(self.journeys.save(&self.journey));
        }
        let makes_mission = self
            .wanted
            .as_ref()
            .is_none_or(|wanted| wanted.makes_mission);
        if step > Step::Bind || (makes_mission && made) {
            return JourneyError::Stopped {
                mission: self.mission.name.clone(),
                step,
                source: Box::new(source),
            };
        }
        source.into()
    }

    /// Removes a journey that owes nothing. The mission has its one origin then, so journeys of
    /// other tickets to it end too, but for events of its creation.
    fn end(&mut self) {
        let mut ended = Vec::new();
        if let Some(ticket) = &self.journey.ticket {
            ended = self.journeys.readable();
            ended.retain(|other| {
                other.mission == self.mission.name
                    && other.ticket.is_some()
                    && !other.is_for(ticket)
            });
        }
        let mut results = vec![if self.journey.owed().is_empty() {
            self.journeys.remove(&self.journey)
        } else {
            self.journeys.save(&self.journey)
        }];
        for journey in ended {
            let creation = Journey {
                ticket: None,
                attempt: None,
                ..journey.clone()
            };
            if !creation.owed().is_empty() {
                results.push(self.journeys.save(&creation));
            }
            results.push(self.journeys.remove(&journey));
        }
        for error in results.into_iter().filter_map(Result::err) {
            self.warn(chain(&error));
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
            commits: self.progress.commits,
            event_emitted: self.journey.done.contains(&event) && !self.progress.event_refused,
            bound: self.progress.bound,
            warnings: self.progress.warnings,
        }
    }

    pub(super) fn warn(&mut self, warning: impl Into<String>) {
        self.progress.warnings.push(warning.into());
    }

    pub(super) fn metadata(&self) -> Result<MissionMetadata, MetadataError> {
        self.mission.load(&self.service.project.root)
    }

    /// Whether the mission's `meta.json` records the ticket as its origin.
    pub(super) fn origin_is(&self, ticket: &Ticket) -> bool {
        let metadata = self.metadata();
        metadata.is_ok_and(|metadata| metadata.origin_identity() == Some(ticket.identity()))
    }
}
