//! `sync status`: the pending events of every project. It changes nothing.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{OTHER_UUID, PROJECT_UUID, Sandbox, Snapshot, binary, finish, write_file};

const SCHEMA: &str = "spec-kitty.sync-status/1";

fn status(sandbox: &Sandbox) -> Value {
    sandbox.run(&["sync", "status", "--json"]).answer(SCHEMA)
}

#[test]
fn everything_is_counted_apart_and_nothing_is_changed() {
    let sandbox = Sandbox::with_project();
    sandbox.log_in("https://control.example");
    sandbox.plant_events(PROJECT_UUID, &["a", "b"]);
    sandbox.plant_events(OTHER_UUID, &["c"]);
    sandbox.plant_file(OTHER_UUID, "active.v2.jsonl", "later\nlater\n");
    let dead = "{\"reason\":\"no\",\"event\":{\"event_id\":\"d\"}}\n";
    sandbox.plant_file(PROJECT_UUID, "dead.v1.jsonl", dead.repeat(2) + "broken\n");
    let torn = "00000000000000000000-00000000.v1.jsonl";
    sandbox.plant_file(PROJECT_UUID, torn, "{\"event_id\":\"half");
    let before = Snapshot::of(&sandbox.state());
    let answer = status(&sandbox);
    before.assert_same(&Snapshot::of(&sandbox.state()));
    assert_eq!(answer["pending"], 5);
    assert_eq!(answer["newer_version"], 2);
    assert_eq!(answer["unreadable"], 1);
    assert_eq!(answer["dead"], 2);
    assert_eq!(answer["oldest"], "2026-11-22T10:00:00Z");
    assert!(answer["oldest_age_seconds"].is_u64());
    assert!(answer["bytes"].as_u64().unwrap() > 100);
    assert_eq!(answer["server"], "https://control.example");
    assert_eq!(answer["logged_in"], true);
    assert_eq!(answer["team_slug"], "acme");
    let projects = answer["projects"].as_array().unwrap();
    let by_project = |uuid: &str| projects.iter().find(|p| p["project_uuid"] == uuid).unwrap();
    assert_eq!(by_project(PROJECT_UUID)["pending"], 2);
    assert_eq!(by_project(PROJECT_UUID)["project_slug"], "web");
    assert_eq!(by_project(OTHER_UUID)["pending"], 3);
}

#[test]
fn an_empty_home_is_all_zero_and_stays_empty() {
    let sandbox = Sandbox::new();
    let answer = status(&sandbox);
    assert_eq!(
        (&answer["pending"], &answer["dead"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(
        (&answer["server"], &answer["logged_in"]),
        (&Value::Null, &json!(false))
    );
    assert_eq!(answer["oldest"], Value::Null);
    assert!(!sandbox.state().exists());
}

#[test]
fn a_pipe_gets_rows() {
    let sandbox = Sandbox::new();
    sandbox.plant_events("unknown", &["a"]);
    let output = sandbox.run(&["sync", "status"]).succeeds();
    let labels: Vec<_> = output
        .stdout
        .lines()
        .map(|line| line.split('\t').next().unwrap())
        .collect();
    assert_eq!(labels, ["queued", "rejected", "oldest", "bytes", "session"]);
    assert!(
        output.stdout.starts_with("queued\t1\nrejected\t0\n"),
        "{}",
        output.stdout
    );
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_counted() {
    let sandbox = Sandbox::new();
    sandbox.plant_events("unknown", &["a"]);
    let folder = sandbox.queue_of("unknown");
    fs::create_dir(folder.join("dead.v1.jsonl")).unwrap();
    std::os::unix::fs::symlink("active.v1.jsonl", folder.join("link.v1.jsonl")).unwrap();
    let answer = status(&sandbox);
    assert_eq!(answer["pending"], 1);
    let warnings = answer["warnings"].to_string();
    assert!(warnings.contains("dead.v1.jsonl"), "{warnings}");
    assert!(warnings.contains("link.v1.jsonl"), "{warnings}");
}

#[test]
fn a_home_that_is_a_file_is_named() {
    let sandbox = Sandbox::new();
    write_file(&sandbox.state(), "not a folder");
    for verb in ["status", "now", "list", "retry"] {
        let output = sandbox.run(&["sync", verb, "--all", "--json"]);
        // `status` is about all projects and knows no such flag.
        let output = match verb {
            "status" => sandbox.run(&["sync", verb, "--json"]),
            _ => output,
        };
        let error = output.error(10, "none");
        let home = sandbox.state().display().to_string();
        assert!(
            error["message"].as_str().unwrap().contains(&home),
            "{error}"
        );
    }
    assert_eq!(fs::read_to_string(sandbox.state()).unwrap(), "not a folder");
}

/// No file has group or world bits, whatever the umask.
#[test]
fn files_are_private_whatever_the_umask() {
    let sandbox = Sandbox::with_project();
    let script = "umask 0; \"$0\" specify user-auth --json; \"$0\" sync now --json; true";
    finish(sandbox.program("sh", &["-c", script, binary()]), b"").succeeds();
    assert_eq!(sandbox.events().len(), 1);
    assert_private(&sandbox.state());
}

fn assert_private(path: &Path) {
    let found = fs::symlink_metadata(path).unwrap();
    assert_eq!(found.mode() & 0o077, 0, "{}", path.display());
    if found.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            assert_private(&entry.unwrap().path());
        }
    }
}

#[test]
fn wide_modes_are_narrowed_by_the_first_command_that_records() {
    let sandbox = Sandbox::with_project();
    sandbox.plant_events(PROJECT_UUID, &["a"]);
    let mut builder = fs::DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o777)
        .create(sandbox.state())
        .unwrap();
    for path in [sandbox.queue(), sandbox.queue().join("active.v1.jsonl")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    sandbox.run(&["specify", "user-auth"]).succeeds();
    assert_private(&sandbox.queue());
    assert_eq!(sandbox.waiting().len(), 2);
}

#[test]
fn a_read_only_home_can_still_be_counted() {
    let sandbox = Sandbox::with_project();
    sandbox.plant_events(PROJECT_UUID, &["a"]);
    fs::set_permissions(sandbox.queue(), fs::Permissions::from_mode(0o500)).unwrap();
    let answer = status(&sandbox);
    fs::set_permissions(sandbox.queue(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(answer["pending"], 1);
}
