//! The missions that the control plane knows for a ticket, compared with those of this checkout.

use std::path::Path;

use super::error::CreationError;
use super::service::Service;
use crate::git::branches::branch_with;
use crate::mission::metadata::MissionMetadata;
use crate::mission::{self, Mission, hidden};
use crate::project::paths::SPECS;
use crate::tracker::ticket::Ticket;
use crate::wire::ticket::KnownMission;

/// A mission of this checkout with a readable `meta.json`.
pub(super) type LocalMission = (Mission, MissionMetadata);

/// The ticket has a mission already, and not the one that the command would make or bind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} already has mission {mission}{}", place.remark())]
pub(crate) struct TicketTaken {
    /// The ticket's key.
    pub key: String,
    pub mission: KnownMission,
    pub place: Place,
    /// Every mission that the control plane knows.
    pub missions: Vec<KnownMission>,
    /// The mission that an earlier run made for the ticket, and that cannot be bound to it.
    pub unfinished: Option<String>,
}

/// Where the mission of a ticket is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In this checkout, in the folder of this name.
    Here(String),
    /// On this branch of this clone.
    Branch(String),
    /// In this repository, as far as the control plane knows, but not in this clone.
    Elsewhere,
    /// In the repository of this name.
    Repository(String),
}

impl Place {
    /// What to add to the mission's name.
    fn remark(&self) -> String {
        match self {
            Self::Repository(name) => format!(", in repository {name}"),
            Self::Here(_) | Self::Branch(_) | Self::Elsewhere => String::new(),
        }
    }
}

/// The missions of this checkout, also those outside a sparse checkout. A `meta.json` that cannot be
/// read must not block other missions.
pub(super) fn local_missions(service: Service<'_>) -> Result<Vec<LocalMission>, CreationError> {
    let root = &service.project.root;
    let load = |mission: Mission| {
        let metadata = mission.load(root).ok()?;
        Some((mission, metadata))
    };
    let mut missions: Vec<_> = mission::all(root)?.into_iter().filter_map(load).collect();
    missions.extend(hidden::readable(service.world, service.project)?);
    Ok(missions)
}

/// Whether the control plane means this mission: by its id, or by its slug in this repository or in
/// one that it does not know. A slug in place of an id says nothing about the repository.
pub(super) fn is_same(
    service: Service<'_>,
    known: &KnownMission,
    mission: &MissionMetadata,
) -> bool {
    if known.mission_id == mission.mission_id() && known.mission_id != mission.mission_slug() {
        return true;
    }
    known.mission_slug == mission.mission_slug() && is_of_repository(service, known)
}

/// Whether a mission is in this repository, or in one that the control plane does not know.
pub(super) fn is_of_repository(service: Service<'_>, known: &KnownMission) -> bool {
    let identity = &service.project.identity;
    let repository = known.repository.as_deref();
    repository.is_none_or(|name| identity.is_repository(name))
}

/// The missions that the control plane names for the ticket; none if it names none.
pub(super) fn named(ticket: &Ticket) -> &[KnownMission] {
    ticket.candidate.missions().unwrap_or_default()
}

/// Whether `meta.json` records the ticket as the mission's origin.
pub(super) fn is_bound(ticket: &Ticket, mission: &MissionMetadata) -> bool {
    mission.origin_identity() == Some(ticket.identity())
}

/// Whether the control plane names this mission for the ticket.
pub(super) fn is_named(service: Service<'_>, ticket: &Ticket, mission: &MissionMetadata) -> bool {
    let mut known = named(ticket).iter();
    known.any(|known| is_same(service, known, mission))
}

/// The error that says which mission has the ticket, and where it is.
pub(super) fn taken(
    service: Service<'_>,
    ticket: &Ticket,
    mission: &KnownMission,
    local: &[LocalMission],
) -> TicketTaken {
    TicketTaken {
        key: ticket.candidate.external_issue_key().to_owned(),
        mission: mission.clone(),
        place: place(service, mission, local),
        missions: named(ticket).to_vec(),
        unfinished: None,
    }
}

fn place(service: Service<'_>, known: &KnownMission, local: &[LocalMission]) -> Place {
    let here = local.iter().find(|(_, it)| is_same(service, known, it));
    if let Some((mission, _)) = here {
        return Place::Here(mission.name.clone());
    }
    match &known.repository {
        Some(name) if !is_of_repository(service, known) => Place::Repository(name.clone()),
        _ => branch(service, known).map_or(Place::Elsewhere, Place::Branch),
    }
}

/// The local branch with a mission of this repository. A failure is ignored: without the branch there is
/// only less help.
pub(super) fn branch(service: Service<'_>, known: &KnownMission) -> Option<String> {
    let repository = service.project.repository.as_ref()?;
    let file = Path::new(SPECS).join(&known.mission_slug).join("meta.json");
    let file = service.project.root.join(file);
    let inside = file.strip_prefix(&repository.root).ok()?;
    branch_with(service.world, repository, inside)
        .ok()
        .flatten()
}
