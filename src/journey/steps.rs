//! One function a step. Each may be repeated at any time; see the table in [`super`].

use std::error::Error;
use std::path::PathBuf;

use ulid::Ulid;

use super::Attempt;
use super::error::StepError;
use super::service::{Service, Tracker};
use super::walk::{Settled, Walk};
use crate::fs::FsError;
use crate::fs::replace::Replaced;
use crate::git::commit::{CommitError, PathState};
use crate::mission::Mission;
use crate::mission::commit::{CommitOptions, commit_files};
use crate::mission::folder;
use crate::mission::metadata::{MetadataError, MissionMetadata, OriginTicket, set_origin_ticket};
use crate::mission::ticket_file::TICKET_FILE;
use crate::project::Project;
use crate::sync::emitter::{EmitError, Emitter};
use crate::sync::event::{FeatureCreated, MissionOriginBound};
use crate::sync::event_id;
use crate::text::{chain, one_line};
use crate::tracker::ticket::Ticket;
use crate::warning::WarningCode;
use crate::wire::request::BindRequest;

const FEATURE_CREATED: &str = "FeatureCreated";
const MISSION_ORIGIN_BOUND: &str = "MissionOriginBound";

impl Walk<'_> {
    /// Makes the folder and releases the number.
    pub(super) fn make_folder(&mut self) -> Result<Settled, StepError> {
        let Some(new) = self.new.take() else {
            let path = self.mission.meta_file();
            return Err(MetadataError::Missing { path }.into());
        };
        let (root, name) = (&self.service.project.root, &self.mission.name);
        folder::create(root, name, &new.keys, new.ticket_file.as_deref())?;
        drop(new.number);
        self.progress.created = true;
        Ok(Settled::Done)
    }

    pub(super) fn commit_folder(&mut self) -> Result<Settled, StepError> {
        let creation = self.journey.creation.as_ref();
        let has_ticket_file = creation.is_some_and(|made| made.ticket_file);
        let ticket_file = has_ticket_file.then_some(TICKET_FILE);
        let mut files: Vec<_> = folder::FILES
            .into_iter()
            .chain(ticket_file)
            .map(|name| self.mission.directory.join(name))
            .collect();
        let message = format!("Add mission {}", self.mission.name);
        let state = if self.progress.created {
            PathState::New
        } else {
            // An earlier version, which was cut off, made fewer of these. The ticket file is nobody's
            // work, so the user may have removed it since.
            let may_miss =
                |file: &PathBuf| file.ends_with(".gitkeep") || file.ends_with(TICKET_FILE);
            let is_missing = |file: &PathBuf| matches!(file.try_exists(), Ok(false));
            files.retain(|file| !(may_miss(file) && is_missing(file)));
            PathState::Begun
        };
        Ok(self.commit(&files, &message, state)?)
    }

    pub(super) fn record_created(&mut self) -> Settled {
        let metadata = match self.metadata() {
            Ok(metadata) => metadata,
            Err(error) => return self.not_recorded(FEATURE_CREATED, &error),
        };
        let event = FeatureCreated {
            feature_slug: metadata.mission_slug(),
            feature_number: &metadata.number().unwrap_or_default(),
            target_branch: metadata.text("target_branch").unwrap_or_default(),
            wp_count: 0,
        };
        let id = created_event_id(self.service.project, &metadata);
        let git = self.service.project.git_metadata(self.head());
        let emitted = emitter(&self.service).emit_feature_created(id, &git, &event);
        self.recorded(FEATURE_CREATED, emitted)
    }

    /// Refuses everything that can be refused locally, and chooses the request: that of an earlier
    /// run if it is the same, so that it keeps its idempotency key, or a new one.
    pub(super) fn prepare_bind(&mut self) -> Result<(), StepError> {
        let metadata = self.metadata()?;
        require_writable(&self.mission)?;
        lock_file(&self.service, &self.mission)?;
        let (Some(wanted), Some(tracker)) = (&self.wanted, self.service.tracker) else {
            return Err(StepError::NotBound);
        };
        let key = &wanted.idempotency_key;
        let request =
            |ticket: &Ticket| request(self.service, tracker, &metadata, ticket, wanted.exclusive);
        let is_begun = |attempt: &Attempt, ticket: &Ticket| {
            key.as_ref()
                .is_none_or(|key| *key == attempt.idempotency_key)
                && attempt.request == request(ticket)
        };
        if let (Some(attempt), Some(ticket)) = (&self.journey.attempt, &self.journey.ticket)
            && is_begun(attempt, ticket)
        {
            return Ok(());
        }
        let ticket = &wanted.ticket;
        origin_of(ticket)?;
        let fact = [
            MISSION_ORIGIN_BOUND,
            &self.service.project.identity.project_uuid,
            metadata.mission_slug(),
            ticket.provider.as_str(),
            ticket.candidate.external_issue_id(),
        ];
        let idempotency_key = match key {
            Some(key) => key.clone(),
            None => self.service.world.random_uuid()?.to_string(),
        };
        self.journey.attempt = Some(Attempt {
            request: request(ticket),
            idempotency_key,
            event_id: event_id::of_fact(metadata.created_at(), &fact),
        });
        self.journey.ticket = Some(ticket.clone());
        self.journey.taken = false;
        Ok(())
    }

    /// Asks the control plane. If it does not bind, no byte of the mission has changed.
    pub(super) fn bind(&mut self) -> Result<Settled, StepError> {
        let (Some(tracker), Some(attempt)) = (self.service.tracker, &self.journey.attempt) else {
            return Err(StepError::NotBound);
        };
        let (client, key) = (tracker.client, &attempt.idempotency_key);
        let bound = client.bind_mission_origin(&attempt.request, key)?;
        let missing: Vec<_> = [
            ("origin_link_id", &bound.origin_link_id),
            ("bound_at", &bound.bound_at),
        ]
        .into_iter()
        .filter(|(_, value)| value.is_none())
        .map(|(key, _)| key)
        .collect();
        if !missing.is_empty() {
            let missing = missing.join(" and ");
            let message =
                format!("the server bound the ticket, but its answer has no valid {missing}");
            self.warn(WarningCode::BindAnswerIncomplete, message);
        }
        self.progress.bound = Some(bound);
        Ok(Settled::Done)
    }

    pub(super) fn write_origin(&mut self) -> Result<Settled, StepError> {
        if let Some(ticket) = &self.journey.ticket {
            let lock_file = lock_file(&self.service, &self.mission)?;
            let metadata = self.metadata()?;
            let origin = origin_of(ticket)?;
            let path = metadata.path();
            let replaced = set_origin_ticket(self.service.world, &lock_file, path, &origin)?;
            self.progress.wrote_metadata = replaced == Replaced::Written;
        }
        Ok(Settled::Done)
    }

    pub(super) fn record_bound(&mut self) -> Settled {
        let (Some(ticket), Some(attempt)) = (&self.journey.ticket, &self.journey.attempt) else {
            return Settled::Owed;
        };
        let metadata = match self.metadata() {
            Ok(metadata) => metadata,
            Err(error) => return self.not_recorded(MISSION_ORIGIN_BOUND, &error),
        };
        let event = MissionOriginBound {
            feature_slug: metadata.mission_slug(),
            provider: ticket.provider.as_str(),
            external_issue_id: ticket.candidate.external_issue_id(),
            external_issue_key: ticket.candidate.external_issue_key(),
            external_issue_url: ticket.candidate.url(),
            title: ticket.candidate.title(),
        };
        let git = self.service.project.git_metadata(self.head());
        let emitter = emitter(&self.service);
        let emitted = emitter.emit_mission_origin_bound(attempt.event_id, &git, &event);
        self.recorded(MISSION_ORIGIN_BOUND, emitted)
    }

    pub(super) fn commit_origin(&mut self) -> Result<Settled, StepError> {
        let metadata = self.metadata()?;
        let ticket = self.journey.ticket.as_ref();
        let key = ticket.map_or("", |ticket| ticket.candidate.external_issue_key());
        let (key, mission) = (one_line(key), metadata.mission_slug());
        let message = format!("Bind {key} to mission {mission}");
        self.commit_metadata(&metadata, &message)
    }

    /// Commits `meta.json` alone.
    pub(super) fn commit_metadata(
        &mut self,
        metadata: &MissionMetadata,
        message: &str,
    ) -> Result<Settled, StepError> {
        let files = [metadata.path().to_owned()];
        let state = if self.progress.wrote_metadata {
            PathState::Written
        } else {
            PathState::Changed
        };
        Ok(self.commit(&files, message, state)?)
    }

    fn commit(
        &mut self,
        files: &[PathBuf],
        message: &str,
        state: PathState,
    ) -> Result<Settled, CommitError> {
        let Service {
            world,
            project,
            commit,
            wait,
            ..
        } = self.service;
        let options = CommitOptions {
            policy: commit,
            state,
            wait,
        };
        let outcome = commit_files(world, project, files, message, options)?;
        self.progress.commits.extend(outcome.sha);
        self.progress.warnings.extend(outcome.warning);
        Ok(if outcome.deferred {
            Settled::Owed
        } else {
            Settled::Done
        })
    }

    fn recorded(&mut self, event_type: &str, emitted: Result<(), EmitError>) -> Settled {
        match emitted {
            Ok(()) => Settled::Done,
            // It would break the rule again.
            Err(error @ EmitError::Rule(_)) => {
                self.not_recorded(event_type, &error);
                Settled::GivenUp
            }
            Err(error) => self.not_recorded(event_type, &error),
        }
    }

    /// An event never stops the work: a later run records it.
    fn not_recorded(&mut self, event_type: &str, error: &dyn Error) -> Settled {
        let cause = chain(error);
        let message = format!("the {event_type} event was not recorded: {cause}");
        self.warn(WarningCode::EventNotRecorded, message);
        Settled::Owed
    }

    /// The newest commit that this run made.
    fn head(&self) -> Option<&str> {
        self.progress.commits.last().map(String::as_str)
    }
}

