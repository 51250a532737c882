//! The route of `sync now`: it records the events that cut-off commands still owe, and nothing else.

use super::service::Service;
use super::walk::{Settled, Walk};
use super::{Journey, Journeys, Step};
use crate::fs::lock::try_acquire;
use crate::git::repository::is_committed;
use crate::mission::commit::is_added;
use crate::text::chain;
use crate::warning::{Warning, WarningCode};

/// What [`record_owed_events`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub events: u64,
    /// Journeys that wait for their own command, or will never finish.
    pub waiting: u64,
    pub warnings: Vec<Warning>,
}

/// Records the owed events whose facts stand: a mission that was made, an origin in `meta.json`.
/// Leaves journeys alone that another process works on.
pub(crate) fn record_owed_events(service: Service<'_>) -> Recorded {
    let mut recorded = Recorded::default();
    let journeys = Journeys::of(service.project);
    for journey in journeys.readable() {
        if journey.unbind.is_some() {
            recorded.waiting += 1;
            continue;
        }
        let lock_file = service.project.lock_file("mission", &journey.lock_key());
        match lock_file.and_then(|path| try_acquire(&path)) {
            // Until the lock was acquired, its command may have gone on or ended.
            Ok(Some(_held)) if journeys.readable().contains(&journey) => {
                record(service, journey, &mut recorded);
            }
            Ok(Some(_held)) => {}
            Ok(None) => recorded.waiting += 1,
            Err(error) => recorded.warnings.push(unsaved(chain(&error))),
        }
    }
    recorded
}

fn record(service: Service<'_>, journey: Journey, recorded: &mut Recorded) {
    let Ok(mut walk) = Walk::resume(service, journey) else {
        recorded.waiting += 1;
        return;
    };
    for step in walk.owed() {
        let settled = match step {
            Step::RecordCreated if walk.mission_stands() => walk.record_created(),
            Step::RecordBound if walk.origin_stands() => walk.record_bound(),
            _ => continue,
        };
        recorded.events += u64::from(settled == Settled::Done);
        walk.settle(step, settled);
    }
    let name = &walk.mission.name;
    let warnings = walk.progress.warnings.iter();
    recorded
        .warnings
        .extend(warnings.map(|warning| Warning::new(warning.code, format!("{name}: {warning}"))));
    let result = if is_over(&walk) {
        walk.journeys.remove(&walk.journey)
    } else {
        recorded.waiting += 1;
        walk.journeys.save(&walk.journey)
    };
    let error = result.err().map(|error| unsaved(chain(&error)));
    recorded.warnings.extend(error);
}

/// The journey could not be kept or ended.
fn unsaved(message: String) -> Warning {
    Warning::new(WarningCode::JourneyUnsaved, message)
}

/// Whether nothing is owed, or nothing but commits of a finished mission that exist already.
fn is_over(walk: &Walk<'_>) -> bool {
    let owed = walk.owed();
    if owed.is_empty() {
        return true;
    }
    let event_owed = owed.contains(&Step::RecordCreated) || owed.contains(&Step::RecordBound);
    if event_owed || !walk.mission_stands() || !walk.origin_stands() {
        return false;
    }
    let Service { world, project, .. } = walk.service;
    let Some(repository) = &project.repository else {
        return true;
    };
    let Ok(metadata) = walk.metadata() else {
        return false;
    };
    let path = metadata.path();
    let path = path.strip_prefix(&repository.root).unwrap_or(path);
    let folder_owed = owed.contains(&Step::CommitFolder);
    is_committed(world, repository, &[path.to_owned()]).unwrap_or(false)
        && (!folder_owed || is_added(world, project, &walk.mission.name))
}
