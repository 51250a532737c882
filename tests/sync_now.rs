//! `sync now`: each answer of the control plane, through the binary.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::mpsc;

use serde_json::json;

use crate::support::{
    ACCESS_TOKEN, EVENTS_PATH, OTHER_UUID, PROJECT_UUID, REFRESH_PATH, Reply, Sandbox, Server,
    dead_url, event_ids, verdicts,
};

const SCHEMA: &str = "spec-kitty.sync-now/1";

fn ready(server: &Server, ids: &[&str]) -> Sandbox {
    let sandbox = Sandbox::with_project();
    sandbox.log_in(&server.url());
    if !ids.is_empty() {
        sandbox.plant_events(PROJECT_UUID, ids);
    }
    sandbox
}

fn accept(server: &Server) {
    server.handle(EVENTS_PATH, |request| verdicts(request, |_| "success"));
}

#[test]
fn events_arrive_as_they_stand_in_the_queue() {
    let server = Server::start();
    let sandbox = ready(&server, &["a", "b"]);
    let lines = fs::read_to_string(sandbox.queue().join("active.v1.jsonl")).unwrap();
    accept(&server);
    let answer = sandbox.run(&["sync", "now", "--json"]).answer(SCHEMA);
    assert_eq!(answer["delivered"], 2);
    assert_eq!(answer["duplicates"], 0);
    assert_eq!(answer["rejected"], 0);
    assert_eq!(answer["pending"], 0);
    assert_eq!(answer["warnings"], json!([]));
    let [request] = server.requests().try_into().unwrap();
    assert_eq!(request.path, EVENTS_PATH);
    assert_eq!(request.header("content-encoding"), Some("gzip"));
    assert_eq!(request.header("x-team-slug"), Some("acme"));
    let bearer = format!("Bearer {ACCESS_TOKEN}");
    assert_eq!(request.header("authorization"), Some(bearer.as_str()));
    // The extra flags of a gzip header say "fastest" for level 1.
    assert_eq!(request.body[8], 4);
    let sent: Vec<_> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .collect();
    assert_eq!(request.json(), json!({ "events": sent }));
    assert!(sandbox.waiting().is_empty());
}

#[test]
fn a_pipe_gets_rows() {
    let server = Server::start();
    let sandbox = ready(&server, &["a", "b", "c"]);
    server.handle(EVENTS_PATH, |request| {
        verdicts(request, |id| match id {
            "a" => "success",
            "b" => "duplicate",
            _ => "queued",
        })
    });
    let output = sandbox.run(&["sync", "now"]).succeeds();
    assert_eq!(
        output.stdout,
        "delivered\t1\nduplicates\t1\nrejected\t0\npending\t1\n"
    );
    assert_eq!(output.stderr, "");
    assert_eq!(sandbox.waiting(), ["c"]);
}

#[test]
fn an_empty_queue_needs_neither_login_nor_network() {
    let sandbox = Sandbox::with_project();
    let answer = sandbox.run(&["sync", "now", "--json"]).answer(SCHEMA);
    assert_eq!(
        (&answer["delivered"], &answer["pending"]),
        (&json!(0), &json!(0))
    );
    assert!(!sandbox.state().join("queue").exists());
}

#[test]
fn rejected_events_go_to_the_dead_letter_and_the_exit_code_says_so() {
    let server = Server::start();
    let sandbox = ready(&server, &["a", "b"]);
    server.handle(EVENTS_PATH, |request| {
        verdicts(request, |id| if id == "a" { "rejected" } else { "success" })
    });
    let output = sandbox.run(&["sync", "now", "--json"]).exits(1);
    let answer = output.json();
    assert_eq!(answer["schema"], SCHEMA);
    assert_eq!(
        (&answer["delivered"], &answer["rejected"]),
        (&json!(1), &json!(1))
    );
    let warning = answer["warnings"][0]["message"].as_str().unwrap();
    assert!(
        warning.contains("run: spec-kitty sync list --dead"),
        "{warning}"
    );
    let [dead] = sandbox.dead_letters().try_into().unwrap();
    assert_eq!(
        (&dead["reason"], &dead["event"]["event_id"]),
        (&json!("rule broken"), &json!("a"))
    );
    assert!(sandbox.waiting().is_empty());
}

