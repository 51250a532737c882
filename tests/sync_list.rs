//! `sync list` and `sync retry`: list events, and send rejected ones again.

use std::fs;

use serde_json::{Value, json};

use crate::support::{
    EVENTS_PATH, OTHER_UUID, PROJECT_UUID, Reply, Sandbox, Server, Snapshot, queued_event, verdicts,
};

const LIST: &str = "spec-kitty.sync-list/1";
const RETRY: &str = "spec-kitty.sync-retry/1";

fn with_dead(ids: &[&str]) -> Sandbox {
    let sandbox = Sandbox::with_project();
    let line = |id: &&str| json!({"reason": "rule broken", "event": queued_event(id)}).to_string();
    let lines: Vec<_> = ids.iter().map(line).collect();
    sandbox.plant_file(PROJECT_UUID, "dead.v1.jsonl", lines.join("\n") + "\n");
    sandbox
}

fn ids(answer: &Value) -> Vec<&str> {
    let events = answer["events"].as_array().unwrap().iter();
    events
        .map(|event| event["event_id"].as_str().unwrap())
        .collect()
}

#[test]
fn events_are_listed_in_the_order_they_will_be_sent() {
    let sandbox = Sandbox::with_project();
    sandbox.plant_events(PROJECT_UUID, &["c", "d"]);
    sandbox.plant_events(OTHER_UUID, &["e"]);
    let sealed = |n: u8| format!("0000000000000000000{n}-00000000.v1.jsonl");
    sandbox.plant_file(PROJECT_UUID, &sealed(2), queued_event("b").to_string());
    sandbox.plant_file(PROJECT_UUID, &sealed(1), queued_event("a").to_string());
    let answer = sandbox.run(&["sync", "list", "--json"]).answer(LIST);
    assert_eq!(ids(&answer), ["a", "b", "c", "d"]);
    assert_eq!(answer["events"][0], queued_event("a"));
    assert_eq!(answer["total"], 4);
    let answer = sandbox
        .run(&["sync", "list", "--json", "--all"])
        .answer(LIST);
    assert_eq!(answer["total"], 5);
    let answer = sandbox
        .run(&["sync", "list", "--json", "--limit", "3"])
        .answer(LIST);
    assert_eq!(ids(&answer), ["a", "b", "c"]);
    let warning = json!({"code": "list_cut", "message": "showing 3 of 4 events; see --limit"});
    assert_eq!(answer["warnings"], json!([warning]));
    let output = sandbox.run(&["sync", "list", "--limit", "1"]).succeeds();
    assert_eq!(
        output.stdout,
        "a\t2026-11-22T10:00:00Z\tFeatureCreated\t061-web-123\n"
    );
}

#[test]
fn outside_text_cannot_write_on_the_terminal() {
    let sandbox = Sandbox::with_project();
    let event = json!({"event_id": "a", "event_type": "\u{1b}[31mred\nline", "aggregate_id": 7});
    sandbox.plant_file(PROJECT_UUID, "active.v1.jsonl", event.to_string());
    let output = sandbox.run(&["sync", "list"]).succeeds();
    assert_eq!(output.stdout, "a\t-\tred line\t7\n");
    let answer = sandbox.run(&["sync", "list", "--json"]).answer(LIST);
    assert_eq!(answer["events"][0], event);
}

#[test]
fn the_dead_letter_is_listed_once_an_event_with_its_reason() {
    let sandbox = with_dead(&["a", "b", "a"]);
    let path = sandbox.queue().join("dead.v1.jsonl");
    let broken = fs::read_to_string(&path).unwrap()
        + "no JSON\u{1b}[1m\n{\"reason\":\"torn\",\"raw\":\"ha\"}\n";
    sandbox.plant_file(PROJECT_UUID, "dead.v1.jsonl", broken);
    let answer = sandbox
        .run(&["sync", "list", "--dead", "--json"])
        .answer(LIST);
    assert_eq!(answer["total"], 4);
    let events = answer["events"].as_array().unwrap();
    assert_eq!(
        events[0],
        json!({"reason": "rule broken", "event": queued_event("a")})
    );
    assert_eq!(events[1]["event"]["event_id"], "b");
    assert_eq!(events[2]["raw"], "no JSON\u{1b}[1m");
    assert_eq!(events[3], json!({"reason": "torn", "raw": "ha"}));
    let output = sandbox.run(&["sync", "list", "--dead"]).succeeds();
    assert_eq!(
        output.stdout,
        "a\t2026-11-22T10:00:00Z\tFeatureCreated\t061-web-123\trule broken\n\
         b\t2026-11-22T10:00:00Z\tFeatureCreated\t061-web-123\trule broken\n\
         -\t-\t-\tno JSON\tthis line of the dead-letter file is unreadable\n\
         -\t-\t-\tha\ttorn\n"
    );
}

