//! The route that makes a mission, and the first half of the route from a ticket.

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::branch::made_elsewhere;
use super::checkout::Checkout;
use super::error::{CreationError, JourneyError};
use super::plan::{MissionOptions, PlannedMission, check, plan, require_repository};
use super::service::Service;
use super::walk::{Arrival, NewMission, Walk, has_folder};
use super::{Creation, Journey, Journeys, Step, name_lock_key};
use crate::fs::lock;
use crate::mission::commit::is_added;
use crate::mission::metadata::{MetadataError, MetadataKeys};
use crate::mission::{hidden, number};
use crate::project::Project;
use crate::text::one_line;
use crate::tracker::ticket::Ticket;

/// Creates a mission without a ticket, or finishes one of the same slug that was cut off. (Its
/// name is that of the original task list.)
pub(crate) fn create_feature_core(
    service: Service<'_>,
    options: &MissionOptions,
) -> Result<Arrival, JourneyError> {
    check(&service, options)?;
    let _held = service.lock(&name_lock_key(&options.slug(None)))?;
    let checkout = Checkout::default();
    let mut service = checkout.hold(service, options)?;
    if let Some(mission) = made_elsewhere(&service, options, None)? {
        service = checkout.follow(service, &mission)?;
    }
    let walk = creation(service, options, None, &checkout);
    let result = walk.map_err(JourneyError::from).and_then(Walk::arrive);
    checkout.complete(options, result)
}

/// The walk that makes a mission of this slug or ticket: one that was cut off, or a new one. The
/// caller holds the lock of the slug or ticket.
pub(super) fn creation<'a>(
    service: Service<'a>,
    options: &MissionOptions,
    ticket: Option<&Ticket>,
    checkout: &'a Checkout,
) -> Result<Walk<'a>, CreationError> {
    require_repository(&service)?;
    let begun = begun_creations(service.project, options, ticket);
    if let Some(journey) = made(service.project, &begun, options)? {
        if !is_committed_by_hand(&service, &journey) {
            return Ok(Walk::resume(service, journey)?);
        }
        Journeys::of(service.project).remove(&journey)?;
        return creation(service, options, ticket, checkout);
    }
    let hidden = hidden::names(service.world, service.project)?;
    if let Some(journey) = begun.iter().find(|it| hidden.contains(&it.mission)) {
        return Err(CreationError::Hidden(journey.mission.clone()));
    }
    begin(service, options, ticket, &begun, checkout)
}

/// Whether an earlier run left a mission of this slug, without a ticket, unfinished.
pub(crate) fn is_unfinished(project: &Project, options: &MissionOptions) -> bool {
    unfinished(project, options, None).is_ok_and(|journey| journey.is_some())
}

/// The unfinished mission of this slug or ticket, if there is one.
pub(super) fn unfinished(
    project: &Project,
    options: &MissionOptions,
    ticket: Option<&Ticket>,
) -> Result<Option<Journey>, MetadataError> {
    made(project, &begun_creations(project, options, ticket), options)
}

/// The journeys that make missions of this slug or ticket, whether or not their folders are here. A
/// duplicate comes last, and `--allow-duplicate` resumes nothing else.
pub(super) fn begun_creations(
    project: &Project,
    options: &MissionOptions,
    ticket: Option<&Ticket>,
) -> Vec<Journey> {
    let slug = options.slug(ticket);
    let fits = |journey: &Journey| match (&journey.creation, ticket) {
        (Some(_), Some(ticket)) => journey.is_for(ticket),
        (Some(creation), None) => {
            let folder = [Step::MakeFolder, Step::CommitFolder];
            journey.ticket.is_none()
                && creation.slug == slug
                && journey.owed().iter().any(|step| folder.contains(step))
        }
        (None, _) => false,
    };
    let mut journeys = Journeys::of(project).readable();
    journeys.retain(|it| fits(it) && (it.is_duplicate() || !options.allow_duplicate));
    journeys.sort_by_key(Journey::is_duplicate);
    journeys
}

