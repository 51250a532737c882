//! `mission list`: every mission with its ticket, without a request.

use std::fs;

use serde_json::{Value, json};

use crate::support::{
    BIND_PATH, ORIGIN_KEYS, Reply, Sandbox, Server, Snapshot, dead_url, origin_ticket,
};

const LIST: &str = "spec-kitty.mission-list/1";

/// A bound mission, one whose bind was cut off, and the one without a ticket.
fn three_missions() -> (Server, Sandbox) {
    let server = Server::with_any_ticket();
    let sandbox = Sandbox::ready(&server);
    let start = |key| sandbox.run(&["specify", "--from-ticket", key, "--yes"]);
    start("WEB-123").succeeds();
    server.on(BIND_PATH, Reply::refusal(403, "forbidden", "no"));
    start("WEB-9").exits(11);
    (server, sandbox)
}

fn column<'a>(answer: &'a Value, key: &str) -> Vec<&'a Value> {
    let missions = answer["missions"].as_array().unwrap().iter();
    missions.map(|mission| &mission[key]).collect()
}

#[test]
fn every_mission_is_listed_with_the_state_of_its_origin() {
    let (_server, sandbox) = three_missions();
    let answer = sandbox.run(&["mission", "list", "--json"]).answer(LIST);
    let slugs = ["060-search", "061-web-123", "062-web-9"];
    assert_eq!(column(&answer, "feature_slug"), slugs);
    assert_eq!(column(&answer, "feature_number"), ["060", "061", "062"]);
    assert_eq!(column(&answer, "origin"), ["none", "bound", "unfinished"]);
    let ticket = origin_ticket("WEB-123", "Ticket WEB-123");
    assert_eq!(
        column(&answer, "origin_ticket"),
        [&Value::Null, &ticket, &Value::Null]
    );
    let bound = &answer["missions"][1];
    let keys: Vec<_> = bound.as_object().unwrap().keys().collect();
    let mut expected = [
        "feature_slug",
        "feature_number",
        "mission_id",
        "friendly_name",
        "origin",
        "origin_ticket",
        "target_branch",
        "created_at",
        "feature_dir",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    let meta = sandbox.meta("061-web-123");
    for key in ["friendly_name", "target_branch", "created_at"] {
        assert_eq!(bound[key], meta[key], "{key}");
    }
    assert_eq!(bound["feature_dir"], "kitty-specs/061-web-123");
    // Without an id of its own, the server knows the mission by its slug.
    assert_eq!(answer["missions"][0]["mission_id"], "060-search");
    let keys: Vec<_> = bound["origin_ticket"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ORIGIN_KEYS);
}

#[test]
fn a_row_has_number_mission_ticket_origin_branch_and_time() {
    let (_server, sandbox) = three_missions();
    let rows = sandbox.run(&["mission", "list"]).succeeds().stdout;
    let created = |slug| {
        sandbox.meta(slug)["created_at"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let expected = [
        "060\t060-search\t-\tnone\tmain\t2026-11-01T09:00:00+00:00".to_owned(),
        format!(
            "061\t061-web-123\tWEB-123\tbound\tmain\t{}",
            created("061-web-123")
        ),
        format!(
            "062\t062-web-9\tWEB-9\tunfinished\tmain\t{}",
            created("062-web-9")
        ),
    ];
    assert_eq!(rows, expected.join("\n") + "\n");
}

#[test]
fn the_list_needs_no_server_and_changes_nothing() {
    let (server, sandbox) = three_missions();
    server.forget();
    let before = (sandbox.snapshot(), Snapshot::of(&sandbox.state()));
    for list in [
        &["mission", "list"][..],
        &["mission", "list", "--server", &dead_url()],
        &["mission", "show", "61"],
    ] {
        sandbox.run(list).succeeds();
    }
    assert!(server.requests().is_empty());
    before.0.assert_same(&sandbox.snapshot());
    before.1.assert_same(&Snapshot::of(&sandbox.state()));
    // Outside git it works too.
    let plain = Sandbox::new();
    plain.init_project();
    plain.add_mission("001-alone");
    let answer = plain.run(&["mission", "list", "--json"]).answer(LIST);
    assert_eq!(column(&answer, "feature_slug"), ["001-alone"]);
}

#[test]
fn missions_are_ordered_by_number() {
    let sandbox = Sandbox::with_project();
    for folder in ["1000-late", "999-before", "061-first"] {
        sandbox.add_mission(folder);
    }
    let answer = sandbox.run(&["mission", "list", "--json"]).answer(LIST);
    let ordered = ["060-search", "061-first", "999-before", "1000-late"];
    assert_eq!(column(&answer, "feature_slug"), ordered);
}

#[test]
fn a_mission_of_a_newer_version_is_listed() {
    let sandbox = Sandbox::with_project();
    let mut meta = json!({
        "created_at": "2026-11-01T09:00:00+00:00",
        "friendly_name": "Newer",
        "mission_id": "01M86SEG7KXW69PH45WF4GBESG",
        "mission_number": 7,
        "mission_slug": "newer-01M86SEG",
        "mission_type": "software-dev",
        "slug": "newer",
        "target_branch": "main",
    });
    sandbox.write_meta("newer-01M86SEG", &meta);
    meta["mission_number"] = Value::Null;
    meta["mission_slug"] = json!("unnumbered-01M86SEG");
    sandbox.write_meta("unnumbered-01M86SEG", &meta);
    let answer = sandbox.run(&["mission", "list", "--json"]).answer(LIST);
    let of = |slug: &str| {
        let mut missions = answer["missions"].as_array().unwrap().iter();
        missions
            .find(|mission| mission["feature_slug"] == slug)
            .unwrap()
    };
    let newer = of("newer-01M86SEG");
    assert_eq!(newer["feature_number"], "007");
    assert_eq!(newer["mission_id"], "01M86SEG7KXW69PH45WF4GBESG");
    assert_eq!(of("unnumbered-01M86SEG")["feature_number"], Value::Null);
}

#[test]
fn a_broken_mission_is_named_and_the_others_are_listed() {
    let sandbox = Sandbox::with_project();
    sandbox.add_mission("061-broken");
    sandbox.write("kitty-specs/061-broken/meta.json", "{");
    sandbox.write("kitty-specs/062-no-meta/spec.md", "");
    // Git leaves such a folder behind on another branch.
    fs::create_dir_all(sandbox.path("kitty-specs/063-hollow/tasks")).unwrap();
    // Neither a file nor a link out of the project is a mission.
    sandbox.write("kitty-specs/README.md", "");
    sandbox.add_mission("064-moved");
    let outside = sandbox.root().join("outside");
    fs::rename(sandbox.path("kitty-specs/064-moved"), &outside).unwrap();
    std::os::unix::fs::symlink(&outside, sandbox.path("kitty-specs/064-moved")).unwrap();
    let answer = sandbox.run(&["mission", "list", "--json"]).answer(LIST);
    assert_eq!(column(&answer, "feature_slug"), ["060-search"]);
    let warnings = answer["warnings"].to_string();
    assert_eq!(
        answer["warnings"].as_array().unwrap().len(),
        2,
        "{warnings}"
    );
    assert!(
        warnings.contains("061-broken/meta.json is not valid"),
        "{warnings}"
    );
    assert!(warnings.contains("No meta.json in "), "{warnings}");
}

#[test]
fn a_link_within_the_project_is_followed() {
    let sandbox = Sandbox::with_project();
    sandbox.add_mission("061-linked");
    let meta = "kitty-specs/061-linked/meta.json";
    fs::rename(sandbox.path(meta), sandbox.path("kept.json")).unwrap();
    std::os::unix::fs::symlink("../../kept.json", sandbox.path(meta)).unwrap();
    let answer = sandbox.run(&["mission", "list", "--json"]).answer(LIST);
    assert_eq!(
        column(&answer, "feature_slug"),
        ["060-search", "061-linked"]
    );
}

#[test]
fn missions_outside_a_sparse_checkout_are_named() {
    let sandbox = Sandbox::with_project();
    sandbox.add_mission("061-hidden");
    sandbox.commit_all("Another");
    sandbox.git(&[
        "sparse-checkout",
        "set",
        "kitty-specs/060-search",
        ".kittify",
    ]);
    let answer = sandbox.run(&["mission", "list", "--json"]).answer(LIST);
    assert_eq!(column(&answer, "feature_slug"), ["060-search"]);
    let warnings = answer["warnings"].to_string();
    assert!(
        warnings.contains("outside the sparse checkout: 061-hidden"),
        "{warnings}"
    );
}

#[test]
fn a_project_without_missions_has_an_empty_list() {
    let sandbox = Sandbox::with_git();
    let answer = sandbox.run(&["mission", "list", "--json"]).answer(LIST);
    assert_eq!(answer["missions"], json!([]));
    let output = sandbox.run(&["mission", "list"]).succeeds();
    assert_eq!(output.stdout, "");
    assert_eq!(output.stderr, "There are no missions yet.\n");
}

#[test]
fn outside_text_cannot_write_on_the_terminal() {
    let sandbox = Sandbox::with_project();
    let mut meta = sandbox.meta("060-search");
    meta["target_branch"] = json!("\u{1b}[31mred\tline\n");
    sandbox.write_meta("060-search", &meta);
    let rows = sandbox.run(&["mission", "list"]).succeeds().stdout;
    assert!(rows.contains("\tred line\t"), "{rows:?}");
}
