//! `-v`: one line on stderr for each call, and none of its secrets.

use std::collections::BTreeSet;

use serde_json::json;

use crate::connect::{WEB, connect};
use crate::support::{
    ACCESS_TOKEN, ControlPlane, LINEAR_TOKEN, Reply, SEARCH_PATH, Sandbox, Server, candidate,
    linear_answer, search_answer,
};

/// The lines, with `T` instead of each number of milliseconds.
fn timeless(stderr: &str) -> Vec<String> {
    let line = |line: &str| {
        let words: Vec<_> = line.split(' ').collect();
        let is_time = |at: usize| {
            let unit = words.get(at + 1).copied().unwrap_or_default();
            unit.trim_end_matches([',', ':']) == "ms"
        };
        let word = |at: usize| if is_time(at) { "T" } else { words[at] };
        let line = (0..words.len()).map(word).collect::<Vec<_>>();
        line.join(" ")
    };
    stderr.lines().map(line).collect()
}

fn found(id: Option<&str>) -> Reply {
    let ticket = candidate("WEB-1", "A private title", "exact");
    let reply = Reply::json(200, &search_answer(&[ticket]));
    match id {
        Some(id) => reply.header("X-Request-Id", id),
        None => reply,
    }
}

#[test]
fn each_call_is_a_line_with_status_time_and_request_id() {
    let server = Server::start();
    server.on_each(
        SEARCH_PATH,
        [
            Reply::refusal(503, "busy", "A private message"),
            found(Some("r-17")),
        ],
    );
    let sandbox = Sandbox::ready(&server);
    let url = server.url();
    let host = url.strip_prefix("http://").unwrap();
    let search = ["tracker", "search-origin", "WEB-1", "-v"];
    let output = sandbox.run(&search).succeeds();
    let expected = [
        format!("POST {SEARCH_PATH} at {host}: 503 in T ms, no request id"),
        "waiting T ms to repeat it: server busy (HTTP 503)".to_owned(),
        format!("POST {SEARCH_PATH} at {host}: 200 in T ms, request id r-17"),
    ];
    assert_eq!(timeless(&output.stderr), expected);
    for secret in [ACCESS_TOKEN, "private", "Bearer"] {
        assert!(!output.stderr.contains(secret), "{output:?}");
    }
    // It does not touch the answer.
    let quiet = sandbox.run(&search[..3]).succeeds();
    assert_eq!((output.stdout, ""), (quiet.stdout, &*quiet.stderr));
    let json = sandbox.run(&["tracker", "search-origin", "WEB-1", "-v", "--json"]);
    assert_eq!(timeless(&json.stderr), expected[2..]);
    let answer: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(answer["result"], "success");
}

#[test]
fn a_call_without_an_answer_says_why() {
    let server = Server::start();
    server.on(SEARCH_PATH, Reply::Drop);
    let sandbox = Sandbox::ready(&server);
    let url = server.url();
    let host = url.strip_prefix("http://").unwrap();
    let output = sandbox.run(&["tracker", "search-origin", "WEB-1", "-v"]);
    let reason = format!("{url} closed the connection before its answer was complete");
    let call = format!("POST {SEARCH_PATH} at {host}: no answer in T ms: {reason}");
    let wait = format!("waiting T ms to repeat it: {reason}");
    let lines = timeless(output.error_text(8));
    assert_eq!(
        lines[..5],
        [&call, &wait, &call, &wait, &call].map(Clone::clone)
    );
}

#[test]
fn an_id_of_the_server_cannot_write_on_the_terminal() {
    let server = Server::start();
    let sandbox = Sandbox::ready(&server);
    for id in ["a b", "\u{9b}31m", &"x".repeat(65)] {
        server.on(SEARCH_PATH, found(Some(id)));
        let output = sandbox.run(&["tracker", "search-origin", "WEB-1", "-v"]);
        let stderr = output.succeeds().stderr;
        assert!(stderr.ends_with("no request id\n"), "{stderr:?}");
    }
}

#[test]
fn the_request_id_of_serve_is_the_one_in_its_log() {
    let sandbox = Sandbox::new();
    let server = ControlPlane::start(&sandbox, &[]);
    let ids: Vec<_> = (0..2)
        .map(|_| server.call("GET", "/healthz", &[], b"").headers["x-request-id"].clone())
        .collect();
    let log = server.stop();
    let logged = |line: &str| -> Option<String> {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let span = &line["span"];
        (span["path"] == json!("/healthz")).then(|| span["id"].to_string())
    };
    let logged: BTreeSet<_> = log.lines().filter_map(logged).collect();
    for id in ids {
        assert!(logged.contains(&id), "{id} is not in {log}");
    }
}

/// On one laptop, the tracker is called by the command itself.
#[test]
fn the_calls_to_a_tracker_are_lines_too() {
    let tracker = Server::start();
    tracker.handle("/graphql", |request| {
        linear_answer(request).header("X-Request-Id", "linear-1")
    });
    let sandbox = Sandbox::with_git();
    connect(&sandbox, &tracker, &WEB).succeeds();
    let search = ["tracker", "search-origin", "WEB-1", "-v"];
    let output = sandbox.run(&search).succeeds();
    let lines = timeless(&output.stderr);
    let url = tracker.url();
    let host = url.strip_prefix("http://").unwrap();
    let called = format!("POST /graphql at {host}: 200 in T ms, request id linear-1");
    assert!(lines.contains(&called), "{lines:#?}");
    let last = lines.last().unwrap();
    assert!(
        last.starts_with(&format!("POST {SEARCH_PATH} at 127.0.0.1:")),
        "{last}"
    );
    assert!(!output.stderr.contains(LINEAR_TOKEN), "{output:?}");
    assert!(!output.stderr.contains("Ticket WEB"), "{output:?}");
}
