//! Every class of error, with its exit code, hint and effect, in text and JSON; and that a failing
//! control plane leaves no trace in the project.

use serde_json::{Value, json};

use crate::support::{
    BIND_PATH, Output, REFRESH_PATH, Reply, SEARCH_PATH, Sandbox, Server, bind_answer, dead_url,
};

const BIND: [&str; 7] = [
    "tracker",
    "bind-origin",
    "--mission",
    "060",
    "--key",
    "WEB-123",
    "--yes",
];
const SEARCH: [&str; 3] = ["tracker", "search-origin", "WEB-123"];
const SPECIFY: [&str; 4] = ["specify", "--from-ticket", "WEB-123", "--yes"];

/// Runs a command in both forms. Both must fail with the same exit code and hint, in few lines.
#[track_caller]
fn fails(sandbox: &Sandbox, command: &[&str], exit: i32, effect: &str) -> Value {
    let error = sandbox
        .run(&[command, &["--json"]].concat())
        .error(exit, effect);
    let output = sandbox.run(command);
    let text = output.error_text(exit).to_owned();
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with("warning:"))
        .collect();
    assert!(lines.len() <= 3, "more than three lines: {output:?}");
    // A hint that repeats the command line has `--json` in one form and not in the other.
    if let Some(hint) = error["hint"]
        .as_str()
        .filter(|hint| !hint.contains("--json"))
    {
        assert!(
            text.contains(hint),
            "the hint {hint:?} is not in {output:?}"
        );
    }
    error
}

fn message(error: &Value) -> &str {
    error["message"].as_str().unwrap()
}

#[test]
fn usage_errors_exit_2() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    for command in [
        &["specify", "Not A Slug"][..],
        &["specify", "--from-ticket", "no/reference", "--yes"],
        &["tracker", "search-origin"],
        &["-C", "no-such-folder", "specify", "x"],
        &[
            "tracker",
            "bind-origin",
            "--mission",
            "60",
            "--candidate",
            "missing.json",
            "--yes",
        ],
    ] {
        let output = sandbox.run(&[command, &["--json"]].concat());
        output.error(2, "none");
        assert_eq!(sandbox.run(command).code, 2, "{command:?}");
    }
}

#[test]
fn not_found_exits_3() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let arguments = [
        "tracker",
        "bind-origin",
        "--mission",
        "999",
        "--key",
        "WEB-123",
        "--yes",
    ];
    let error = fails(&sandbox, &arguments, 3, "none");
    assert!(message(&error).contains("999"), "{error}");
    server.on(SEARCH_PATH, Reply::json(200, &json!({"candidates": []})));
    for command in [&SEARCH[..], &BIND, &SPECIFY] {
        let error = fails(&sandbox, command, 3, "none");
        assert!(message(&error).contains("WEB-123"), "{error}");
    }
    server.on(
        SEARCH_PATH,
        Reply::refusal(404, "no_mapping", "no resource mapped for web"),
    );
    for command in [&SEARCH[..], &BIND, &SPECIFY] {
        let error = fails(&sandbox, command, 3, "none");
        assert!(
            message(&error).contains("no resource mapped for web"),
            "{error}"
        );
    }
}

#[test]
fn auth_required_exits_4() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::with_project();
    sandbox.bind_tracker("linear", "web");
    for command in [&SEARCH[..], &BIND, &SPECIFY] {
        // Where nobody ever logged in, no server is known either; both are told by their hint.
        let mut command = command.to_vec();
        let url = server.url();
        command.extend(["--server", &url]);
        let error = fails(&sandbox, &command, 4, "none");
        assert!(
            error["hint"]
                .as_str()
                .unwrap()
                .contains("spec-kitty auth login"),
            "{error}"
        );
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn an_expired_session_is_refreshed_once_and_then_exits_4() {
    for command in [&SEARCH[..], &BIND, &SPECIFY] {
        let server = Server::with_ticket("WEB-123", "Login page");
        let new = json!({"access": "new-access", "refresh": "new-refresh", "access_lifetime": 900});
        server.on(REFRESH_PATH, Reply::json(200, &new));
        server.on(SEARCH_PATH, Reply::refusal(401, "token_expired", "expired"));
        let sandbox = Sandbox::ready(&server);
        let error = sandbox
            .run(&[command, &["--json"]].concat())
            .error(4, "none");
        let words = error.to_string();
        assert!(words.contains("Session expired"), "{error}");
        assert!(words.contains("spec-kitty auth login"), "{error}");
        assert_eq!(server.requests_to(REFRESH_PATH).len(), 1);
        let searches = server.requests_to(SEARCH_PATH);
        assert_eq!(searches.len(), 2);
        assert_eq!(
            searches[1].header("authorization"),
            Some("Bearer new-access")
        );
    }
}

#[test]
fn a_refreshed_session_goes_on() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let new = json!({"access": "new-access", "refresh": "new-refresh", "access_lifetime": "900"});
    server.on(REFRESH_PATH, Reply::json(200, &new));
    let found = server_answer();
    server.handle(SEARCH_PATH, move |request| {
        match request.header("authorization") {
            Some("Bearer new-access") => Reply::json(200, &found),
            _ => Reply::refusal(401, "token_expired", "expired"),
        }
    });
    let sandbox = Sandbox::ready(&server);
    sandbox.run(&SPECIFY).succeeds();
    sandbox.run(&SEARCH).succeeds();
    assert_eq!(
        server.requests_to(REFRESH_PATH).len(),
        1,
        "the new pair was kept"
    );
    let credentials = std::fs::read_to_string(sandbox.state().join("credentials")).unwrap();
    assert!(
        credentials.contains("new-refresh"),
        "the new pair is on disk"
    );
}