/// The first of these journeys whose folder is here. Others may belong to another branch. The
/// mission of a ticket is its mission whatever number the user asks for now.
fn made(
    project: &Project,
    begun: &[Journey],
    options: &MissionOptions,
) -> Result<Option<Journey>, MetadataError> {
    for journey in begun {
        let number = number::of_folder_name(&journey.mission);
        let is_wanted =
            journey.ticket.is_some() || options.number.is_none_or(|n| number == Some(n));
        if is_wanted && has_folder(project, journey)? {
            return Ok(Some(journey.clone()));
        }
    }
    Ok(None)
}

/// Whether a mission without a ticket only owed its commit, and the user made that commit.
fn is_committed_by_hand(service: &Service<'_>, journey: &Journey) -> bool {
    journey.ticket.is_none()
        && journey.done.contains(&Step::RecordCreated)
        && is_added(service.world, service.project, &journey.mission)
}

/// Reserves a number for a new mission, and switches to its branch if the user asked for one. A mission
/// of the same name that was cut off before its folder was made gives it its id.
fn begin<'a>(
    service: Service<'a>,
    options: &MissionOptions,
    ticket: Option<&Ticket>,
    begun: &[Journey],
    checkout: &'a Checkout,
) -> Result<Walk<'a>, CreationError> {
    let lock_file = service.project.number_lock_file()?;
    let number = lock::acquire(service.world, &lock_file, service.wait)?;
    let plan = plan(&service, options, ticket)?;
    let now = service.world.now();
    let mut begun = begun.iter().filter(|it| it.mission == plan.mission_slug);
    let mission_id = match begun.find_map(|it| it.creation.as_ref()?.mission_id) {
        Some(id) => id,
        None => service.world.new_ulid(now)?,
    };
    let ticket_file = ticket.and_then(|ticket| ticket.file.clone());
    let creation = Creation {
        slug: options.slug(ticket),
        created_at: now.to_rfc3339_opts(SecondsFormat::Micros, true),
        mission_id: Some(mission_id),
        duplicate: options.allow_duplicate,
        branch: plan.new_branch(),
        ticket_file: ticket_file.is_some(),
    };
    let keys = metadata_keys(&plan, options, ticket, &creation);
    let journey = Journey {
        creation: Some(creation),
        ticket: ticket.cloned(),
        ..Journeys::of(service.project).begin(&plan.mission_slug)
    };
    let service = checkout.enter(service, &plan, &journey)?;
    let mut walk = Walk::new(service, journey);
    walk.new = Some(NewMission {
        keys,
        ticket_file,
        number,
    });
    Ok(walk)
}

fn metadata_keys(
    plan: &PlannedMission,
    options: &MissionOptions,
    ticket: Option<&Ticket>,
    creation: &Creation,
) -> MetadataKeys {
    let title = ticket.map(|ticket| ticket.candidate.title());
    let friendly_name = title
        .or(options.title.as_deref())
        .map(one_line)
        .filter(|title| !title.is_empty())
        .unwrap_or_else(|| options.slug(ticket).replace('-', " "));
    // Newer versions of spec-kitty read the `mission_*` keys, older ones the others.
    let mut keys: MetadataKeys = [
        ("feature_number", plan.number.as_str()),
        ("slug", &plan.mission_slug),
        ("feature_slug", &plan.mission_slug),
        ("mission_slug", &plan.mission_slug),
        ("friendly_name", &friendly_name),
        ("mission", &options.mission_type),
        ("mission_type", &options.mission_type),
        ("target_branch", &plan.target_branch),
        ("created_at", &creation.created_at),
    ]
    .map(|(key, value)| (key.to_owned(), Value::from(value)))
    .into_iter()
    .collect();
    // They refuse a null here.
    if let Ok(number) = plan.number.parse::<u64>() {
        keys.insert("mission_number".to_owned(), number.into());
    }
    if let Some(id) = creation.mission_id {
        keys.insert("mission_id".to_owned(), id.to_string().into());
    }
    if options.mission_type == "documentation" {
        let state = json!({
            "coverage_percentage": 0.0,
            "divio_types_selected": [],
            "generators_configured": [],
            "iteration_mode": "initial",
            "last_audit_date": null,
            "target_audience": "developers",
        });
        keys.insert("documentation_state".to_owned(), state);
    }
    keys
}
