//! The files that unfinished journeys are kept in: `intents/<project_uuid>/*.json` below the state
//! directory, one for each clone, mission and ticket.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Attempt, Creation, Journey, Step};
use crate::fs::replace::{Mode, replace};
use crate::fs::{FsError, ensure_private_directory, entries, read_bounded};
use crate::project::Project;
use crate::text::short_digest;
use crate::tracker::ticket::Ticket;

/// The largest file that is read.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// The journeys of one clone of a project, and those whose clone no longer exists on this machine:
/// a clone that was moved finds its own again.
#[derive(Debug, Clone)]
pub(crate) struct Journeys {
    directory: PathBuf,
    clone: PathBuf,
}

/// A journey's file; `journey` is `None` if it cannot be read.
#[derive(Debug, Clone)]
pub(crate) struct StoredJourney {
    pub path: PathBuf,
    pub journey: Option<Journey>,
}

impl Journeys {
    /// The journeys of a project in this clone.
    pub(crate) fn of(project: &Project) -> Self {
        let root = project.state_directory.join("intents");
        Self {
            directory: root.join(&project.identity.project_uuid),
            clone: project.shared_directory(),
        }
    }

    /// A journey of this clone with no steps.
    pub(super) fn begin(&self, mission: &str) -> Journey {
        Journey {
            mission: mission.to_owned(),
            clone: self.clone.to_string_lossy().into_owned(),
            creation: None,
            ticket: None,
            attempt: None,
            taken: false,
            unbind: None,
            done: BTreeSet::new(),
        }
    }

    /// The journeys of all projects.
    pub(crate) fn all_projects(state_directory: &Path) -> Result<Vec<StoredJourney>, FsError> {
        let mut stored = Vec::new();
        for entry in entries(&state_directory.join("intents"))? {
            let directory = entry.path();
            if directory.is_dir() {
                stored.extend(in_folder(&directory)?);
            }
        }
        Ok(stored)
    }

    /// All of them, in the order of their file names.
    pub(crate) fn all(&self) -> Result<Vec<StoredJourney>, FsError> {
        let mut stored = in_folder(&self.directory)?;
        stored.retain(|stored| stored.journey.as_ref().is_none_or(|own| self.owns(own)));
        Ok(stored)
    }

    /// Another clone keeps its journeys as long as it exists.
    fn owns(&self, journey: &Journey) -> bool {
        let clone = Path::new(&journey.clone);
        clone == Path::new(&*self.clone.to_string_lossy()) || !clone.exists()
    }

    /// Those that can be read. If the folder cannot be listed, nothing can be resumed, but that must
    /// not block the command.
    pub(super) fn readable(&self) -> Vec<Journey> {
        let all = self.all().unwrap_or_default();
        all.into_iter()
            .filter_map(|stored| stored.journey)
            .collect()
    }

    /// Whether both are kept in one file.
    pub(super) fn is_same_file(&self, one: &Journey, other: &Journey) -> bool {
        self.path_of(one) == self.path_of(other)
    }

    /// Writes a journey durably, replacing an earlier state of it.
    pub(super) fn save(&self, journey: &Journey) -> Result<(), FsError> {
        if let Some(parent) = self.directory.parent() {
            ensure_private_directory(parent)?;
        }
        ensure_private_directory(&self.directory)?;
        let path = self.path_of(journey);
        let mut text = serde_json::to_vec_pretty(journey)
            .map_err(|error| FsError::on("write", &path)(error.into()))?;
        text.push(b'\n');
        replace(&path, &text, Mode::Private).map(drop)
    }

    /// Removes a journey's file; a missing one is no error.
    pub(super) fn remove(&self, journey: &Journey) -> Result<(), FsError> {
        remove_file(&self.path_of(journey))
    }

    /// One file a clone, mission and ticket, so that an attempt with one ticket never hides
    /// another's, and one for an unbind.
    fn path_of(&self, journey: &Journey) -> PathBuf {
        let ticket = journey.ticket.as_ref();
        let no_ticket = if journey.unbind.is_some() {
            "unbind"
        } else {
            ""
        };
        let parts = [
            journey.mission.as_str(),
            ticket.map_or(no_ticket, |ticket| ticket.provider.as_str()),
            ticket.map_or("", |ticket| ticket.candidate.external_issue_id()),
            journey.clone.as_str(),
        ];
        self.directory
            .join(short_digest(parts.join("\0")) + ".json")
    }
}

