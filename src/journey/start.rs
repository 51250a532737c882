//! The route from a ticket: one ticket, one mission.

use chrono::{DateTime, TimeDelta};

use super::Journey;
use super::bind::{journey_of, walk_to};
use super::branch::found_elsewhere;
use super::checkout::Checkout;
use super::create::{begun_creations, creation, unfinished};
use super::error::{CreationError, JourneyError, StepError};
use super::known::{LocalMission, is_bound, is_named, is_same, local_missions, named, taken};
use super::plan::{self, MissionOptions, PlannedMission};
use super::service::Service;
use super::steps::request;
use super::walk::{Arrival, Walk, WantedBind};
use crate::git::history::commits_of;
use crate::mission::Mission;
use crate::mission::committed::CommittedMission;
use crate::mission::metadata::MissionMetadata;
use crate::text::chain;
use crate::tracker::ticket::Ticket;
use crate::wire::response::BindResponse;
use crate::wire::ticket::KnownMission;

/// What [`start_mission_from_ticket`] would do.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Nothing: the ticket has its mission.
    Bound(Box<Arrival>),
    /// Finish this mission, which waits for its bind.
    Finish(String),
    /// Switch to the branch of this mission, and finish it if it waits for its bind.
    Switch(CommittedMission),
    Create(PlannedMission),
}

/// The mission that the ticket has in this clone.
enum Found {
    /// Bound, and nothing is owed.
    Bound(Box<LocalMission>),
    /// This journey makes it or binds it.
    Unfinished(Box<Journey>),
    /// The control plane has bound it, but its `meta.json` does not say so.
    Unrecorded(Mission),
    /// On another branch, which the user wants.
    Elsewhere(CommittedMission),
}

/// Says what would be done for a ticket. Writes nothing.
pub(crate) fn plan(
    service: Service<'_>,
    ticket: &Ticket,
    options: &MissionOptions,
) -> Result<Plan, CreationError> {
    Ok(match find(service, ticket, options)? {
        Some(Found::Bound(it)) => Plan::Bound(Box::new(found(service, ticket, options, *it))),
        Some(Found::Unfinished(journey)) => Plan::Finish(journey.mission),
        Some(Found::Unrecorded(mission)) => Plan::Finish(mission.name),
        Some(Found::Elsewhere(mission)) => Plan::Switch(mission),
        None => Plan::Create(plan::plan(&service, options, Some(ticket))?),
    })
}

/// Creates a mission for a ticket and binds it, or finishes the mission an earlier run left, or
/// returns the mission that is bound already. Processes that want the same ticket queue up here.
pub(crate) fn start_mission_from_ticket(
    service: Service<'_>,
    ticket: &Ticket,
    options: &MissionOptions,
) -> Result<Arrival, JourneyError> {
    let _held = service.lock(&ticket.lock_key())?;
    let checkout = Checkout::default();
    let service = checkout.hold(service, options)?;
    let service = match find(service, ticket, options)? {
        Some(Found::Elsewhere(mission)) => checkout.follow(service, &mission)?,
        _ => service,
    };
    let result = start(service, ticket, options, &checkout);
    checkout.complete(options, result)
}

/// Starts it on the branch that is checked out, or on a new one.
fn start<'a>(
    service: Service<'a>,
    ticket: &Ticket,
    options: &MissionOptions,
    checkout: &'a Checkout,
) -> Result<Arrival, JourneyError> {
    let mut walk = match find(service, ticket, options)? {
        Some(Found::Bound(it)) => {
            let mut found = found(service, ticket, options, *it);
            // It was not here when this was planned: another command bound it since the search.
            let is_newer = checkout.switched().is_none();
            if is_newer && ticket.candidate.missions().is_some() {
                bind_again(service, ticket, &mut found);
            } else {
                recall(service, ticket, &mut found);
            }
            return Ok(found);
        }
        Some(Found::Unfinished(journey)) => {
            visible(Walk::resume(service, *journey).map_err(CreationError::from)?)?
        }
        Some(Found::Unrecorded(mission)) => {
            visible(walk_to(service, &mission, ticket).map_err(CreationError::from)?)?
        }
        // After one switch there is no other.
        Some(Found::Elsewhere(_)) | None => creation(service, options, Some(ticket), checkout)?,
    };
    walk.want(WantedBind {
        ticket: ticket.clone(),
        idempotency_key: None,
        exclusive: !(options.allow_duplicate || walk.journey.is_duplicate()),
        makes_mission: walk.journey.creation.is_some(),
    });
    walk.arrive()
}