/// For each reply: the exit code, the error code and the effect.
#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn whatever_is_no_clear_answer_stops_and_changes_nothing() {
    let rows = [
        (
            "403",
            Reply::refusal(403, "forbidden", "not yours"),
            5,
            "forbidden",
            "none",
        ),
        (
            "404",
            Reply::refusal(404, "no_team", "who?"),
            3,
            "not_found",
            "none",
        ),
        (
            "408",
            Reply::refusal(408, "slow", "slow"),
            8,
            "unexpected_status",
            "none",
        ),
        ("409", Reply::refusal(409, "x", "x"), 6, "conflict", "none"),
        (
            "422",
            Reply::refusal(422, "x", "x"),
            2,
            "invalid_request",
            "none",
        ),
        (
            "429",
            Reply::refusal(429, "rate_limited", "wait").header("retry-after", "3000"),
            9,
            "rate_limited",
            "none",
        ),
        (
            "500",
            Reply::refusal(500, "x", "broken"),
            8,
            "unavailable",
            "unknown",
        ),
        ("503", Reply::html(503), 8, "unavailable", "unknown"),
        ("html", Reply::html(200), 8, "bad_response", "unknown"),
        (
            "half",
            Reply::Half(b"{\"results\":[{\"event_id\":\"a\"".to_vec()),
            8,
            "connection_lost",
            "unknown",
        ),
        (
            "half JSON",
            Reply::raw(r#"{"results":[{"event_id":"a","status":"success"}"#),
            8,
            "bad_response",
            "unknown",
        ),
        ("no results", Reply::raw("{}"), 8, "bad_response", "unknown"),
        ("drop", Reply::Drop, 8, "connection_lost", "unknown"),
        ("garbage", Reply::Garbage, 8, "connection_lost", "unknown"),
        (
            "huge",
            Reply::huge(9 * 1024 * 1024),
            8,
            "bad_response",
            "unknown",
        ),
        (
            "redirect",
            Reply::redirect("https://elsewhere.example/"),
            8,
            "redirect_refused",
            "unknown",
        ),
        ("never", Reply::Never, 8, "timed_out", "unknown"),
    ];
    for (name, reply, exit, code, effect) in rows {
        let server = Server::start_for(&reply);
        let sandbox = ready(&server, &["a", "b"]);
        server.on(EVENTS_PATH, reply);
        let before = fs::read(sandbox.queue().join("active.v1.jsonl")).unwrap();
        let limit = if name == "never" { "1" } else { "20" };
        let output = sandbox.run(&["sync", "now", "--json", "--timeout", limit]);
        let error = output.error(exit, effect);
        assert_eq!(error["code"], code, "{name}");
        assert_eq!(error["details"]["delivered"], 0, "{name}");
        assert_eq!(error["details"]["pending"], 2, "{name}");
        assert_eq!(sandbox.waiting(), ["a", "b"], "{name}");
        let [sealed] = sealed(&sandbox).try_into().unwrap();
        assert!(fs::read(sealed).unwrap() == before, "{name}");
        assert!(!sandbox.queue().join("dead.v1.jsonl").exists(), "{name}");
        if name == "429" {
            assert_eq!(error["retry_after_seconds"], 3000);
        }
        if name == "403" {
            assert!(error["message"].as_str().unwrap().contains("not yours"));
            assert!(error["hint"].as_str().unwrap().contains(&server.url()));
        }
    }
}

fn sealed(sandbox: &Sandbox) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(sandbox.queue()).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        path.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("0000")
    });
    paths
}