fn server_answer() -> Value {
    crate::support::search_answer(&[crate::support::candidate("WEB-123", "Login page", "exact")])
}

#[test]
fn forbidden_exits_5_with_the_words_of_the_server() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let linked = json!({
        "code": "account_not_linked",
        "message": "link your Linear account first",
        "user_action_required": true,
    });
    let rows = [
        Reply::refusal(403, "forbidden", "link your Linear account first"),
        Reply::json(403, &linked),
        Reply::json(400, &linked),
        Reply::json(404, &linked),
        Reply::json(422, &linked),
        Reply::json(500, &linked),
    ];
    for reply in rows {
        server.on(SEARCH_PATH, reply.clone());
        for command in [&SEARCH[..], &BIND, &SPECIFY] {
            let error = fails(&sandbox, command, 5, "none");
            let words = error.to_string();
            assert!(
                words.contains("link your Linear account first"),
                "{reply:?}: {error}"
            );
            assert!(words.contains(&server.url()), "where to act: {error}");
        }
    }
    server.on(SEARCH_PATH, Reply::json(403, &linked));
    let error = sandbox
        .run(&[&SEARCH[..], &["--json"]].concat())
        .error(5, "none");
    assert_eq!(error["user_action_required"], true);
}

#[test]
fn conflicts_exit_6() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    fails(&sandbox, &["specify", "x", "--number", "60"], 6, "none");
    fails(
        &sandbox,
        &[&SPECIFY[..], &["--slug", "search"]].concat(),
        6,
        "none",
    );
    fails(
        &sandbox,
        &["tracker", "search-origin", "jira:WEB-123"],
        6,
        "none",
    );
    server.on(
        BIND_PATH,
        Reply::refusal(409, "origin_conflict", "bound to WEB-9"),
    );
    let error = fails(&sandbox, &BIND, 6, "none");
    assert_eq!(error["code"], "origin_conflict");
    assert!(message(&error).contains("bound to WEB-9"), "{error}");
    assert!(
        error.to_string().contains("one origin per mission"),
        "{error}"
    );
}

#[test]
fn input_required_exits_7() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    for command in [&BIND[..], &SPECIFY] {
        let command: Vec<_> = command
            .iter()
            .copied()
            .filter(|word| *word != "--yes")
            .collect();
        let error = fails(&sandbox, &command, 7, "none");
        assert_eq!(error["code"], "input_required");
    }
}

#[test]
fn unavailable_exits_8() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    for reply in [
        Reply::refusal(500, "internal", "oops"),
        Reply::html(500),
        Reply::html(200),
        Reply::raw("{\"candidates\": ["),
        Reply::Half(b"{\"candidates\": []".to_vec()),
        Reply::Garbage,
    ] {
        let server = Server::start_for(&reply);
        server.on(SEARCH_PATH, reply.clone());
        sandbox.log_in(&server.url());
        let error = sandbox
            .run(&[&SEARCH[..], &["--json"]].concat())
            .error(8, "none");
        assert_eq!(error["retryable"], true, "{reply:?}: {error}");
        sandbox.run(&SEARCH).error_text(8);
    }
    sandbox.log_in(&dead_url());
    for command in [&SEARCH[..], &BIND, &SPECIFY] {
        let error = sandbox
            .run(&[command, &["--json"]].concat())
            .error(8, "none");
        assert_eq!(error["retryable"], true, "{error}");
    }
}

