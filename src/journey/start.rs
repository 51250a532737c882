//! Starting a mission from a ticket: one ticket, one mission, healing what an earlier run left.

use super::bind::{BindOptions, bind_mission_origin};
use super::create::{
    self, CreationOptions, FeatureCreationError, PlannedMission, create_under_lock,
};
use super::finish::ticket_lock_key;
use super::models::{MissionFromTicketResult, Ticket};
use super::origin::{OriginError, PartialCause, Service};
use crate::fs::lock::Lock;
use crate::journey::intent::{Intent, Intents};
use crate::mission::commit::{CommitPolicy, is_added};
use crate::mission::hidden;
use crate::mission::metadata::{MetadataError, MissionMetadata};
use crate::mission::slug;
use crate::mission::{self, Mission};
use crate::project::Project;
use crate::world::World;

/// What may be chosen about a mission that is started from a ticket.
#[derive(Debug, Clone)]
pub(crate) struct StartOptions {
    /// `software-dev`, `documentation`, …
    pub mission_type: String,
    /// The branch it is meant to land on.
    pub target_branch: Option<String>,
    /// A slug that must be free; one made from the ticket where `None`.
    pub slug: Option<String>,
    /// A number that must be free.
    pub number: Option<u64>,
    /// Make another mission, whatever there is for the ticket; one that was cut off so is finished.
    pub allow_duplicate: bool,
    /// Whether and how to commit.
    pub commit: CommitPolicy,
}

impl StartOptions {
    fn slug(&self, ticket: &Ticket) -> String {
        let candidate = &ticket.candidate;
        let derived = || slug::from_ticket(candidate.external_issue_key(), candidate.title());
        self.slug.clone().unwrap_or_else(derived)
    }

    fn creation<'a>(&'a self, service: &Service<'a>, ticket: &'a Ticket) -> CreationOptions<'a> {
        CreationOptions {
            mission_type: &self.mission_type,
            target_branch: self.target_branch.as_deref(),
            number: self.number,
            slug_must_be_free: self.slug.is_some(),
            ticket: Some(ticket),
            duplicate: self.allow_duplicate,
            team_slug: service.client.session().team_slug(),
            commit: self.commit,
            wait: service.wait,
        }
    }
}

/// Refuses what is wrong whatever the ticket: before anything is sent.
pub(crate) fn check(service: &Service<'_>, options: &StartOptions) -> Result<(), OriginError> {
    let creation = CreationOptions {
        mission_type: &options.mission_type,
        target_branch: options.target_branch.as_deref(),
        number: options.number,
        slug_must_be_free: false,
        ticket: None,
        duplicate: false,
        team_slug: None,
        commit: options.commit,
        wait: service.wait,
    };
    let slug = options.slug.as_deref().unwrap_or("untitled");
    create::check(service.world, service.project, slug, &creation)?;
    Ok(())
}

/// What [`start_mission_from_ticket`] would do.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    /// The ticket has its mission already: there is nothing to do but to say so.
    Bound(Box<MissionFromTicketResult>),
    /// A mission of ours for the ticket waits for its bind.
    Finish(String),
    /// A new mission.
    Create(PlannedMission),
}

/// Says what would be done for a ticket, refusing what can be refused. Writes nothing.
pub(crate) fn plan(
    service: &Service<'_>,
    ticket: &Ticket,
    options: &StartOptions,
) -> Result<Plan, OriginError> {
    let slug = options.slug(ticket);
    if !options.allow_duplicate
        && let Some((mission, meta)) = bound_mission(service.world, service.project, ticket)?
    {
        return Ok(match intent_for(service.project, ticket, &mission) {
            Some(_) => Plan::Finish(mission.name),
            None => Plan::Bound(Box::new(bound_already(mission, &meta))),
        });
    }
    let duplicate = options.allow_duplicate;
    let unfinished = create::unfinished(service.project, &slug, Some(ticket), duplicate)?;
    if let Some((intent, _)) = unfinished {
        return Ok(Plan::Finish(intent.feature_slug));
    }
    let creation = options.creation(service, ticket);
    Ok(Plan::Create(create::plan(
        service.world,
        service.project,
        &slug,
        &creation,
    )?))
}

/// The mission whose `meta.json` records this ticket as its origin. Missions whose `meta.json`
/// cannot be read are passed over: they must not stop the others. One that a sparse checkout hides
/// counts too.
fn bound_mission(
    world: &World,
    project: &Project,
    ticket: &Ticket,
) -> Result<Option<(Mission, MissionMetadata)>, OriginError> {
    let identity = (
        ticket.provider.as_str(),
        ticket.candidate.external_issue_id(),
    );
    for mission in mission::all(&project.root)? {
        if let Ok(meta) = mission.load(&project.root)
            && meta.origin_identity() == Some(identity)
        {
            return Ok(Some((mission, meta)));
        }
    }
    let hidden = hidden::readable(world, project).map_err(FeatureCreationError::from)?;
    let mut hidden = hidden.into_iter();
    Ok(hidden.find(|(_, meta)| meta.origin_identity() == Some(identity)))
}