/// The id of the event that records the creation of a mission.
pub(super) fn created_event_id(project: &Project, metadata: &MissionMetadata) -> Ulid {
    let uuid = &project.identity.project_uuid;
    let fact = [FEATURE_CREATED, uuid, metadata.mission_slug()];
    event_id::of_fact(metadata.created_at(), &fact)
}

fn emitter<'a>(service: &Service<'a>) -> Emitter<'a> {
    Emitter::of_project(service.world, service.project, service.team_slug)
}

/// The lock under which the mission's `meta.json` is changed.
pub(super) fn lock_file(service: &Service<'_>, mission: &Mission) -> Result<PathBuf, FsError> {
    service.project.lock_file("meta", &mission.name)
}

/// `meta.json` is replaced by a new file, so its folder must be writable.
pub(super) fn require_writable(mission: &Mission) -> Result<(), FsError> {
    let path = mission.meta_file();
    let real = std::fs::canonicalize(&path).map_err(FsError::on("read", &path))?;
    let folder = real.parent().unwrap_or(&mission.directory);
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK)
        .map_err(|error| FsError::on("write to", folder)(error.into()))
}

/// The request that binds a ticket to a mission; `exclusive` if it must have no other.
pub(super) fn request(
    service: Service<'_>,
    tracker: Tracker<'_>,
    metadata: &MissionMetadata,
    ticket: &Ticket,
    exclusive: bool,
) -> BindRequest {
    let candidate = &ticket.candidate;
    BindRequest {
        provider: ticket.provider.to_string(),
        project_slug: tracker.binding.project_slug.clone(),
        binding_ref: tracker.binding.binding_ref.clone(),
        mission_id: metadata.mission_id().to_owned(),
        mission_slug: Some(metadata.mission_slug().to_owned()),
        repository: Some(service.project.identity.repository().to_owned()),
        exclusive,
        external_issue_id: candidate.external_issue_id().to_owned(),
        external_issue_key: candidate.external_issue_key().to_owned(),
        external_issue_url: candidate.url().to_owned(),
        external_title: candidate.title().to_owned(),
        external_status: candidate.status().to_owned(),
    }
}

fn origin_of(ticket: &Ticket) -> Result<OriginTicket, MetadataError> {
    let candidate = &ticket.candidate;
    OriginTicket {
        provider: ticket.provider.to_string(),
        resource_type: ticket.resource_type.clone(),
        resource_id: ticket.resource_id.clone(),
        external_issue_id: candidate.external_issue_id().to_owned(),
        external_issue_key: candidate.external_issue_key().to_owned(),
        external_issue_url: candidate.url().to_owned(),
        title: candidate.title().to_owned(),
    }
    .validated()
}