#[test]
fn retry_sends_all_again() {
    let server = Server::start();
    let sandbox = with_dead(&["a", "b", "a"]);
    sandbox.log_in(&server.url());
    server.handle(EVENTS_PATH, |request| verdicts(request, |_| "success"));
    let answer = sandbox.run(&["sync", "retry", "--json"]).answer(RETRY);
    assert_eq!(
        (&answer["retried"], &answer["dead"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(sandbox.waiting(), ["a", "b"]);
    assert!(
        server.requests().is_empty(),
        "only `sync now` uses the network"
    );
    sandbox.run(&["sync", "now"]).succeeds();
    assert!(sandbox.waiting().is_empty() && sandbox.dead_letters().is_empty());
}

#[test]
fn retry_sends_what_it_is_told() {
    let sandbox = with_dead(&["a", "b", "c"]);
    let output = sandbox.run(&["sync", "retry", "c", "a"]).succeeds();
    assert_eq!(
        output.stdout,
        "2 events back in the queue; run: spec-kitty sync now\n"
    );
    assert_eq!(sandbox.waiting(), ["a", "c"]);
    assert_eq!(sandbox.dead_letters().len(), 1);
}

#[test]
fn retry_of_an_unknown_event_changes_nothing() {
    let sandbox = with_dead(&["a"]);
    let before = Snapshot::of(&sandbox.state());
    let error = sandbox
        .run(&["sync", "retry", "a", "z", "--json"])
        .error(3, "none");
    assert_eq!(error["details"]["event_ids"], json!(["z"]));
    assert_eq!(error["hint"], "run: spec-kitty sync list --dead");
    before.assert_same(&Snapshot::of(&sandbox.state()));
}

#[test]
fn a_dead_letter_that_cannot_be_parsed_stays_as_it_is() {
    let sandbox = Sandbox::with_project();
    let bytes = b"\xff\xfe\n\0\0\0\n{\"reason\":7}\n[]\n";
    sandbox.plant_file(PROJECT_UUID, "dead.v1.jsonl", bytes);
    let answer = sandbox.run(&["sync", "retry", "--json"]).answer(RETRY);
    assert_eq!(
        (&answer["retried"], &answer["unreadable"]),
        (&json!(0), &json!(4))
    );
    assert_eq!(
        fs::read(sandbox.queue().join("dead.v1.jsonl")).unwrap(),
        bytes
    );
}

#[test]
fn an_empty_dead_letter_is_nothing_to_retry() {
    let sandbox = Sandbox::with_project();
    let output = sandbox.run(&["sync", "retry"]).succeeds();
    assert_eq!(output.stdout, "nothing to retry\n");
}

#[test]
fn a_rejection_can_be_retried_until_it_is_accepted() {
    let server = Server::start();
    let sandbox = Sandbox::with_project();
    sandbox.log_in(&server.url());
    sandbox.plant_events(PROJECT_UUID, &["a"]);
    let mut again = false;
    server.handle(EVENTS_PATH, move |request| -> Reply {
        let accept = std::mem::replace(&mut again, true);
        verdicts(request, |_| if accept { "success" } else { "rejected" })
    });
    sandbox.run(&["sync", "now"]).exits(1);
    sandbox.run(&["sync", "retry"]).succeeds();
    sandbox.run(&["sync", "now"]).succeeds();
    assert!(sandbox.waiting().is_empty() && sandbox.dead_letters().is_empty());
}