#[test]
fn nobody_there_is_exit_8() {
    let sandbox = Sandbox::with_project();
    sandbox.log_in(&dead_url());
    sandbox.plant_events(PROJECT_UUID, &["a"]);
    let error = sandbox.run(&["sync", "now", "--json"]).error(8, "none");
    assert_eq!(
        (&error["code"], &error["details"]["pending"]),
        (&json!("unreachable"), &json!(1))
    );
    let output = sandbox.run(&["sync", "now"]);
    assert!(output.error_text(8).contains("hint: "));
    assert_eq!(sandbox.waiting(), ["a"]);
}

#[test]
fn without_a_login_nothing_happens_and_the_next_command_is_named() {
    let sandbox = Sandbox::with_project();
    sandbox.plant_events(PROJECT_UUID, &["a"]);
    let error = sandbox.run(&["sync", "now", "--json"]).error(4, "none");
    assert_eq!(error["hint"], "run: spec-kitty auth login --server URL");
    assert_eq!(sandbox.waiting(), ["a"]);
}

#[test]
fn a_forbidden_network_is_not_touched() {
    let server = Server::start();
    let mut sandbox = ready(&server, &["a"]);
    sandbox.set("SPEC_KITTY_ENABLE_SAAS_SYNC", "off");
    let error = sandbox.run(&["sync", "now", "--json"]).error(10, "none");
    assert_eq!(error["code"], "network_disabled");
    assert!(server.requests().is_empty());
    assert_eq!(sandbox.waiting(), ["a"]);
}

#[test]
fn an_expired_token_is_renewed_once() {
    let server = Server::start();
    let sandbox = ready(&server, &["a"]);
    let tokens = json!({"access": "new-access", "refresh": "new-refresh"});
    server.on(REFRESH_PATH, Reply::json(200, &tokens));
    server.handle(EVENTS_PATH, |request| {
        if request.header("authorization") == Some("Bearer new-access") {
            verdicts(request, |_| "success")
        } else {
            Reply::refusal(401, "token_not_valid", "expired")
        }
    });
    let answer = sandbox.run(&["sync", "now", "--json"]).answer(SCHEMA);
    assert_eq!(answer["delivered"], 1);
    assert_eq!(server.requests_to(REFRESH_PATH).len(), 1);
}

#[test]
fn a_session_that_is_over_is_exit_4() {
    let server = Server::start();
    let sandbox = ready(&server, &["a"]);
    server.on(REFRESH_PATH, Reply::refusal(401, "token_not_valid", "over"));
    server.on(EVENTS_PATH, Reply::refusal(401, "token_not_valid", "over"));
    let error = sandbox.run(&["sync", "now", "--json"]).error(4, "none");
    assert_eq!(error["code"], "session_expired");
    assert_eq!(sandbox.waiting(), ["a"]);
}

#[test]
fn a_short_rate_limit_is_waited_out() {
    let server = Server::start();
    let sandbox = ready(&server, &["a"]);
    let mut limited = false;
    server.handle(EVENTS_PATH, move |request| {
        if std::mem::replace(&mut limited, true) {
            return verdicts(request, |_| "success");
        }
        Reply::refusal(429, "rate_limited", "wait").header("retry-after", "0")
    });
    let answer = sandbox.run(&["sync", "now", "--json"]).answer(SCHEMA);
    assert_eq!(answer["delivered"], 1);
}

/// The text in front of the wait, or all of it if the command ends without a wait.
fn said_before_a_wait(sandbox: &Sandbox, more: &[&str]) -> String {
    let mut child = sandbox
        .command(&[&["sync", "now"], more].concat())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stderr = child.stderr.take().unwrap();
    BufReader::new(stderr).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    line
}

