//! The route that drops a mission without an origin. Each step may be repeated: a mission whose folder
//! is gone is found by what HEAD holds of it, so the same command completes what was cut off.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::error::DiscardError;
use super::service::Service;
use super::steps::created_event_id;
use super::{Journey, Journeys, name_lock_key};
use crate::fs::lock::{self, Lock};
use crate::git::commit::PathState;
use crate::git::commit::undo::{Undoable, forget, undo, undoable, unsaved};
use crate::git::history::{committed, files_of};
use crate::git::repository::Repository;
use crate::mission::commit::{CommitOptions, CommitPolicy, commit_files};
use crate::mission::folder::{self, is_pristine};
use crate::mission::metadata::{MissionMetadata, parse};
use crate::mission::{self, Mission, MissionError, hidden, without_number};
use crate::project::inside::OutsideError;
use crate::project::paths::SPECS;
use crate::sync::queue::Queue;
use crate::warning::Warning;

/// A mission that can be discarded, and how.
#[derive(Debug)]
pub(crate) struct Discard {
    pub mission: Mission,
    pub metadata: MissionMetadata,
    pub way: Way,
}

/// What happens to the commits of a mission that is discarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// HEAD adds the mission and nothing else, and is not pushed: it is undone.
    Undo(Undoable),
    /// HEAD holds these files: a commit removes them.
    Commit(Vec<PathBuf>),
    /// There is no commit, or the user wants none.
    FolderOnly,
}

/// What [`discard`] did.
#[derive(Debug)]
pub(crate) struct Discarded {
    pub mission: Mission,
    pub undone: Option<String>,
    pub commit: Option<String>,
    /// Whether its event left the queue.
    pub event_dropped: bool,
    pub warnings: Vec<Warning>,
}

/// Finds the mission and refuses everything that can be refused. Writes nothing.
pub(crate) fn plan(service: Service<'_>, asked: &str) -> Result<Discard, DiscardError> {
    let mission = find(service, asked)?;
    let metadata = load(service, &mission)?;
    let origin = metadata.keys().get("origin_ticket");
    if origin.is_some_and(|origin| !origin.is_null()) {
        let key = metadata.origin_key().unwrap_or("a ticket").to_owned();
        let mission = mission.name;
        return Err(DiscardError::Bound { mission, key });
    }
    let mut journeys = journeys_of(service, &mission).into_iter();
    if let Some(journey) = journeys.find(|it| it.attempt.is_some() || it.unbind.is_some()) {
        return Err(DiscardError::Unfinished(Box::new(journey)));
    }
    let repository = service.project.repository.as_ref();
    if let Some(operation) = repository.and_then(Repository::interrupted) {
        return Err(DiscardError::Interrupted(operation));
    }
    let files = unsaved_files(service, &mission)?;
    if !files.is_empty() {
        let mission = mission.name;
        return Err(DiscardError::Unsaved { mission, files });
    }
    let way = way(service, &mission)?;
    if matches!(way, Way::Commit(_)) {
        service.require_commits()?;
    }
    Ok(Discard {
        mission,
        metadata,
        way,
    })
}

/// Removes the mission: its event and its unfinished work, its folder, its commit.
pub(crate) fn discard(service: Service<'_>, asked: &Mission) -> Result<Discarded, DiscardError> {
    let _held = lock_mission(service, asked)?;
    let planned = plan(service, &asked.name)?;
    let event_dropped = drop_event(service, &planned.metadata)?;
    let removed = remove(service, &planned).map_err(|source| DiscardError::Stopped {
        mission: planned.mission.name.clone(),
        source: Box::new(source),
    })?;
    Ok(Discarded {
        mission: planned.mission,
        event_dropped,
        ..removed
    })
}

fn remove(service: Service<'_>, planned: &Discard) -> Result<Discarded, DiscardError> {
    let Service { world, project, .. } = service;
    let mission = &planned.mission;
    for journey in journeys_of(service, mission) {
        Journeys::of(project).remove(&journey)?;
    }
    {
        let _number = lock::acquire(world, &project.number_lock_file()?, service.wait)?;
        folder::remove(&project.root, mission)?;
    }
    let mut discarded = Discarded {
        mission: mission.clone(),
        undone: None,
        commit: None,
        event_dropped: false,
        warnings: Vec::new(),
    };
    let Some(repository) = &project.repository else {
        return Ok(discarded);
    };
    let folder = inside(repository, &mission.directory);
    let message = format!("Discard mission {}", mission.name);
    match &planned.way {
        Way::Undo(undoable) => {
            undo(world, repository, undoable, folder, &message, service.wait)?;
            discarded.undone = Some(undoable.commit.clone());
        }
        Way::Commit(files) => {
            let files: Vec<_> = files
                .iter()
                .map(|file| repository.root.join(file))
                .collect();
            let options = CommitOptions {
                policy: service.commit,
                state: PathState::Changed,
                wait: service.wait,
            };
            let outcome = commit_files(world, project, &files, &message, options)?;
            discarded.commit = outcome.sha;
            discarded.warnings.extend(outcome.warning);
        }
        Way::FolderOnly if service.commit == CommitPolicy::Never => {}
        Way::FolderOnly => forget(world, repository, folder, service.wait)?,
    }
    Ok(discarded)
}

