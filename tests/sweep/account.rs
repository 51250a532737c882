//! Reads the files of a sandbox by their documented format, without code of the program.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{PROJECT_UUID, Sandbox, write_file};

/// The events of every queue under a state directory.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Pending events, in the order of file names and lines.
    pub pending: Vec<Value>,
    /// The events of the dead-letter file.
    pub dead: Vec<Value>,
    /// Lines of the dead-letter file that are not events.
    pub raw: usize,
    /// Lines that are not JSON: the last one of a file without a final newline.
    pub torn: usize,
    /// The ids in each segment, by file name.
    pub segments: BTreeMap<String, Vec<String>>,
}

/// The id of an event.
pub(super) fn id(event: &Value) -> String {
    event["event_id"].as_str().unwrap_or_default().to_owned()
}

impl Ledger {
    /// Reads every queue.
    pub(super) fn read(sandbox: &Sandbox) -> Self {
        let mut ledger = Self::default();
        for path in files(&sandbox.state().join("queue")) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if !name.ends_with(".v1.jsonl") {
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            for line in bytes
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
            {
                let Ok(value) = serde_json::from_slice::<Value>(line) else {
                    ledger.torn += 1;
                    continue;
                };
                if name == "dead.v1.jsonl" && value["event"].is_null() {
                    ledger.raw += 1;
                } else if name == "dead.v1.jsonl" {
                    ledger.dead.push(value["event"].clone());
                } else {
                    ledger
                        .segments
                        .entry(name.clone())
                        .or_default()
                        .push(id(&value));
                    ledger.pending.push(value);
                }
            }
        }
        ledger
    }

    /// Whether an event is in some file.
    pub(super) fn holds(&self, wanted: &str) -> bool {
        self.pending
            .iter()
            .chain(&self.dead)
            .any(|event| event["event_id"] == wanted)
    }

    /// The distinct ids of the pending events of one type.
    pub(super) fn ids_of(&self, event_type: &str) -> Vec<String> {
        let of_type = self
            .pending
            .iter()
            .filter(|event| event["event_type"] == event_type);
        let mut ids: Vec<_> = of_type.map(id).collect();
        ids.sort();
        ids.dedup();
        ids
    }
}

/// An event as the program writes it, about 600 bytes long.
pub(super) fn event(number: usize) -> Value {
    json!({
        "aggregate_id": format!("{number:07}-prepared"),
        "aggregate_type": "Feature",
        "causation_id": null,
        "event_id": event_id(number),
        "event_type": "FeatureCreated",
        "git_branch": "main",
        "head_commit_sha": "0123456789012345678901234567890123456789",
        "lamport_clock": number + 1,
        "node_id": "0123456789ab",
        "payload": {
            "feature_number": format!("{number:07}"),
            "feature_slug": format!("{number:07}-prepared"),
            "target_branch": "main",
            "wp_count": 0,
        },
        "project_slug": "web-app",
        "project_uuid": PROJECT_UUID,
        "repo_slug": "acme/web-app-with-a-name-that-is-as-long-as-names-of-repositories-tend-to-be",
        "team_slug": "acme",
        "timestamp": chrono::Utc::now().to_rfc3339(),
    })
}

/// The id of [`event`]: a ULID, in the order of the numbers.
pub(super) fn event_id(number: usize) -> String {
    format!("01KAPG7000{number:016}")
}

/// Puts lines into a file of the project's queue.
pub(super) fn write_queue(sandbox: &Sandbox, name: &str, lines: impl IntoIterator<Item = Value>) {
    sandbox.make_state();
    let mut bytes = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut bytes, &line).unwrap();
        bytes.push(b'\n');
    }
    let folder = sandbox.state().join("queue").join(PROJECT_UUID);
    write_file(&folder.join(name), bytes);
    let private = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    private(&folder.join(name), 0o600);
    private(&folder, 0o700);
    private(folder.parent().unwrap(), 0o700);
    let clock = json!({"value": 1_000_000_000, "node_id": "0123456789ab", "updated_at": "2026-11-22T10:00:00Z"});
    write_file(&sandbox.state().join("clock.json"), clock.to_string());
    private(&sandbox.state().join("clock.json"), 0o600);
}

/// The name of a sealed segment.
pub(super) fn segment_name(sequence: usize) -> String {
    format!("{sequence:020}-9f3a61c2.v1.jsonl")
}

/// Every file below a folder, sorted.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files(&entry.path())),
            _ => found.push(entry.path()),
        }
    }
    found.sort();
    found
}

/// Leftovers of a crash: temporary files, unfinished folders, locks of git.
pub(super) fn leftovers(sandbox: &Sandbox) -> Vec<String> {
    let places = [
        sandbox.project(),
        sandbox.state(),
        sandbox.root().join("temporary"),
    ];
    let is_leftover = |path: &Path| {
        let text = path.to_string_lossy();
        let is_temporary = text.ends_with(".tmp") || text.contains("/.spec-kitty-new-");
        is_temporary || text.ends_with("/index.lock") || text.contains("/temporary/")
    };
    let all = places.iter().flat_map(|place| files(place));
    let found = all.filter(|path| is_leftover(path));
    found.map(|path| path.display().to_string()).collect()
}

/// The intents on disk.
pub(super) fn intents(sandbox: &Sandbox) -> Vec<PathBuf> {
    let mut found = files(&sandbox.state().join("intents"));
    found.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    found
}

/// Other users have no access to anything in the state directory.
#[track_caller]
pub(super) fn assert_private(sandbox: &Sandbox) {
    for path in files(&sandbox.state()) {
        for path in [path.as_path(), path.parent().unwrap()] {
            let mode = fs::symlink_metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
        }
    }
}
