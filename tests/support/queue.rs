//! Writes and reads queues by hand: their format is documented.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{PROJECT_UUID, Reply, Request, Sandbox, write_file};

/// The UUID of another project.
pub(crate) const OTHER_UUID: &str = "11111111-2222-4333-8444-555555555555";

/// An event with this id.
pub(crate) fn queued_event(id: &str) -> Value {
    json!({
        "event_id": id,
        "event_type": "FeatureCreated",
        "aggregate_id": "061-web-123",
        "aggregate_type": "Feature",
        "payload": {"feature_slug": "061-web-123"},
        "lamport_clock": 1,
        "timestamp": "2026-11-22T10:00:00Z",
        "project_slug": "web",
    })
}

/// The answer of a control plane with this verdict on each event.
pub(crate) fn verdicts(request: &Request, status: impl Fn(&str) -> &'static str) -> Reply {
    let verdict =
        |id: String| json!({"event_id": id, "status": status(&id), "error_message": "rule broken"});
    let results: Vec<_> = event_ids(request).into_iter().map(verdict).collect();
    Reply::json(200, &json!({ "results": results }))
}

/// The ids of a batch.
pub(crate) fn event_ids(request: &Request) -> Vec<String> {
    let request = request.json();
    let events = request["events"].as_array().expect("events").iter();
    events
        .map(|event| event["event_id"].as_str().unwrap().to_owned())
        .collect()
}

impl Sandbox {
    /// The folder of the project's queue.
    pub(crate) fn queue(&self) -> PathBuf {
        self.queue_of(PROJECT_UUID)
    }

    /// The folder of a project's queue.
    pub(crate) fn queue_of(&self, project_uuid: &str) -> PathBuf {
        self.state().join("queue").join(project_uuid)
    }

    /// Puts events into the active file of a project's queue.
    pub(crate) fn plant_events(&self, project_uuid: &str, ids: &[&str]) {
        let lines = ids.iter().map(|id| queued_event(id).to_string() + "\n");
        self.plant_file(project_uuid, "active.v1.jsonl", lines.collect::<String>());
    }

    /// Puts a file into a project's queue.
    pub(crate) fn plant_file(&self, project_uuid: &str, name: &str, bytes: impl AsRef<[u8]>) {
        let folder = self.queue_of(project_uuid);
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&folder).unwrap();
        write_file(&folder.join(name), bytes);
    }

    /// The entries of the dead-letter file.
    pub(crate) fn dead_letters(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.queue().join("dead.v1.jsonl")).unwrap_or_default();
        let parse = |line: &str| serde_json::from_str(line).unwrap();
        text.lines().map(parse).collect()
    }

    /// The ids of the pending events, in the order of delivery.
    pub(crate) fn waiting(&self) -> Vec<String> {
        let events = self.events();
        let id = |event: &Value| event["event_id"].as_str().unwrap().to_owned();
        events.iter().map(id).collect()
    }
}
