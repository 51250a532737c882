//! The branch that a new mission is committed to (`--branch`): its name, and what it holds already.
//! [`super::checkout`] switches to it, before the first step of a journey.

use super::NewBranch;
use super::create::{begun_creations, unfinished};
use super::error::CreationError;
use super::known::{branch, is_bound, is_named, is_of_repository, named};
use super::plan::{MissionOptions, require_repository};
use super::service::Service;
use super::suggested_branch::{is_in_the_way, suggestion};
use crate::git::branches;
use crate::git::repository::Repository;
use crate::mission::committed::{self, CommittedMission};
use crate::mission::metadata::MissionMetadata;
use crate::mission::{number, without_number};
use crate::tracker::ticket::Ticket;
use crate::wire::ticket::KnownMission;

/// The branch that the user wants for a mission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BranchChoice {
    /// Named as the tracker suggests for the ticket, or like the mission: `061-web-123`.
    OfMission,
    Named(String),
}

/// The branch of a mission that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedBranch {
    pub name: String,
    pub state: BranchState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BranchState {
    /// It is checked out.
    Current,
    Existing,
    New,
}

/// What the name of a branch depends on.
#[derive(Debug)]
pub(super) struct Outlook {
    choice: BranchChoice,
    /// The tracker's own name for the ticket's branch.
    suggested: Option<String>,
    local: Vec<String>,
    current: Option<String>,
    /// What an earlier run began, which was cut off between the switch and the folder: the number of the
    /// mission and the branch.
    begun: Option<(u64, NewBranch)>,
    /// Numbers that missions on other branches have.
    taken: Vec<(u64, String)>,
}

impl Outlook {
    /// Looks at the branches; `None` without `--branch`.
    pub(super) fn of(
        service: &Service<'_>,
        options: &MissionOptions,
        ticket: Option<&Ticket>,
    ) -> Result<Option<Self>, CreationError> {
        let Some(choice) = options.branch.clone() else {
            return Ok(None);
        };
        let repository = require_repository(service)?;
        let current = repository.branch.clone();
        let begun = begun_creations(service.project, options, ticket);
        let suggested = suggestion(service, repository, ticket, &begun)?;
        let mut begun = begun.into_iter().filter_map(|journey| {
            let number = number::of_folder_name(&journey.mission)?;
            Some((number, journey.creation?.branch?))
        });
        let begun = begun.find(|(_, branch)| Some(&branch.name) == current.as_ref());
        let local = branches::local(service.world, repository)?;
        let is_free = |name: &String| local.iter().all(|other| !is_in_the_way(other, name));
        let suggested = suggested.filter(is_free);
        let names = match &choice {
            BranchChoice::Named(name) if is_elsewhere(&local, current.as_ref(), name) => {
                committed::names(service.world, service.project, repository, name)?
            }
            BranchChoice::Named(_) => Vec::new(),
            BranchChoice::OfMission => missions_of(service, repository, &local, options, ticket)?,
        };
        let numbered = |name: String| Some((number::of_folder_name(&name)?, name));
        Ok(Some(Self {
            choice,
            suggested,
            local,
            current,
            begun,
            taken: names.into_iter().filter_map(numbered).collect(),
        }))
    }

    /// The branch of the mission of this name.
    pub(super) fn branch(&self, mission: &str) -> PlannedBranch {
        let name = match (&self.choice, &self.begun, &self.suggested) {
            (BranchChoice::Named(name), ..) => name,
            (BranchChoice::OfMission, Some((_, begun)), _) => &begun.name,
            (BranchChoice::OfMission, None, Some(suggested)) => suggested,
            (BranchChoice::OfMission, None, None) => mission,
        };
        let state = if self.current.as_deref() == Some(name) {
            BranchState::Current
        } else if self.local.iter().any(|branch| branch == name) {
            BranchState::Existing
        } else {
            BranchState::New
        };
        let name = name.to_owned();
        PlannedBranch { name, state }
    }

    /// The target branch that an earlier run chose before its switch.
    pub(super) fn begun_target(&self) -> Option<&str> {
        let (_, branch) = self.begun.as_ref()?;
        Some(&branch.target)
    }

    /// The number that an earlier run chose before its switch.
    pub(super) fn begun_number(&self) -> Option<u64> {
        self.begun.as_ref().map(|(number, _)| *number)
    }

    /// Numbers that missions on other branches have.
    pub(super) fn taken(&self) -> &[(u64, String)] {
        &self.taken
    }
}

/// Whether a branch exists and is not checked out.
fn is_elsewhere(local: &[String], current: Option<&String>, name: &String) -> bool {
    local.contains(name) && current != Some(name)
}

/// The names of the missions on other branches, and of the branches that belong to missions. One that
/// would be the new mission's own, and does not hold that mission yet, is free for it.
fn missions_of(
    service: &Service<'_>,
    repository: &Repository,
    local: &[String],
    options: &MissionOptions,
    ticket: Option<&Ticket>,
) -> Result<Vec<String>, CreationError> {
    let slug = options.slug(ticket);
    let (own, mut names): (Vec<_>, Vec<_>) = numbered(local)
        .cloned()
        .partition(|name| without_number(name) == slug);
    let own: Vec<_> = own.into_iter().map(of_its_own_branch).collect();
    let found = committed::metadata(service.world, service.project, repository, &own)?;
    let held = own.into_iter().zip(found);
    names.extend(held.filter_map(|(mission, found)| found.map(|_| mission.name)));
    let all = committed::all_names(service.world, service.project, repository, local)?;
    names.extend(all);
    Ok(names)
}

