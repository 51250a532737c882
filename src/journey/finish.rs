//! Finishing what an interrupted command left: events of binds and missions that are complete but
//! for their event (QUEUE §2.10).

use super::bound_event::emit_bound;
use super::models::Ticket;
use crate::fs::lock::try_acquire;
use crate::git::repository::is_committed;
use crate::journey::create::{emit_created, made_by};
use crate::journey::intent::{Intent, Intents};
use crate::mission::Mission;
use crate::mission::metadata::MissionMetadata;
use crate::project::Project;
use crate::project::paths::SPECS;
use crate::sync::emitter::{EmitError, Emitter};
use crate::text::chain;
use crate::world::World;

/// What [`finish_intents`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Finished {
    /// Events that were recorded.
    pub recorded: u64,
    /// Intents that still wait for their command to be run again, or will never finish.
    pub waiting: u64,
    /// What went wrong.
    pub warnings: Vec<String>,
}

/// Records the events of unfinished work whose result already stands in `meta.json`. Work that
/// another process is at is left alone.
pub(crate) fn finish_intents(
    world: &World,
    project: &Project,
    team_slug: Option<&str>,
) -> Finished {
    let mut finished = Finished::default();
    let emitter = Emitter::of_project(world, project, team_slug);
    let intents = Intents::of(project);
    for intent in intents.understood() {
        let lock_file = project.lock_file("mission", &lock_key(&intent));
        let held = lock_file.and_then(|path| try_acquire(&path));
        match held {
            // Its command may have gone on, or ended, until the lock was had.
            Ok(Some(_held)) if intents.understood().contains(&intent) => {
                finish(world, project, &emitter, intent, &mut finished);
            }
            Ok(Some(_held)) => {}
            Ok(None) => finished.waiting += 1,
            Err(error) => finished.warnings.push(chain(&error)),
        }
    }
    finished
}

/// What the commands on a ticket, or on a name, exclude each other by.
pub(super) fn ticket_lock_key(ticket: &Ticket) -> String {
    format!(
        "ticket:{}:{}",
        ticket.provider,
        ticket.candidate.external_issue_id()
    )
}

fn lock_key(intent: &Intent) -> String {
    match (&intent.ticket, &intent.creation) {
        (Some(ticket), _) => ticket_lock_key(ticket),
        (None, Some(creation)) => format!("name:{}", creation.slug),
        (None, None) => String::new(),
    }
}

fn finish(
    world: &World,
    project: &Project,
    emitter: &Emitter<'_>,
    mut intent: Intent,
    finished: &mut Finished,
) {
    let directory = project.root.join(SPECS).join(&intent.feature_slug);
    let mission = Mission {
        directory,
        name: intent.feature_slug.clone(),
    };
    let Ok(meta) = mission.load(&project.root) else {
        finished.waiting += 1;
        return;
    };
    let complete = match (&intent.ticket, &intent.attempt) {
        (Some(ticket), Some(_)) => {
            let identity = (
                ticket.provider.as_str(),
                ticket.candidate.external_issue_id(),
            );
            meta.origin_identity() == Some(identity)
        }
        (Some(_), None) => false,
        (None, _) => matches!(made_by(project, &intent), Ok(Some(_))),
    };
    if !complete {
        finished.waiting += 1;
        return;
    }
    let creation = intent.creation.as_ref();
    let told = intent.ticket.is_none() && creation.is_some_and(|made| made.event_recorded);
    if !intent.event_recorded && !told {
        let emitted = match (&intent.ticket, &intent.attempt) {
            (Some(ticket), Some(attempt)) => emit_bound(
                emitter,
                &project.git_metadata(None),
                &meta,
                ticket,
                attempt.event_id,
            ),
            _ => emit_created(project, emitter, meta.keys(), None),
        };
        if let Err(error) = &emitted {
            finished
                .warnings
                .push(format!("{}: {}", mission.name, chain(error)));
        }
        match emitted {
            Ok(()) => finished.recorded += 1,
            // It would break the rule again.
            Err(EmitError::Rule(_)) => {}
            Err(_) => {
                finished.waiting += 1;
                return;
            }
        }
        intent.event_recorded = true;
    }
    let intents = Intents::of(project);
    let settled = if intent.only_event_missing || committed(world, project, &meta) {
        intents.remove(&intent)
    } else {
        intents.save(&intent)
    };
    if let Err(error) = settled {
        finished.warnings.push(chain(&error));
    }
}

/// Whether nothing is left to commit; where git cannot be asked, it is not known to be so.
fn committed(world: &World, project: &Project, meta: &MissionMetadata) -> bool {
    let Some(repository) = &project.repository else {
        return true;
    };
    let path = meta
        .path()
        .strip_prefix(&repository.root)
        .unwrap_or(meta.path())
        .to_owned();
    is_committed(world, repository, &[path]).unwrap_or(false)
}