/// Removes a journey's file; a missing one is no error.
pub(crate) fn remove_file(path: &Path) -> Result<(), FsError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FsError::on("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// The journeys in one folder, in the order of their file names.
fn in_folder(directory: &Path) -> Result<Vec<StoredJourney>, FsError> {
    let mut stored = Vec::new();
    for entry in entries(directory)? {
        let path = entry.path();
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        if name.starts_with(b".") || !name.ends_with(b".json") {
            continue;
        }
        let bytes = read_bounded(&path, MAX_BYTES).ok().flatten();
        let journey = bytes.and_then(|bytes| parse(&bytes));
        stored.push(StoredJourney { path, journey });
    }
    Ok(stored)
}

fn parse(bytes: &[u8]) -> Option<Journey> {
    let journey = serde_json::from_slice(bytes).ok();
    journey.or_else(|| Some(serde_json::from_slice::<Intent>(bytes).ok()?.into_journey()))
}

/// What version 0.1.0 kept instead of a journey. Such a file is read once: the next save writes a
/// [`Journey`] in its place.
#[derive(Deserialize)]
struct Intent {
    feature_slug: String,
    locks: String,
    creation: Option<IntentCreation>,
    ticket: Option<Ticket>,
    attempt: Option<Attempt>,
    #[serde(default)]
    event_recorded: bool,
    #[serde(default)]
    only_event_missing: bool,
}

#[derive(Deserialize)]
struct IntentCreation {
    #[serde(flatten)]
    creation: Creation,
    #[serde(default)]
    event_recorded: bool,
}

impl Intent {
    fn into_journey(self) -> Journey {
        let created = self
            .creation
            .as_ref()
            .is_some_and(|made| made.event_recorded);
        let facts = [
            (Step::MakeFolder, self.only_event_missing),
            (Step::CommitFolder, self.only_event_missing),
            (Step::RecordCreated, created),
            (Step::RecordBound, self.event_recorded),
        ];
        Journey {
            mission: self.feature_slug,
            clone: self.locks,
            creation: self.creation.map(|made| made.creation),
            ticket: self.ticket,
            attempt: self.attempt,
            taken: false,
            unbind: None,
            done: facts
                .into_iter()
                .filter(|fact| fact.1)
                .map(|fact| fact.0)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::NewBranch;
    use super::*;

    fn owed(intent: serde_json::Value) -> Vec<Step> {
        parse(intent.to_string().as_bytes()).unwrap().owed()
    }

    /// Mutation check: with any line of `facts` removed, this test fails.
    #[test]
    fn an_intent_of_version_0_1_0_owes_the_steps_it_had_not_taken() {
        let ticket = json!({
            "provider": "linear", "resource_type": "linear_team", "resource_id": "t-1",
            "candidate": {"external_issue_id": "9f1c", "external_issue_key": "WEB-1",
                "title": "T", "status": "Todo", "url": "https://linear.app/x", "match_type": "exact"},
        });
        let creation = json!({"slug": "web-1", "created_at": "2026-11-22T10:00:00Z"});
        let intent = json!({"feature_slug": "061-web-1", "locks": "/x/.git/spec-kitty",
            "creation": creation, "ticket": ticket, "attempt": null});
        assert_eq!(owed(intent.clone()).len(), 7);

        let mut recorded = intent.clone();
        recorded["creation"]["event_recorded"] = true.into();
        recorded["event_recorded"] = true.into();
        let all_but_events = [
            Step::MakeFolder,
            Step::CommitFolder,
            Step::Bind,
            Step::WriteOrigin,
            Step::CommitOrigin,
        ];
        assert_eq!(owed(recorded), all_but_events);

        let mut event_only = intent;
        event_only["ticket"] = json!(null);
        event_only["only_event_missing"] = true.into();
        assert_eq!(owed(event_only), [Step::RecordCreated]);
    }

    #[test]
    fn a_journey_comes_back_as_it_was_saved() {
        let folder = tempfile::tempdir().unwrap();
        let journeys = Journeys {
            directory: folder.path().join("intents/uuid"),
            clone: folder.path().to_owned(),
        };
        let mut journey = journeys.begin("061-web-1");
        journey.creation = Some(Creation {
            slug: "web-1".to_owned(),
            created_at: "2026-11-22T10:00:00Z".to_owned(),
            mission_id: Some(ulid::Ulid::from_parts(1, 2)),
            duplicate: true,
            branch: Some(NewBranch {
                name: "061-web-1".to_owned(),
                target: "main".to_owned(),
            }),
            ticket_file: true,
        });
        journey.done.insert(Step::MakeFolder);
        journeys.save(&journey).unwrap();
        assert_eq!(journeys.readable(), [journey.clone()]);
        journeys.remove(&journey).unwrap();
        journeys.remove(&journey).unwrap();
        assert_eq!(journeys.readable(), []);
    }
}