/// Creates a mission for a ticket and binds it; or finishes the mission an earlier run left; or
/// returns the one that is bound already. Processes that want the same ticket queue up here.
pub(crate) fn start_mission_from_ticket(
    service: &Service<'_>,
    ticket: &Ticket,
    options: &StartOptions,
) -> Result<MissionFromTicketResult, OriginError> {
    let project = service.project;
    let _held = project.lock(
        service.world,
        "mission",
        &ticket_lock_key(ticket),
        service.wait,
    )?;
    if !options.allow_duplicate
        && let Some((mission, meta)) = bound_mission(service.world, project, ticket)?
    {
        return match intent_for(project, ticket, &mission) {
            Some(intent)
                if intent.creation.is_some()
                    && !is_added(service.world, project, &mission.name) =>
            {
                create_and_bind(service, ticket, options)
            }
            Some(intent) => bind(service, ticket, options, Started::earlier(mission, intent)),
            None => Ok(bound_already(mission, &meta)),
        };
    }
    create_and_bind(service, ticket, options)
}

fn bound_already(mission: Mission, meta: &MissionMetadata) -> MissionFromTicketResult {
    MissionFromTicketResult {
        created: false,
        feature_slug: meta.feature_slug().to_owned(),
        feature_dir: mission.directory,
        meta: meta.keys().clone(),
        bound: None,
        commits: Vec::new(),
        warnings: Vec::new(),
    }
}

/// Creates the mission, or completes the one an earlier run began, and binds it.
fn create_and_bind(
    service: &Service<'_>,
    ticket: &Ticket,
    options: &StartOptions,
) -> Result<MissionFromTicketResult, OriginError> {
    let slug = options.slug(ticket);
    let creation = options.creation(service, ticket);
    let made = create_under_lock(service.world, service.project, &slug, &creation)?;
    let mission = Mission {
        directory: made.feature_dir,
        name: made.plan.feature_slug,
    };
    let started = Started {
        mission,
        intent: made.intent,
        created: made.created,
        commit: made.commit,
        warnings: made.warnings,
    };
    bind(service, ticket, options, started)
}

/// Keeps other processes from working for the same ticket. Hold it around a bind.
pub(crate) fn lock_ticket(service: &Service<'_>, ticket: &Ticket) -> Result<Lock, OriginError> {
    Ok(service.project.lock(
        service.world,
        "mission",
        &ticket_lock_key(ticket),
        service.wait,
    )?)
}

/// The unfinished work for a ticket on a mission.
fn intent_for(project: &Project, ticket: &Ticket, mission: &Mission) -> Option<Intent> {
    let same = |intent: &Intent| {
        intent.feature_slug == mission.name
            && intent
                .ticket
                .as_ref()
                .is_some_and(|theirs| theirs.is_same(ticket))
    };
    Intents::of(project).understood().into_iter().find(same)
}

/// A mission that waits for its bind.
struct Started {
    mission: Mission,
    intent: Option<Intent>,
    created: bool,
    commit: Option<String>,
    warnings: Vec<String>,
}

impl Started {
    fn earlier(mission: Mission, intent: Intent) -> Self {
        Self {
            mission,
            intent: Some(intent),
            created: false,
            commit: None,
            warnings: Vec::new(),
        }
    }
}

fn bind(
    service: &Service<'_>,
    ticket: &Ticket,
    options: &StartOptions,
    started: Started,
) -> Result<MissionFromTicketResult, OriginError> {
    let Started {
        mission,
        intent,
        created,
        commit,
        mut warnings,
    } = started;
    let bind_options = BindOptions {
        idempotency_key: None,
        commit: options.commit,
        head: commit.clone(),
    };
    let bound = bind_mission_origin(service, &mission, ticket, intent, &bind_options)
        .map_err(|error| partial(&mission, error))?;
    warnings.extend(bound.warnings.iter().cloned());
    let meta = mission
        .load(&service.project.root)
        .map_err(|error| OriginError::Partial {
            feature_slug: mission.name.clone(),
            done: "its ticket is bound",
            failed: "its meta.json cannot be read again",
            source: Box::new(error.into()),
        })?;
    Ok(MissionFromTicketResult {
        created,
        feature_dir: mission.directory,
        feature_slug: meta.feature_slug().to_owned(),
        meta: meta.keys().clone(),
        commits: commit.into_iter().chain(bound.commit.clone()).collect(),
        bound: Some(bound),
        warnings,
    })
}

/// The mission stays when its bind fails: that is part of the work done.
fn partial(mission: &Mission, error: OriginError) -> OriginError {
    let cause: PartialCause = match error {
        OriginError::Tracker(error) => error.into(),
        OriginError::Meta(error) => error.into(),
        OriginError::Fs(error) => MetadataError::from(error).into(),
        other => return other,
    };
    OriginError::Partial {
        feature_slug: mission.name.clone(),
        done: "the mission was created",
        failed: "its ticket is not bound",
        source: Box::new(cause),
    }
}
