//! The route that binds a ticket to a mission that exists.

use super::error::{CreationError, JourneyError, StepError};
use super::known::{is_same, local_missions, named, taken};
use super::service::Service;
use super::walk::{Arrival, Walk, WantedBind};
use super::{Journey, Journeys, Step};
use crate::mission::Mission;
use crate::mission::metadata::MetadataError;
use crate::tracker::ticket::Ticket;

/// What the user may choose about a bind.
#[derive(Debug, Clone, Default)]
pub(crate) struct BindOptions {
    /// The idempotency key of an earlier bind, to repeat it.
    pub idempotency_key: Option<String>,
    /// Bind even if the ticket has another mission.
    pub allow_duplicate: bool,
}

/// Makes a ticket the origin of a mission: the control plane first, then `meta.json`, the event and
/// the commit. If the control plane does not bind, no byte of the project has changed. Resumes an
/// earlier run with its idempotency key, unless the user gives another key.
pub(crate) fn bind_mission_origin(
    service: Service<'_>,
    mission: &Mission,
    ticket: &Ticket,
    options: BindOptions,
) -> Result<Arrival, JourneyError> {
    check(service, mission, ticket, &options)?;
    let _held = service.lock(&ticket.lock_key())?;
    let mut walk = walk_to(service, mission, ticket).map_err(StepError::from)?;
    walk.want(WantedBind {
        ticket: ticket.clone(),
        idempotency_key: options.idempotency_key,
        exclusive: !options.allow_duplicate,
        makes_mission: false,
    });
    walk.arrive()
}

/// Refuses what can be refused without a request: a mission without a valid `meta.json`, and a ticket
/// that has another mission.
pub(crate) fn check(
    service: Service<'_>,
    mission: &Mission,
    ticket: &Ticket,
    options: &BindOptions,
) -> Result<(), JourneyError> {
    let metadata = mission.load(&service.project.root);
    let metadata = metadata.map_err(StepError::from)?;
    let missions = named(ticket);
    let is_own = missions
        .iter()
        .any(|known| is_same(service, known, &metadata));
    match missions.first() {
        Some(other) if !(is_own || options.allow_duplicate) => {
            let local = local_missions(service)?;
            Err(CreationError::from(taken(service, ticket, other, &local)).into())
        }
        _ => Ok(()),
    }
}

/// The walk that binds a ticket to an existing mission: one that was cut off, or a new one.
pub(super) fn walk_to<'a>(
    service: Service<'a>,
    mission: &Mission,
    ticket: &Ticket,
) -> Result<Walk<'a>, MetadataError> {
    if let Some(journey) = journey_of(service, ticket, mission) {
        return Walk::resume(service, journey);
    }
    let journey = Journeys::of(service.project).begin(&mission.name);
    let ticket = Some(ticket.clone());
    Ok(Walk::new(service, Journey { ticket, ..journey }))
}

/// The unfinished journey that binds this ticket to this mission.
pub(super) fn journey_of(
    service: Service<'_>,
    ticket: &Ticket,
    mission: &Mission,
) -> Option<Journey> {
    let journeys = Journeys::of(service.project).readable();
    journeys
        .into_iter()
        .find(|it| it.binds(&mission.name, ticket))
}

impl Walk<'_> {
    /// Asks the control plane anew, even if an earlier run did: it alone decides. What depends on its
    /// answer is repeated too, and so are commits, which an earlier run may have left out.
    pub(super) fn want(&mut self, bind: WantedBind) {
        let repeated = [Step::Bind, Step::WriteOrigin, Step::CommitOrigin];
        let folder = bind.makes_mission.then_some(Step::CommitFolder);
        for step in repeated.into_iter().chain(folder) {
            self.journey.done.remove(&step);
        }
        self.wanted = Some(bind);
    }
}