/// The mission that the user names, also one whose folder is gone but not its commit.
fn find(service: Service<'_>, asked: &str) -> Result<Mission, DiscardError> {
    let root = &service.project.root;
    let not_found = match mission::find(root, service.world.directory(), asked) {
        Ok(mission) if mission.directory.is_symlink() => {
            let (path, why) = (mission.directory, "is a symbolic link");
            return Err(OutsideError::Refused { path, why }.into());
        }
        Err(error @ MissionError::NotFound { .. }) => error,
        found => return Ok(found?),
    };
    let Some(repository) = &service.project.repository else {
        return Err(not_found.into());
    };
    let specs = root.join(SPECS);
    let folder = inside(repository, &specs);
    let names: BTreeSet<_> = files_of(service.world, repository, folder)?
        .iter()
        .filter_map(|file| {
            let mut parts = file.strip_prefix(folder).ok()?.iter();
            let name = parts.next()?.to_str()?.to_owned();
            // A file directly in kitty-specs/ belongs to no mission.
            parts.next().map(|_| name)
        })
        .collect();
    let missions: Vec<_> = names
        .iter()
        .map(|name| Mission::named(root, name))
        .collect();
    let mission = mission::named(&missions, asked)?;
    if hidden::names(service.world, service.project)?.contains(&mission.name) {
        return Err(DiscardError::Hidden(mission.name));
    }
    Ok(mission)
}

fn load(service: Service<'_>, mission: &Mission) -> Result<MissionMetadata, DiscardError> {
    let root = &service.project.root;
    match &service.project.repository {
        Some(repository) if !mission.directory.exists() => {
            let path = mission.meta_file();
            let bytes = committed(service.world, repository, inside(repository, &path))?;
            Ok(parse(&path, bytes)?)
        }
        _ => Ok(mission.load(root)?),
    }
}

fn way(service: Service<'_>, mission: &Mission) -> Result<Way, DiscardError> {
    let Some(repository) = &service.project.repository else {
        return Ok(Way::FolderOnly);
    };
    if service.commit == CommitPolicy::Never {
        return Ok(Way::FolderOnly);
    }
    let folder = inside(repository, &mission.directory);
    let files = files_of(service.world, repository, folder)?;
    if files.is_empty() {
        return Ok(Way::FolderOnly);
    }
    let undoable = undoable(service.world, repository, folder)?;
    Ok(undoable.map_or(Way::Commit(files), Way::Undo))
}

/// The files that would be lost: those that neither git nor this program could bring back.
fn unsaved_files(service: Service<'_>, mission: &Mission) -> Result<Vec<String>, DiscardError> {
    let root = &service.project.root;
    let files = match &service.project.repository {
        Some(repository) => {
            let folder = inside(repository, &mission.directory);
            let files = unsaved(service.world, repository, folder)?;
            files
                .iter()
                .map(|file| repository.root.join(file))
                .collect()
        }
        None => folder::files_below(&mission.directory)?,
    };
    let lost = files
        .into_iter()
        .filter(|file| !is_pristine(root, mission, file));
    Ok(lost.map(|file| service.project.relative(&file)).collect())
}

fn drop_event(service: Service<'_>, metadata: &MissionMetadata) -> Result<bool, DiscardError> {
    let project = service.project;
    let id = created_event_id(project, metadata).to_string();
    let queue = Queue::of_project(&project.state_directory, &project.identity.project_uuid);
    Ok(queue.remove_event(service.world, &id, service.wait)?)
}

fn journeys_of(service: Service<'_>, mission: &Mission) -> Vec<Journey> {
    let mut journeys = Journeys::of(service.project).readable();
    journeys.retain(|journey| journey.mission == mission.name);
    journeys
}

/// Keeps other commands away: those that make the mission, and those that work on its folder. The
/// locks of different keys may be one file, which a process can lock only once.
fn lock_mission(service: Service<'_>, mission: &Mission) -> Result<Vec<Lock>, DiscardError> {
    let journeys = journeys_of(service, mission);
    let keys = journeys.iter().map(Journey::lock_key);
    let keys = keys.chain([name_lock_key(without_number(&mission.name))]);
    let files: Result<BTreeSet<_>, _> = keys
        .map(|key| service.project.lock_file("mission", &key))
        .collect();
    let mut locks = Vec::new();
    for file in files? {
        locks.push(lock::acquire(service.world, &file, service.wait)?);
    }
    locks.push(service.lock_folder(mission)?);
    Ok(locks)
}

fn inside<'a>(repository: &Repository, path: &'a Path) -> &'a Path {
    path.strip_prefix(&repository.root).unwrap_or(path)
}
