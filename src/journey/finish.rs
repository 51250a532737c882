//! The route of `sync now`: it records the events that cut-off commands still owe, and nothing else.

use super::create::has_folder;
use super::service::Service;
use super::walk::{Settled, Walk};
use super::{Journey, Journeys, Step};
use crate::fs::lock::try_acquire;
use crate::git::repository::is_committed;
use crate::text::chain;

/// What [`record_owed_events`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub events: u64,
    /// Journeys that wait for their own command, or will never finish.
    pub waiting: u64,
    pub warnings: Vec<String>,
}

/// Records the owed events whose facts stand: a mission that was made, an origin in `meta.json`.
/// Leaves journeys alone that another process works on.
pub(crate) fn record_owed_events(service: Service<'_>) -> Recorded {
    let mut recorded = Recorded::default();
    let journeys = Journeys::of(service.project);
    for journey in journeys.readable() {
        let lock_file = service.project.lock_file("mission", &journey.lock_key());
        match lock_file.and_then(|path| try_acquire(&path)) {
            // Until the lock was acquired, its command may have gone on or ended.
            Ok(Some(_held)) if journeys.readable().contains(&journey) => {
                record(service, journey, &mut recorded);
            }
            Ok(Some(_held)) => {}
            Ok(None) => recorded.waiting += 1,
            Err(error) => recorded.warnings.push(chain(&error)),
        }
    }
    recorded
}

fn record(service: Service<'_>, journey: Journey, recorded: &mut Recorded) {
    let mut walk = Walk::resume(service, journey);
    for step in walk.journey.owed() {
        if !fact_stands(&walk, step) {
            continue;
        }
        let settled = match step {
            Step::RecordCreated => walk.record_created(),
            _ => walk.record_bound(),
        };
        match settled {
            Ok(Settled::Done) => {
                walk.journey.done.insert(step);
                recorded.events += u64::from(!walk.progress.event_refused);
            }
            Ok(Settled::Owed) => {}
            Err(error) => walk.warn(chain(&error)),
        }
    }
    let name = &walk.mission.name;
    let warnings = walk.progress.warnings.iter();
    recorded
        .warnings
        .extend(warnings.map(|warning| format!("{name}: {warning}")));
    let is_over = walk.journey.owed().is_empty() || is_over_but_for_the_commit(&walk);
    let result = if is_over {
        walk.journeys.remove(&walk.journey)
    } else {
        recorded.waiting += 1;
        walk.journeys.save(&walk.journey)
    };
    recorded
        .warnings
        .extend(result.err().map(|error| chain(&error)));
}

/// Whether this step records an event, and what the event says is true.
fn fact_stands(walk: &Walk<'_>, step: Step) -> bool {
    match step {
        Step::RecordCreated => has_folder(walk.service.project, &walk.journey).unwrap_or(false),
        Step::RecordBound => walk
            .journey
            .ticket
            .as_ref()
            .is_some_and(|it| walk.origin_is(it)),
        _ => false,
    }
}

/// Whether every event is recorded and the user or an earlier run committed `meta.json` as it is.
fn is_over_but_for_the_commit(walk: &Walk<'_>) -> bool {
    let owed = walk.journey.owed();
    let event_owed = owed.contains(&Step::RecordCreated) || owed.contains(&Step::RecordBound);
    let Some(repository) = &walk.service.project.repository else {
        return !event_owed;
    };
    let Ok(metadata) = walk.metadata() else {
        return false;
    };
    let path = metadata.path();
    let path = path.strip_prefix(&repository.root).unwrap_or(path);
    !event_owed && is_committed(walk.service.world, repository, &[path.to_owned()]).unwrap_or(false)
}
