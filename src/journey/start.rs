//! The route from a ticket: one ticket, one mission.

use super::bind::journey_of;
use super::branch::made_elsewhere;
use super::checkout::Checkout;
use super::create::{creation, unfinished};
use super::error::{CreationError, JourneyError};
use super::plan::{self, MissionOptions, PlannedMission};
use super::service::Service;
use super::walk::{Arrival, Walk, WantedBind};
use crate::mission::committed::CommittedMission;
use crate::mission::metadata::MissionMetadata;
use crate::mission::{self, Mission, hidden};
use crate::tracker::ticket::Ticket;

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

/// Says what would be done for a ticket. Writes nothing.
pub(crate) fn plan(
    service: Service<'_>,
    ticket: &Ticket,
    options: &MissionOptions,
) -> Result<Plan, CreationError> {
    if let Some((mission, metadata)) = bound_mission(service, ticket, options)? {
        return Ok(match journey_of(service, ticket, &mission) {
            Some(_) => Plan::Finish(mission.name),
            None => Plan::Bound(Box::new(found(service, options, mission, metadata))),
        });
    }
    if let Some(journey) = unfinished(service.project, options, Some(ticket))? {
        return Ok(Plan::Finish(journey.mission));
    }
    if let Some(mission) = made_elsewhere(&service, options, Some(ticket))? {
        return Ok(Plan::Switch(mission));
    }
    Ok(Plan::Create(plan::plan(&service, options, Some(ticket))?))
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
    let service = match bound_mission(service, ticket, options)? {
        Some(_) => service,
        None => checkout.follow(service, options, Some(ticket))?,
    };
    let result = start(service, ticket, options, &checkout);
    checkout.complete(options, result)
}

fn start<'a>(
    service: Service<'a>,
    ticket: &Ticket,
    options: &MissionOptions,
    checkout: &'a Checkout,
) -> Result<Arrival, JourneyError> {
    let mut walk = match bound_mission(service, ticket, options)? {
        Some((mission, metadata)) => match journey_of(service, ticket, &mission) {
            Some(_) if !mission.directory.exists() => {
                return Err(CreationError::Hidden(mission.name).into());
            }
            Some(journey) => Walk::resume(service, journey).map_err(CreationError::from)?,
            None => return Ok(found(service, options, mission, metadata)),
        },
        None => creation(service, options, Some(ticket), checkout)?,
    };
    walk.want(WantedBind {
        ticket: ticket.clone(),
        idempotency_key: None,
        makes_mission: true,
    });
    walk.arrive()
}

/// The mission whose `meta.json` records this ticket as its origin, unless the user wants another.
/// A `meta.json` that cannot be read must not block other missions. A mission outside a sparse
/// checkout counts too.
fn bound_mission(
    service: Service<'_>,
    ticket: &Ticket,
    options: &MissionOptions,
) -> Result<Option<(Mission, MissionMetadata)>, CreationError> {
    if options.allow_duplicate {
        return Ok(None);
    }
    let is_bound =
        |metadata: &MissionMetadata| metadata.origin_identity() == Some(ticket.identity());
    let root = &service.project.root;
    for mission in mission::all(root)? {
        if let Ok(metadata) = mission.load(root)
            && is_bound(&metadata)
        {
            return Ok(Some((mission, metadata)));
        }
    }
    let hidden = hidden::readable(service.world, service.project)?;
    Ok(hidden.into_iter().find(|(_, metadata)| is_bound(metadata)))
}

fn found(
    service: Service<'_>,
    options: &MissionOptions,
    mission: Mission,
    metadata: MissionMetadata,
) -> Arrival {
    let current_branch = service.project.current_branch().to_owned();
    Arrival {
        mission,
        metadata,
        created: false,
        branch: options.branch.as_ref().map(|_| current_branch.clone()),
        current_branch,
        commits: Vec::new(),
        event_emitted: false,
        bound: None,
        warnings: Vec::new(),
    }
}