fn numbered(local: &[String]) -> impl Iterator<Item = &String> {
    let is_numbered = |name: &&String| number::of_folder_name(name).is_some();
    local.iter().filter(is_numbered)
}

fn of_its_own_branch(name: String) -> CommittedMission {
    CommittedMission {
        branch: name.clone(),
        name,
    }
}

/// A mission on a branch that is not checked out, and its `meta.json` there.
type Candidate = (CommittedMission, MissionMetadata);

/// The mission that an earlier run made for the same ticket or name, on the branch that the user wants
/// and that is not checked out. `None` if this work tree has an unfinished one.
pub(crate) fn made_elsewhere(
    service: &Service<'_>,
    options: &MissionOptions,
    ticket: Option<&Ticket>,
) -> Result<Option<CommittedMission>, CreationError> {
    let found = found_elsewhere(service, options, ticket)?;
    Ok(found.map(|(mission, _)| mission))
}

/// [`made_elsewhere`], with its `meta.json`. A mission that has the ticket is better than unfinished work.
pub(super) fn found_elsewhere(
    service: &Service<'_>,
    options: &MissionOptions,
    ticket: Option<&Ticket>,
) -> Result<Option<Candidate>, CreationError> {
    let Some(choice) = &options.branch else {
        return Ok(None);
    };
    if unfinished(service.project, options, ticket)?.is_some() {
        return Ok(None);
    }
    let mut candidates = candidates(service, choice, options, ticket)?;
    let wanted = ticket.filter(|_| !options.allow_duplicate);
    let has_ticket = |ticket| {
        candidates
            .iter()
            .position(|(_, it)| is_bound(ticket, it) || is_named(*service, ticket, it))
    };
    let begun = begun_creations(service.project, options, ticket);
    let made = begun.iter().filter_map(|journey| journey.creation.as_ref());
    let times: Vec<_> = made.map(|creation| creation.created_at.as_str()).collect();
    let is_begun = |(_, it): &Candidate| times.contains(&it.created_at());
    let place = wanted.and_then(has_ticket);
    let place = place.or_else(|| candidates.iter().position(is_begun));
    Ok(place.map(|place| candidates.swap_remove(place)))
}

/// The missions that may be meant.
fn candidates(
    service: &Service<'_>,
    choice: &BranchChoice,
    options: &MissionOptions,
    ticket: Option<&Ticket>,
) -> Result<Vec<Candidate>, CreationError> {
    let repository = require_repository(service)?;
    let local = branches::local(service.world, repository)?;
    let mut missions: Vec<_> = match choice {
        BranchChoice::Named(name) => missions_on(service, repository, &local, name)?,
        BranchChoice::OfMission => {
            let slug = options.slug(ticket);
            let own = numbered(&local).filter(|name| without_number(name) == slug);
            let own = own.cloned().map(of_its_own_branch);
            let wanted = ticket.filter(|_| !options.allow_duplicate);
            let known = wanted.map(named).unwrap_or_default().iter();
            let known = known.filter_map(|it| known_elsewhere(*service, it));
            let begun = begun_creations(service.project, options, ticket);
            let begun = begun.into_iter().filter_map(|journey| {
                Some(CommittedMission {
                    branch: journey.creation?.branch?.name,
                    name: journey.mission,
                })
            });
            let suggested = ticket.and_then(|ticket| ticket.branch_name.as_deref());
            let suggested = suggested.unwrap_or_default();
            let on_suggested = missions_on(service, repository, &local, suggested)?;
            own.chain(known).chain(begun).chain(on_suggested).collect()
        }
    };
    missions.retain(|it| is_elsewhere(&local, repository.branch.as_ref(), &it.branch));
    let found = committed::metadata(service.world, service.project, repository, &missions)?;
    let found = missions.into_iter().zip(found);
    Ok(found
        .filter_map(|(mission, it)| Some((mission, it?)))
        .collect())
}

/// The missions on a local branch; none if there is no such branch.
fn missions_on(
    service: &Service<'_>,
    repository: &Repository,
    local: &[String],
    branch: &str,
) -> Result<Vec<CommittedMission>, CreationError> {
    if !local.iter().any(|name| name == branch) {
        return Ok(Vec::new());
    }
    let names = committed::names(service.world, service.project, repository, branch)?;
    let mission = |name| CommittedMission {
        branch: branch.to_owned(),
        name,
    };
    Ok(names.into_iter().map(mission).collect())
}

/// A mission that the control plane names, if a branch of this clone has it.
fn known_elsewhere(service: Service<'_>, known: &KnownMission) -> Option<CommittedMission> {
    let branch = is_of_repository(service, known).then(|| branch(service, known));
    Some(CommittedMission {
        branch: branch.flatten()?,
        name: known.mission_slug.clone(),
    })
}