#[test]
fn gateway_errors_are_tried_three_times() {
    for status in [502, 503, 504] {
        let server = Server::with_ticket("WEB-123", "Login page");
        server.on(SEARCH_PATH, Reply::html(status));
        let sandbox = Sandbox::ready(&server);
        sandbox
            .run(&[&SEARCH[..], &["--json"]].concat())
            .error(8, "none");
        assert_eq!(server.requests_to(SEARCH_PATH).len(), 3, "{status}");
    }
    let server = Server::with_ticket("WEB-123", "Login page");
    let granted = Reply::json(200, &bind_answer());
    server.on_each(BIND_PATH, [Reply::html(503), Reply::Drop, granted]);
    let sandbox = Sandbox::ready(&server);
    sandbox.run(&BIND).succeeds();
    let binds = server.requests_to(BIND_PATH);
    assert_eq!(binds.len(), 3);
    let keys: Vec<_> = binds
        .iter()
        .map(|r| r.header("idempotency-key").unwrap())
        .collect();
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert!(binds.iter().all(|request| request.body == binds[0].body));
}

#[test]
fn other_server_errors_are_not_tried_again() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(SEARCH_PATH, Reply::refusal(500, "internal", "oops"));
    let sandbox = Sandbox::ready(&server);
    sandbox
        .run(&[&SEARCH[..], &["--json"]].concat())
        .error(8, "none");
    assert_eq!(server.requests_to(SEARCH_PATH).len(), 1);
}

#[test]
fn a_time_limit_ends_the_command_with_8() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(SEARCH_PATH, Reply::Never);
    let sandbox = Sandbox::ready(&server);
    for command in [&SEARCH[..], &SPECIFY] {
        let command = [command, &["--timeout", "1", "--json"]].concat();
        sandbox.run(&command).error(8, "none");
    }
}

#[test]
fn rate_limits_exit_9_with_the_wait() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let body = json!({"message": "slow down", "retry_after_seconds": 100});
    for reply in [
        Reply::json(429, &body),
        Reply::html(429).header("retry-after", "100"),
    ] {
        server.on(SEARCH_PATH, reply);
        for command in [&SEARCH[..], &BIND, &SPECIFY] {
            let error = fails(&sandbox, command, 9, "none");
            assert_eq!(error["retry_after_seconds"], 100, "{error}");
            assert_eq!(error["retryable"], true, "{error}");
        }
    }
}

#[test]
fn a_short_wait_is_waited_once() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let wait = Reply::json(
        429,
        &json!({"message": "slow down", "retry_after_seconds": 0}),
    );
    let found = Reply::json(200, &server_answer());
    server.on_each(SEARCH_PATH, [wait.clone(), found]);
    let sandbox = Sandbox::ready(&server);
    sandbox.run(&SEARCH).succeeds();
    assert_eq!(server.requests_to(SEARCH_PATH).len(), 2);
    server.forget();
    server.on(SEARCH_PATH, wait);
    sandbox
        .run(&[&SEARCH[..], &["--json"]].concat())
        .error(9, "none");
    assert_eq!(
        server.requests_to(SEARCH_PATH).len(),
        2,
        "once, not for ever"
    );
}

#[test]
fn repository_and_configuration_exit_10() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let nowhere = Sandbox::new();
    let error = fails(&nowhere, &["specify", "payments"], 10, "none");
    assert!(message(&error).contains("git"), "{error}");

    let unbound = Sandbox::with_project();
    unbound.log_in(&server.url());
    for command in [&SEARCH[..], &BIND, &SPECIFY] {
        let error = fails(&unbound, command, 10, "none");
        let words = error.to_string();
        assert!(words.contains("spec-kitty tracker bind"), "{error}");
        assert!(words.contains("No tracker bound"), "{error}");
    }

    let unsupported = Sandbox::with_project();
    unsupported.bind_tracker("github", "web");
    unsupported.log_in(&server.url());
    for command in [&SEARCH[..], &BIND, &SPECIFY] {
        let error = fails(&unsupported, command, 10, "none");
        let words = error.to_string().to_lowercase();
        assert!(words.contains("only jira and linear"), "{error}");
    }

    let mut offline = Sandbox::ready(&server);
    for word in ["0", "false", "no", "off"] {
        offline.set("SPEC_KITTY_ENABLE_SAAS_SYNC", word);
        for command in [&SEARCH[..], &BIND, &SPECIFY] {
            let error = fails(&offline, command, 10, "none");
            assert_eq!(error["code"], "network_disabled", "{word}");
        }
    }
    offline.set("SPEC_KITTY_ENABLE_SAAS_SYNC", "1");
    assert_eq!(server.requests().len(), 0);
    offline.run(&SEARCH).succeeds();
}