/// Finds the ticket's mission in this checkout or on the branch that the user wants, unless the user
/// wants another mission. Refuses a ticket that has one elsewhere.
fn find(
    service: Service<'_>,
    ticket: &Ticket,
    options: &MissionOptions,
) -> Result<Option<Found>, CreationError> {
    let begun = unfinished(service.project, options, Some(ticket));
    if options.allow_duplicate {
        return match begun? {
            Some(journey) => Ok(Some(Found::Unfinished(Box::new(journey)))),
            None => elsewhere(service, ticket, options, &[]),
        };
    }
    let local = local_missions(service)?;
    if let Some((mission, metadata)) = local.iter().find(|it| is_bound(ticket, &it.1)) {
        return Ok(Some(match journey_of(service, ticket, mission) {
            Some(journey) => Found::Unfinished(Box::new(journey)),
            None => Found::Bound(Box::new((mission.clone(), metadata.clone()))),
        }));
    }
    let named_here = |it: &&LocalMission| is_named(service, ticket, &it.1);
    if let Some(journey) = begun? {
        let mut own = local.iter().filter(named_here);
        let is_own = own.any(|it| it.0.name == journey.mission);
        return match rival(ticket, &journey).filter(|_| !is_own) {
            Some(other) => {
                let mut taken = taken(service, ticket, other, &local);
                taken.unfinished = Some(journey.mission);
                Err(taken.into())
            }
            None => Ok(Some(Found::Unfinished(Box::new(journey)))),
        };
    }
    if let Some((mission, _)) = local.iter().find(named_here) {
        return Ok(Some(Found::Unrecorded(mission.clone())));
    }
    if let Some(found) = elsewhere(service, ticket, options, &local)? {
        return Ok(Some(found));
    }
    match named(ticket).first() {
        Some(other) => Err(taken(service, ticket, other, &local).into()),
        None => Ok(None),
    }
}

/// Finds the ticket's mission on the branch that the user wants. What would be refused there is refused
/// before the switch.
fn elsewhere(
    service: Service<'_>,
    ticket: &Ticket,
    options: &MissionOptions,
    local: &[LocalMission],
) -> Result<Option<Found>, CreationError> {
    let Some((mission, metadata)) = found_elsewhere(&service, options, Some(ticket))? else {
        return Ok(None);
    };
    let is_own = is_bound(ticket, &metadata) || is_named(service, ticket, &metadata);
    let begun = begun_creations(service.project, options, Some(ticket));
    let mut begun = begun.iter().filter(|it| it.mission == mission.name);
    match begun.find_map(|it| rival(ticket, it)) {
        Some(other) if !is_own => Err(taken(service, ticket, other, local).into()),
        _ => Ok(Some(Found::Elsewhere(mission))),
    }
}

/// The mission that keeps unfinished work from its ticket. A request that may have arrived is repeated
/// first: its answer says whose the ticket is.
fn rival<'a>(ticket: &'a Ticket, journey: &Journey) -> Option<&'a KnownMission> {
    let is_free = journey.attempt.is_some() || journey.is_duplicate();
    named(ticket).first().filter(|_| !is_free)
}

/// Refuses a mission outside a sparse checkout, whose files cannot be written.
fn visible(walk: Walk<'_>) -> Result<Walk<'_>, CreationError> {
    if walk.mission.directory.exists() {
        return Ok(walk);
    }
    Err(CreationError::Hidden(walk.mission.name))
}

/// The answer for a mission that was bound earlier, as far as it is known without a request.
fn found(
    service: Service<'_>,
    ticket: &Ticket,
    options: &MissionOptions,
    local: LocalMission,
) -> Arrival {
    let current_branch = service.project.current_branch().to_owned();
    let (mission, metadata) = local;
    let mut known = named(ticket).iter();
    let known = known.find(|known| is_same(service, known, &metadata));
    Arrival {
        commits: commits(service, &metadata),
        bound: known.map(|known| BindResponse {
            origin_link_id: None,
            bound_at: known.bound_at.clone(),
        }),
        mission,
        metadata,
        created: false,
        branch: options.branch.as_ref().map(|_| current_branch.clone()),
        current_branch,
        event_emitted: false,
        warnings: Vec::new(),
    }
}

/// The commits that hold the mission, oldest first; none if git fails.
fn commits(service: Service<'_>, metadata: &MissionMetadata) -> Vec<String> {
    // The clocks of two machines may differ.
    const MARGIN: TimeDelta = TimeDelta::days(1);
    let Some(repository) = &service.project.repository else {
        return Vec::new();
    };
    let created = DateTime::parse_from_rfc3339(metadata.created_at());
    let created = created.map_or(DateTime::UNIX_EPOCH, |time| time.to_utc());
    let since = created.checked_sub_signed(MARGIN).unwrap_or(created);
    let path = metadata.path();
    let path = path.strip_prefix(&repository.root).unwrap_or(path);
    commits_of(service.world, repository, path, since).unwrap_or_default()
}

/// Completes the answer for a mission that was bound earlier. The control plane says that it knows
/// the bind, so the same bind again changes nothing and returns the link.
pub(crate) fn recall(service: Service<'_>, ticket: &Ticket, found: &mut Arrival) {
    if found.bound.is_some() {
        bind_again(service, ticket, found);
    }
}

fn bind_again(service: Service<'_>, ticket: &Ticket, found: &mut Arrival) {
    let Some(tracker) = service.tracker else {
        return;
    };
    let request = request(service, tracker, &found.metadata, ticket, false);
    let again = || -> Result<BindResponse, StepError> {
        let key = service.world.random_uuid()?.to_string();
        Ok(tracker.client.bind_mission_origin(&request, &key)?)
    };
    match again() {
        Ok(bound) => found.bound = Some(bound),
        Err(error) => {
            let cause = chain(&error);
            let warning = format!("could not get the id of the bind from the server: {cause}");
            found.warnings.push(warning);
        }
    }
}
