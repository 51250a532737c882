//! What a command was about to do, kept until it is done (QUEUE §2.10).
//!
//! An intent is a small file under the state directory. It lets the same command, run again after
//! a crash, go on with the same mission, idempotency key and event id; and it lets `sync now`
//! record the event of a bind that was cut off before its event was.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::fs::replace::{Mode, replace};
use crate::fs::{FsError, ensure_private_directory, read_bounded};
use crate::project::Project;
use crate::text::short_digest;
use crate::tracker::ticket::Ticket;
use crate::wire::request::BindRequest;

/// The largest intent file that is read.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// A mission folder that is being made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Creation {
    /// The slug it was asked for by.
    pub slug: String,
    /// `created_at` of its `meta.json`: tells it from another mission of the same name.
    pub created_at: String,
    /// Asked for beside whatever mission the ticket had (`--allow-duplicate`).
    #[serde(default)]
    pub duplicate: bool,
    /// Its `FeatureCreated` event is durably in the queue.
    #[serde(default)]
    pub event_recorded: bool,
}

/// A bind request that may have reached the control plane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    /// Its body: a repeated request must be the same.
    pub request: BindRequest,
    /// Its `Idempotency-Key`.
    pub idempotency_key: String,
    /// The id of the event that the bind will emit.
    pub event_id: ulid::Ulid,
}

/// One unfinished piece of work on one mission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Intent {
    /// The mission's folder name.
    pub feature_slug: String,
    /// The folder of the locks it was made under (lossily, where it is not UTF-8): tells clones of
    /// one project apart.
    pub locks: String,
    /// Set while the mission itself is being made by us.
    pub creation: Option<Creation>,
    /// The ticket it is for, if any.
    pub ticket: Option<Ticket>,
    /// Set from before the bind request until a definite answer.
    pub attempt: Option<Attempt>,
    /// The event is durably in the queue; what is left is the commit.
    #[serde(default)]
    pub event_recorded: bool,
    /// The mission is made and committed; what is left is the event.
    #[serde(default)]
    pub only_event_missing: bool,
}

/// The intents of one clone of a project, and those that no clone on this machine owns: a clone that
/// was moved finds its own again.
#[derive(Debug, Clone)]
pub(crate) struct Intents {
    directory: PathBuf,
    locks: PathBuf,
}

/// An intent file; `intent` is `None` where it cannot be understood.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// Where it lies.
    pub path: PathBuf,
    /// What it says.
    pub intent: Option<Intent>,
}

impl Intents {
    /// The intents of the project with this uuid, in the clone whose locks lie in `locks`.
    pub(crate) fn of_project(state_directory: &Path, project_uuid: &str, locks: &Path) -> Self {
        Self {
            directory: state_directory.join("intents").join(project_uuid),
            locks: locks.to_owned(),
        }
    }

    /// The intents of a project in this clone.
    pub(crate) fn of(project: &Project) -> Self {
        let uuid = &project.identity.project_uuid;
        Self::of_project(&project.state_directory, uuid, &project.shared_directory())
    }

    /// The intent of a mission of this clone, with nothing to do yet.
    pub(crate) fn begin(&self, feature_slug: &str) -> Intent {
        Intent {
            feature_slug: feature_slug.to_owned(),
            locks: self.locks.to_string_lossy().into_owned(),
            creation: None,
            ticket: None,
            attempt: None,
            event_recorded: false,
            only_event_missing: false,
        }
    }

    /// The intents of all projects.
    pub(crate) fn all_projects(state_directory: &Path) -> Result<Vec<Stored>, FsError> {
        let root = state_directory.join("intents");
        let entries = match fs::read_dir(&root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(FsError::on("list the folder", &root)(error)),
        };
        let mut stored = Vec::new();
        for entry in entries {
            let entry = entry.map_err(FsError::on("list the folder", &root))?;
            let directory = entry.path();
            if directory.is_dir() {
                stored.extend(in_folder(&directory)?);
            }
        }
        Ok(stored)
    }

    /// All of them, in the order of their file names. A missing folder holds none.
    pub(crate) fn all(&self) -> Result<Vec<Stored>, FsError> {
        let mut stored = in_folder(&self.directory)?;
        stored.retain(|stored| stored.intent.as_ref().is_none_or(|i| self.owns(i)));
        Ok(stored)
    }

    /// Another clone's intent stays that clone's as long as it stands.
    fn owns(&self, intent: &Intent) -> bool {
        let locks = Path::new(&intent.locks);
        locks == Path::new(&*self.locks.to_string_lossy()) || !locks.exists()
    }

    /// The understood ones. A folder that cannot be read counts as empty: healing is then not to
    /// be had, and the work itself must not stop for it.
    pub(crate) fn understood(&self) -> Vec<Intent> {
        self.all()
            .unwrap_or_default()
            .into_iter()
            .filter_map(|stored| stored.intent)
            .collect()
    }

    /// Writes an intent durably, replacing an earlier one for the same mission and ticket.
    pub(crate) fn save(&self, intent: &Intent) -> Result<(), FsError> {
        if let Some(parent) = self.directory.parent() {
            ensure_private_directory(parent)?;
        }
        ensure_private_directory(&self.directory)?;
        let mut text = serde_json::to_vec_pretty(intent).unwrap_or_default();
        text.push(b'\n');
        replace(&self.path_of(intent), &text, Mode::Private).map(drop)
    }

    /// Removes an intent; one that is gone already is no error.
    pub(crate) fn remove(&self, intent: &Intent) -> Result<(), FsError> {
        remove_file(&self.path_of(intent))
    }

    /// One file a clone, mission and ticket, so that an attempt with one ticket never hides
    /// another's.
    fn path_of(&self, intent: &Intent) -> PathBuf {
        let ticket = intent.ticket.as_ref();
        let parts = [
            intent.feature_slug.as_str(),
            ticket.map_or("", |ticket| ticket.provider.as_str()),
            ticket.map_or("", |ticket| ticket.candidate.external_issue_id()),
            intent.locks.as_str(),
        ];
        let name = short_digest(parts.join("\0"));
        self.directory.join(name + ".json")
    }
}

/// The intents in one folder, in the order of their file names. A missing folder holds none.
fn in_folder(directory: &Path) -> Result<Vec<Stored>, FsError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FsError::on("list the folder", directory)(error)),
    };
    let mut stored = Vec::new();
    for entry in entries {
        let path = entry
            .map_err(FsError::on("list the folder", directory))?
            .path();
        let hidden = path
            .file_name()
            .is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
        if hidden || path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let bytes = read_bounded(&path, MAX_BYTES)
            .ok()
            .flatten()
            .unwrap_or_default();
        stored.push(Stored {
            path,
            intent: serde_json::from_slice(&bytes).ok(),
        });
    }
    stored.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(stored)
}

/// Removes a stored intent file; one that is gone already is no error.
pub(crate) fn remove_file(path: &Path) -> Result<(), FsError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FsError::on("remove", path)(error))
        }
        _ => Ok(()),
    }
}