#[test]
fn without_the_network_a_plain_mission_is_made() {
    let mut sandbox = Sandbox::with_project();
    sandbox.set("SPEC_KITTY_ENABLE_SAAS_SYNC", "0");
    sandbox.run(&["specify", "payments"]).succeeds();
    assert_eq!(sandbox.events().len(), 1);
}

#[test]
fn no_server_at_all_is_not_configured() {
    let mut sandbox = Sandbox::with_project();
    sandbox.bind_tracker("linear", "web");
    sandbox.set("SPEC_KITTY_TOKEN", "ci-token");
    sandbox.set("SPEC_KITTY_TEAM", "ci-team");
    let error = fails(&sandbox, &SEARCH, 10, "none");
    assert!(error.to_string().contains("--server"), "{error}");
}

#[test]
fn a_repository_never_decides_who_gets_the_token() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let thief = Server::with_ticket("WEB-123", "Login page");
    let mut sandbox = Sandbox::ready(&server);
    let config = sandbox.read(".kittify/config.yaml");
    let url = thief.url();
    sandbox.write(
        ".kittify/config.yaml",
        config.replace(
            "  workspace: null",
            &format!("  workspace: null\n  server_url: {url}"),
        ) + &format!("server:\n  url: {url}\nsync:\n  server_url: {url}\n"),
    );
    sandbox.run(&SEARCH).succeeds();
    assert_eq!(thief.requests().len(), 0);
    // Credentials are good for the server that issued them and for no other.
    for source in ["flag", "environment"] {
        let mut command = SEARCH.to_vec();
        if source == "flag" {
            command.extend(["--server", &url]);
        } else {
            sandbox.set("SPEC_KITTY_SERVER", &url);
        }
        command.push("--json");
        let output = sandbox.run(&command);
        assert_ne!(output.code, 0, "{output:?}");
        output.error(output.code, "none");
    }
    assert_eq!(thief.requests().len(), 0);
}

#[test]
fn redirects_are_refused() {
    let elsewhere = Server::with_ticket("WEB-123", "Login page");
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    for location in [elsewhere.url() + SEARCH_PATH, server.url() + "/elsewhere/"] {
        server.on(SEARCH_PATH, Reply::redirect(&location));
        let output: Output = sandbox.run(&[&SEARCH[..], &["--json"]].concat());
        output.error(8, "none");
    }
    assert_eq!(elsewhere.requests().len(), 0);
    assert_eq!(server.requests_to("/elsewhere/").len(), 0);
}

/// The reply to a bind, the exit code, and the effects that are correct.
fn failing_binds() -> Vec<(&'static str, Reply, i32, &'static [&'static str])> {
    let refused: &[&str] = &["none"];
    let unsure: &[&str] = &["unknown"];
    let either: &[&str] = &["none", "unknown"];
    vec![
        (
            "401",
            Reply::refusal(401, "token_expired", "expired"),
            4,
            refused,
        ),
        ("403", Reply::refusal(403, "forbidden", "no"), 5, refused),
        ("404", Reply::refusal(404, "no_mapping", "no"), 3, refused),
        (
            "409",
            Reply::refusal(409, "origin_conflict", "no"),
            6,
            refused,
        ),
        ("422", Reply::refusal(422, "invalid", "no"), 2, refused),
        (
            "429",
            Reply::refusal(429, "slow", "no").header("retry-after", "100"),
            9,
            refused,
        ),
        ("500", Reply::refusal(500, "internal", "no"), 8, unsure),
        ("503", Reply::refusal(503, "busy", "no"), 8, either),
        ("html", Reply::html(200), 8, unsure),
        ("no JSON", Reply::raw("ok"), 8, unsure),
        ("list", Reply::json(200, &json!([])), 8, unsure),
        ("created", Reply::json(201, &json!({})), 8, unsure),
        ("drop", Reply::Drop, 8, unsure),
        ("half", Reply::Half(b"{\"origin".to_vec()), 8, unsure),
        ("huge", Reply::huge(9 << 20), 8, unsure),
        ("garbage", Reply::Garbage, 8, unsure),
        (
            "redirect",
            Reply::redirect("https://example.org/"),
            8,
            either,
        ),
        ("never", Reply::Never, 8, unsure),
    ]
}

#[test]
fn a_failing_bind_changes_no_byte_of_the_project() {
    for (name, reply, exit, effects) in failing_binds() {
        let server = Server::start_for(&reply).and_ticket("WEB-123", "Login page");
        server.on(BIND_PATH, reply);
        server.on(
            REFRESH_PATH,
            Reply::refusal(401, "token_expired", "expired"),
        );
        let sandbox = Sandbox::ready(&server);
        // A user in the middle of something.
        sandbox.write("staged.txt", "staged\n");
        sandbox.git(&["add", "staged.txt"]);
        sandbox.write("staged.txt", "staged, then changed\n");
        let before = sandbox.snapshot();
        let command = [&BIND[..], &["--json", "--timeout", "2"]].concat();
        let output = sandbox.run(&command);
        let effect = output.json()["error"]["effect"]
            .as_str()
            .unwrap()
            .to_owned();
        output.error(exit, &effect);
        assert!(effects.contains(&&*effect), "{name}: effect {effect}");
        before.assert_same(&sandbox.snapshot());
        assert_eq!(sandbox.events(), [] as [Value; 0], "{name}");
        sandbox.assert_no_leftovers();
    }
}

#[test]
fn a_bad_request_is_refused_without_a_trace() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(
        BIND_PATH,
        Reply::refusal(400, "bad_request", "no such field"),
    );
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    let output = sandbox.run(&[&BIND[..], &["--json"]].concat());
    assert_ne!(output.code, 0);
    let error = output.error(output.code, "none");
    assert!(message(&error).contains("no such field"), "{error}");
    before.assert_same(&sandbox.snapshot());
}

