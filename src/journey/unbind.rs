//! The route that takes the origin from a mission: the control plane first, then `meta.json` and a
//! commit. A mission that only the control plane knows is unbound there.

use ulid::Ulid;

use super::error::{CreationError, JourneyError, StepError};
use super::service::{Service, Tracker};
use super::steps::{lock_file, require_writable};
use super::walk::{Settled, Walk};
use super::{Journey, Journeys, Unbinding};
use crate::fs::FsError;
use crate::fs::replace::Replaced;
use crate::mission::metadata::{MetadataError, MissionMetadata, remove_origin_ticket};
use crate::mission::{self, Mission, MissionError, hidden};
use crate::text::one_line;
use crate::warning::Warning;
use crate::wire::event_rules::is_feature_slug;
use crate::wire::request::UnbindRequest;

/// The mission to unbind.
#[derive(Debug)]
pub(crate) struct Subject {
    pub mission: Mission,
    /// `None` if the mission has no folder here.
    pub metadata: Option<MissionMetadata>,
}

/// A mission that was unbound.
#[derive(Debug)]
pub(crate) struct Unbound {
    /// The commit of `meta.json`.
    pub commit: Option<String>,
    pub warnings: Vec<Warning>,
}

/// The mission that the user names: one of this checkout, or the slug or id of one that only the
/// control plane knows.
pub(crate) fn find(service: Service<'_>, asked: &str) -> Result<Subject, JourneyError> {
    let root = &service.project.root;
    match mission::find(root, service.world.directory(), asked) {
        Ok(mission) => {
            let metadata = mission.load(root).map_err(StepError::from)?;
            Ok(Subject {
                mission,
                metadata: Some(metadata),
            })
        }
        Err(MissionError::NotFound { .. }) if is_name_of_mission(asked) => {
            let hidden = hidden::names(service.world, service.project);
            let hidden = hidden.map_err(CreationError::from)?;
            if hidden.iter().any(|name| name == asked) {
                return Err(CreationError::Hidden(asked.to_owned()).into());
            }
            Ok(Subject {
                mission: Mission::named(root, asked),
                metadata: None,
            })
        }
        Err(error) => Err(CreationError::from(error).into()),
    }
}

fn is_name_of_mission(text: &str) -> bool {
    text.parse::<Ulid>().is_ok() || is_feature_slug(text)
}

impl Subject {
    /// The key of the ticket in `meta.json`.
    pub(crate) fn ticket(&self) -> Option<&str> {
        self.metadata.as_ref()?.origin_key()
    }

    /// The mission's id at the control plane.
    pub(crate) fn id(&self) -> &str {
        let metadata = self.metadata.as_ref();
        metadata.map_or(&self.mission.name, MissionMetadata::mission_id)
    }

    /// The mission's slug, unless only its id is known.
    pub(crate) fn slug(&self) -> Option<&str> {
        match &self.metadata {
            Some(metadata) => Some(metadata.mission_slug()),
            None => is_feature_slug(&self.mission.name).then_some(&self.mission.name),
        }
    }
}

/// Removes the origin at the control plane, then from `meta.json`. Resumes an earlier run with its
/// idempotency key.
pub(crate) fn unbind_mission_origin(
    service: Service<'_>,
    subject: &Subject,
) -> Result<Unbound, JourneyError> {
    let Some(tracker) = service.tracker else {
        return Err(StepError::NotBound.into());
    };
    let held = service.lock_folder(&subject.mission);
    let _held = held.map_err(CreationError::from)?;
    let mut walk = walk(service, tracker, subject)?;
    walk.take_steps()?;
    walk.end();
    Ok(Unbound {
        commit: walk.progress.commits.pop(),
        warnings: walk.progress.warnings,
    })
}

/// An earlier run of the same unbind, or a new one.
fn walk<'a>(
    service: Service<'a>,
    tracker: Tracker<'_>,
    subject: &Subject,
) -> Result<Walk<'a>, JourneyError> {
    let request = UnbindRequest {
        provider: tracker.binding.provider.to_string(),
        project_slug: tracker.binding.project_slug.clone(),
        binding_ref: tracker.binding.binding_ref.clone(),
        mission_id: subject.id().to_owned(),
        mission_slug: subject.slug().map(str::to_owned),
        repository: Some(service.project.identity.repository().to_owned()),
    };
    let name = &subject.mission.name;
    let journeys = Journeys::of(service.project);
    let is_same = |journey: &Journey| {
        let begun = journey.unbind.as_ref();
        journey.mission == *name && begun.is_some_and(|begun| begun.request == request)
    };
    if let Some(journey) = journeys.readable().into_iter().find(is_same) {
        return Ok(Walk::resume(service, journey).map_err(StepError::from)?);
    }
    let key = service.world.random_uuid().map_err(StepError::from)?;
    let unbind = Some(Unbinding {
        request,
        idempotency_key: key.to_string(),
        ticket: subject.ticket().map(str::to_owned),
    });
    let journey = journeys.begin(name);
    Ok(Walk::new(service, Journey { unbind, ..journey }))
}

impl Walk<'_> {
    /// Whether the mission is here. A folder that cannot be looked at is an error: without it, only the
    /// control plane would be changed.
    fn has_directory(&self) -> Result<bool, StepError> {
        let directory = &self.mission.directory;
        let exists = directory.try_exists();
        let exists = exists.map_err(FsError::on("look at", directory));
        Ok(exists.map_err(MetadataError::from)?)
    }

    /// Refuses what can be refused locally.
    pub(super) fn prepare_unbind(&mut self) -> Result<(), StepError> {
        if self.has_directory()? {
            if self.metadata()?.origin_key().is_some() {
                self.service.require_commits()?;
            }
            require_writable(&self.mission)?;
            lock_file(&self.service, &self.mission)?;
        }
        Ok(())
    }

    /// Asks the control plane. "There is no origin" is a success if an earlier request may have
    /// removed it.
    pub(super) fn unbind(&mut self) -> Result<Settled, StepError> {
        let (Some(tracker), Some(unbind)) = (self.service.tracker, &self.journey.unbind) else {
            return Err(StepError::NotBound);
        };
        let (client, key) = (tracker.client, &unbind.idempotency_key);
        let Err(error) = client.unbind_mission_origin(&unbind.request, key) else {
            return Ok(Settled::Done);
        };
        match error.origin_not_found() {
            Some(refusal) if self.resumed || refusal.may_have_arrived() => Ok(Settled::Done),
            Some(_) => Err(StepError::OriginNotFound {
                mission: self.mission.name.clone(),
                recorded: unbind.ticket.clone(),
            }),
            None => Err(error.into()),
        }
    }

    pub(super) fn remove_origin(&mut self) -> Result<Settled, StepError> {
        if self.has_directory()? {
            let lock_file = lock_file(&self.service, &self.mission)?;
            let metadata = self.metadata()?;
            let path = metadata.path();
            let replaced = remove_origin_ticket(self.service.world, &lock_file, path)?;
            self.progress.wrote_metadata = replaced == Replaced::Written;
        }
        Ok(Settled::Done)
    }

    pub(super) fn commit_removal(&mut self) -> Result<Settled, StepError> {
        if !self.has_directory()? {
            return Ok(Settled::Done);
        }
        let metadata = self.metadata()?;
        let ticket = self.journey.unbind.as_ref();
        let ticket = ticket.and_then(|unbind| unbind.ticket.as_deref());
        let (key, mission) = (
            one_line(ticket.unwrap_or("ticket")),
            metadata.mission_slug(),
        );
        let message = format!("Unbind {key} from mission {mission}");
        self.commit_metadata(&metadata, &message)
    }
}