#[test]
fn a_long_wait_is_said_before_it_begins() {
    let server = Server::start();
    let sandbox = ready(&server, &["a"]);
    let reply = Reply::refusal(429, "rate_limited", "wait");
    server.on(EVENTS_PATH, reply.header("retry-after", "20"));
    let line = said_before_a_wait(&sandbox, &[]);
    assert_eq!(line, "rate limited; trying again in 20 s\n");
    let busy = Reply::html(503).header("retry-after", "20");
    server.on(EVENTS_PATH, busy);
    let line = said_before_a_wait(&sandbox, &[]);
    assert_eq!(line, "server busy (HTTP 503); trying again in 20 s\n");
}

#[test]
fn a_wait_is_not_said_if_it_is_short_or_nobody_wants_to_know() {
    let server = Server::start();
    let sandbox = ready(&server, &["a"]);
    for (wait, more) in [("1", &[][..]), ("3", &["--quiet"]), ("3", &["--json"])] {
        let refusal = Reply::refusal(429, "rate_limited", "wait").header("retry-after", wait);
        server.on_each(EVENTS_PATH, [refusal, Reply::html(500)]);
        let arguments = [&["sync", "now"], more].concat();
        let output = sandbox.run(&arguments).exits(8);
        assert!(!output.stderr.contains("trying again"), "{output:?}");
    }
}

#[test]
fn a_poison_event_is_found_by_halving() {
    for status in [400, 413] {
        let server = Server::start();
        let sandbox = ready(&server, &["a", "b", "poison", "c", "d"]);
        server.handle(EVENTS_PATH, move |request| {
            if event_ids(request).iter().any(|id| id == "poison") {
                return Reply::refusal(status, "bad", "cannot read this");
            }
            verdicts(request, |_| "success")
        });
        let answer = sandbox.run(&["sync", "now", "--json"]).exits(1).json();
        assert_eq!(
            (&answer["delivered"], &answer["rejected"]),
            (&json!(4), &json!(1))
        );
        let [dead] = sandbox.dead_letters().try_into().unwrap();
        assert_eq!(dead["event"]["event_id"], "poison");
        let arrived: Vec<_> = server.requests().iter().flat_map(event_ids).collect();
        let first = |id: &str| arrived.iter().rposition(|arrived| arrived == id).unwrap();
        assert!(first("a") < first("b") && first("b") < first("c") && first("c") < first("d"));
    }
}