#[test]
fn words_of_a_server_are_made_safe_in_text() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let evil = "no \u{1b}]0;owned\u{7}way\u{202e}\r\n\u{9b}31mred";
    server.on(BIND_PATH, Reply::refusal(409, "origin_conflict", evil));
    let sandbox = Sandbox::ready(&server);
    let output = sandbox.run(&BIND);
    let text = output.error_text(6);
    assert!(
        !text.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{9b}', '\r']),
        "{text:?}"
    );
    assert!(!text.contains("owned"), "{text:?}");
}

#[test]
fn envelopes_of_any_type_are_read() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    for body in [
        json!({}),
        json!({"message": null, "code": 7, "retryable": "yes"}),
        json!({"message": {"detail": [1, 2]}, "error_code": ["x"]}),
        json!({"message": "", "retry_after_seconds": "soon", "user_action_required": 0}),
        json!([]),
        json!("just text"),
        json!(null),
    ] {
        server.on(BIND_PATH, Reply::json(409, &body));
        let error = fails(&sandbox, &BIND, 6, "none");
        assert!(!message(&error).is_empty(), "{body}");
    }
    server.on(BIND_PATH, Reply::html(409));
    let error = fails(&sandbox, &BIND, 6, "none");
    assert!(error.to_string().contains("HTTP 409"), "{error}");
}

/// The command in a hint can be run as it is, with the flags of the command that failed.
#[test]
fn hints_keep_what_was_typed() {
    let sandbox = Sandbox::with_project();
    let url = "http://127.0.0.1:9";
    let rows: [(&[&str], u8, &str); 6] = [
        (
            &["auth", "login", "--server", url, "--username", "ada"],
            7,
            "run: spec-kitty auth login --server http://127.0.0.1:9 --username ada --json --with-token < FILE",
        ),
        (
            &[
                "admin", "user", "add", "ada", "--team", "acme", "--link", "jira",
            ],
            7,
            "run: spec-kitty admin user add ada --team acme --link jira --json --password-stdin < FILE",
        ),
        (
            &["admin", "status", "--data", "nowhere"],
            10,
            "run: spec-kitty admin user add NAME --team TEAM --data nowhere",
        ),
        (
            &["specify", "WEB-123"],
            2,
            "to start from that ticket, run: spec-kitty specify --from-ticket WEB-123",
        ),
        (
            &["tracker", "search-origin", "x", "--limit", "0"],
            2,
            "run: spec-kitty tracker search-origin --help",
        ),
        (
            &["specify", &"a".repeat(61)],
            2,
            &format!("try: {}", "a".repeat(60)),
        ),
    ];
    for (arguments, exit, hint) in rows {
        let output = sandbox.run(&[arguments, &["--json"]].concat());
        assert_eq!(output.error(i32::from(exit), "none")["hint"], hint);
    }
}