#[test]
fn what_arrived_before_a_failure_is_told() {
    let server = Server::start();
    let sandbox = ready(&server, &["b"]);
    let first = "00000000000000000000-00000000.v1.jsonl";
    sandbox.plant_file(PROJECT_UUID, first, "{\"event_id\":\"a\"}\n");
    server.handle(EVENTS_PATH, |request| {
        match event_ids(request)[0].as_str() {
            "a" => verdicts(request, |_| "success"),
            _ => Reply::refusal(403, "forbidden", "no more"),
        }
    });
    let error = sandbox.run(&["sync", "now", "--json"]).error(5, "applied");
    assert_eq!(
        (&error["details"]["delivered"], &error["details"]["pending"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(sandbox.waiting(), ["b"]);
}

#[test]
fn another_projects_events_are_delivered_only_when_asked_for() {
    let server = Server::start();
    let sandbox = ready(&server, &["mine"]);
    sandbox.plant_events(OTHER_UUID, &["theirs"]);
    sandbox.plant_events("unknown", &["nobody's"]);
    accept(&server);
    sandbox.run(&["sync", "now"]).succeeds();
    let sent = |server: &Server| {
        server
            .requests()
            .iter()
            .flat_map(event_ids)
            .collect::<Vec<_>>()
    };
    assert_eq!(sent(&server), ["mine"]);
    server.forget();
    let outside = sandbox.root().join("temporary");
    sandbox.run_in(&outside, &["sync", "now"]).succeeds();
    assert_eq!(sent(&server), ["nobody's"]);
    server.forget();
    let answer = sandbox
        .run(&["sync", "now", "--all", "--json"])
        .answer(SCHEMA);
    assert_eq!(sent(&server), ["theirs"]);
    assert_eq!(
        (&answer["delivered"], &answer["pending"]),
        (&json!(1), &json!(0))
    );
}

#[test]
fn a_second_drain_leaves_it_to_the_first() {
    let server = Server::start();
    let sandbox = ready(&server, &["a"]);
    let (arrived, wait_for_arrival) = mpsc::channel();
    let (release, wait_for_release) = mpsc::channel::<()>();
    server.handle(EVENTS_PATH, move |request| {
        arrived.send(()).unwrap();
        wait_for_release.recv().unwrap();
        verdicts(request, |_| "success")
    });
    let first = sandbox
        .command(&["sync", "now", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_arrival.recv().unwrap();
    let answer = sandbox.run(&["sync", "now", "--json"]).answer(SCHEMA);
    assert_eq!(
        (&answer["busy"], &answer["pending"]),
        (&json!(true), &json!(1))
    );
    let running = json!({"code": "delivery_running", "message": "another delivery is running"});
    assert_eq!(answer["warnings"], json!([running]));
    release.send(()).unwrap();
    assert!(first.wait_with_output().unwrap().status.success());
    assert!(sandbox.waiting().is_empty());
}

#[test]
fn foreign_files_are_named_and_left_alone() {
    let server = Server::start();
    let sandbox = ready(&server, &["a"]);
    sandbox.plant_file(PROJECT_UUID, "active.v2.jsonl", "{\"event_id\":\"z\"}\n");
    sandbox.plant_file(PROJECT_UUID, "notes.txt", "mine");
    accept(&server);
    let answer = sandbox.run(&["sync", "now", "--json"]).answer(SCHEMA);
    assert_eq!(
        (&answer["delivered"], &answer["pending"]),
        (&json!(1), &json!(1))
    );
    let warnings = answer["warnings"].to_string();
    assert!(warnings.contains("notes.txt"), "{warnings}");
    assert!(warnings.contains("newer version"), "{warnings}");
    assert_eq!(
        fs::read_to_string(sandbox.queue().join("notes.txt")).unwrap(),
        "mine"
    );
}

#[test]
fn a_gigabyte_line_delays_nobody() {
    let server = Server::start();
    let sandbox = ready(&server, &["a"]);
    // A hole of a gigabyte, as after a power cut, and an event after it.
    let path = sandbox
        .queue()
        .join("00000000000000000000-00000000.v1.jsonl");
    sandbox.plant_file(PROJECT_UUID, "00000000000000000000-00000000.v1.jsonl", "");
    let file = fs::File::options().append(true).open(path).unwrap();
    file.set_len(1024 * 1024 * 1024).unwrap();
    std::io::Write::write_all(&mut &file, b"\n{\"event_id\":\"b\"}\n").unwrap();
    accept(&server);
    let answer = sandbox.run(&["sync", "now", "--json"]).answer(SCHEMA);
    assert_eq!(
        (&answer["delivered"], &answer["unreadable"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(sandbox.dead_letters().len(), 1);
}

#[test]
fn a_time_limit_between_batches_is_no_error() {
    let server = Server::start();
    let sandbox = ready(&server, &["b"]);
    let first = "00000000000000000000-00000000.v1.jsonl";
    sandbox.plant_file(PROJECT_UUID, first, "{\"event_id\":\"a\"}\n");
    server.handle(EVENTS_PATH, |request| {
        match event_ids(request)[0].as_str() {
            "a" => verdicts(request, |_| "success"),
            _ => Reply::Never,
        }
    });
    let output = sandbox.run(&["sync", "now", "--json", "--timeout", "1"]);
    let answer = output.answer(SCHEMA);
    assert_eq!(
        (&answer["delivered"], &answer["pending"]),
        (&json!(1), &json!(1))
    );
    assert!(
        answer["warnings"][0]["message"]
            .as_str()
            .unwrap()
            .contains("run: spec-kitty sync now")
    );
}
