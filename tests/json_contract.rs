//! With `--json` every path ends in exactly one document on stdout and nothing on stderr.

use std::io::Read as _;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{
    BIND, Output, Reply, SEARCH_PATH, SPECIFY, Sandbox, Server, candidate, search_answer,
};

#[test]
fn mistakes_in_the_arguments_are_one_document() {
    let sandbox = Sandbox::with_project();
    for arguments in [
        &["--json"][..],
        &["--json", "no-such-command"],
        &["no-such-command", "--json"],
        &["specify", "x", "--no-such-flag", "--json"],
        &["--json", "specify", "x", "--number"],
        &["--json", "specify", "x", "--number", "many"],
        &["--json", "--timeout", "soon", "specify", "x"],
        &["--json", "--timeout", "0", "specify", "x"],
        &["--json", "--color", "pink", "specify", "x"],
        &["--json", "tracker"],
        &["--json", "agent"],
        &["--json", "agent", "feature"],
        &["--json", "tracker", "bind-origin"],
        &["--json", "tracker", "bind-origin", "--mission", "1"],
        &["--json", "--json", "specify"],
        &["--json", "-C", "no-such-folder", "specify", "x"],
        &["--json", "specify", "x", "--from-ticket", "WEB-1"],
        &["--json", "-C"],
    ] {
        let error = sandbox.run(arguments).error(2, "none");
        assert_eq!(error["code"], "usage", "{arguments:?}");
    }
}

#[test]
fn arguments_that_are_not_utf_8_are_one_document() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let sandbox = Sandbox::with_project();
    let bad = OsStr::from_bytes(b"w\xffrd");
    for arguments in [
        vec![OsStr::new("--json"), OsStr::new("specify"), bad],
        vec![OsStr::new("--json"), bad],
        vec![
            OsStr::new("-C"),
            bad,
            OsStr::new("--json"),
            OsStr::new("init"),
        ],
    ] {
        sandbox.run(&arguments).error(2, "none");
    }
}

#[test]
fn json_is_looked_for_before_anything_is_understood() {
    let sandbox = Sandbox::with_project();
    // After `--` it is an ordinary word.
    let output = sandbox.run(&["no-such-command", "--", "--json"]);
    assert_eq!(output.code, 2);
    assert_eq!(output.stdout, "");
    assert!(!output.stderr.is_empty());
}

/// Keys of an answer hold plain values, lists, or the few objects that the contract names.
fn assert_flat(document: &Value) {
    for (key, value) in document.as_object().unwrap() {
        let nested = ["origin_ticket", "error", "runtime_vars", "branch_context"];
        assert!(
            !value.is_object() || nested.contains(&&**key),
            "{key} in {document}"
        );
    }
}

#[test]
fn the_success_of_every_command_of_the_main_job_is_one_flat_document() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let rows: [(&[&str], &str); 6] = [
        (
            &["tracker", "search-origin", "WEB-123"],
            "spec-kitty.search-origin/1",
        ),
        (&BIND[..7], "spec-kitty.bind-origin/1"),
        (&["specify", "payments"], "spec-kitty.specify/1"),
        (
            &[
                "specify",
                "--from-ticket",
                "WEB-123",
                "--yes",
                "--allow-duplicate",
            ],
            "spec-kitty.specify/1",
        ),
        (
            &["specify", "--from-ticket", "WEB-123", "--yes", "--dry-run"],
            "spec-kitty.specify/1",
        ),
        (&["specify", "later", "--dry-run"], "spec-kitty.specify/1"),
    ];
    for (arguments, schema) in rows {
        let document = sandbox
            .run(&[arguments, &["--json"]].concat())
            .answer(schema);
        assert_flat(&document);
        for (key, value) in document.as_object().unwrap() {
            let path = key.ends_with("_dir") || key.ends_with("_file");
            if path && let Some(path) = value.as_str() {
                assert!(path.starts_with("kitty-specs/"), "{key} in {document}");
            }
        }
    }
    let arguments = ["agent", "feature", "create-feature", "other", "--json"];
    assert_flat(&sandbox.run(&arguments).succeeds().json());
}

#[test]
fn only_the_selected_fields_are_printed() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let list = |json: &str| sandbox.run(&["mission", "list", json]).succeeds().stdout;
    let whole = sandbox.run(&["mission", "list", "--json"]).json();
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let missions = parsed(&list("--json=missions"));
    assert_eq!(missions, serde_json::json!({"missions": whole["missions"]}));
    let two = parsed(&list("--json=result,warnings"));
    assert_eq!(
        two,
        serde_json::json!({"result": "success", "warnings": []})
    );
    // The flag is allowed before the command, too.
    let before = sandbox
        .run(&["--json=result", "mission", "list"])
        .succeeds()
        .stdout;
    assert_eq!(before, "{\"result\":\"success\"}\n");
    // A key that this run does not have is null.
    let specify = ["specify", "later", "--json=feature_slug,dry_run"];
    let answer = parsed(&sandbox.run(&specify).succeeds().stdout);
    let expected = serde_json::json!({"feature_slug": "061-later", "dry_run": null});
    assert_eq!(answer, expected);
    // An error is always whole.
    let error = sandbox.run(&["mission", "show", "nothing", "--json=mission"]);
    assert_eq!(error.error(3, "none")["code"], "mission_not_found");
    let error = sandbox
        .run(&["mission", "shw", "--json=mission"])
        .error(2, "none");
    assert_eq!(error["code"], "usage");
}

/// Mutation check: if the fields are checked after the command, the mission exists.
#[test]
fn an_unknown_field_is_refused_before_anything_is_done() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    let specify = [
        "specify",
        "--from-ticket",
        "WEB-123",
        "--yes",
        "--json=slug",
    ];
    let error = sandbox.run(&specify).error(2, "none");
    assert_eq!(error["code"], "usage");
    let fields = error["details"]["fields"].as_array().unwrap();
    for field in ["feature_slug", "origin_ticket", "warnings", "schema"] {
        assert!(fields.contains(&field.into()), "{error}");
        assert!(error["hint"].as_str().unwrap().contains(field), "{error}");
    }
    before.assert_same(&sandbox.snapshot());
    assert!(server.requests().is_empty());
}

#[test]
fn a_list_can_be_printed_as_lines() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox.run(&SPECIFY).succeeds();
    let queries: [(&[&str], &str); 3] = [
        (&["mission", "list"], "missions"),
        (&["sync", "list"], "events"),
        (&["tracker", "search-origin", "WEB-123"], "candidates"),
    ];
    for (command, key) in queries {
        let whole = sandbox
            .run(&[command, &["--json"]].concat())
            .succeeds()
            .json();
        let output = sandbox.run(&[command, &["--ndjson"]].concat()).succeeds();
        let lines: Vec<Value> = output
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(&lines, whole[key].as_array().unwrap(), "{command:?}");
        assert!(!lines.is_empty() && output.stderr.is_empty(), "{output:?}");
    }
    // Without an envelope, warnings are on stderr. An error is a document.
    let output = sandbox
        .run(&["sync", "list", "--ndjson", "--limit", "1"])
        .succeeds();
    assert_eq!(
        output.stderr,
        "warning: showing 1 of 2 events; see --limit\n"
    );
    let search = ["tracker", "search-origin", "", "--ndjson"];
    assert_eq!(sandbox.run(&search).error(2, "none")["code"], "usage");
    sandbox
        .run(&["mission", "list", "--ndjson", "--json"])
        .error(2, "none");
    sandbox.run(&["init", "--ndjson"]).error(2, "none");
    let empty = Sandbox::with_git();
    assert_eq!(
        empty
            .run(&["mission", "list", "--ndjson"])
            .succeeds()
            .stdout,
        ""
    );
}

/// Each `next_command` is run as it is, and helps.
#[test]
fn the_next_command_is_ready_to_run() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let home = sandbox.root();
    let in_project = ["--json", "--server", &server.url(), "-C", "project"];
    let next = |words: &[&str], exit| -> Option<String> {
        let command = [&in_project[..], words].concat();
        let error = sandbox.run_in(&home, &command).error(exit, "none");
        error["next_command"].as_str().map(str::to_owned)
    };
    let place = format!("spec-kitty --json --server {} -C project", server.url());

    let confirm = next(&["specify", "--from-ticket", "WEB-123"], 7).unwrap();
    assert_eq!(
        confirm,
        format!("{place} specify --from-ticket WEB-123 --yes")
    );
    let answer = sandbox
        .run_line_in(&home, &confirm)
        .answer("spec-kitty.specify/1");
    assert_eq!(answer["created"], true);

    let instead = next(&["specify", "WEB-123"], 2).unwrap();
    assert_eq!(instead, format!("{place} specify --from-ticket WEB-123"));
    let list = next(&["mission", "show", "no-such-mission"], 3).unwrap();
    assert_eq!(list, format!("{place} mission list"));
    sandbox
        .run_line_in(&home, &list)
        .answer("spec-kitty.mission-list/1");
    let help = next(&["specify", "--number"], 2).unwrap();
    assert_eq!(help, format!("{place} specify --help"));
    sandbox
        .run_line_in(&home, &help)
        .answer("spec-kitty.help/1");

    // A person must choose a ticket or a value, or do something first.
    let two = ["WEB-7", "WEB-8"].map(|key| candidate(key, "Alike", "text"));
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&two)));
    assert_eq!(next(&["specify", "--from-ticket", "alike words"], 7), None);
    assert_eq!(
        next(&["specify", "later", "--target-branch", "a..b"], 2),
        None
    );
    sandbox.write(".kittify/config.yaml", "{");
    assert_eq!(next(&["specify", "later"], 10), None);
}

#[test]
fn the_next_command_makes_a_project_of_a_folder() {
    let sandbox = Sandbox::new();
    let specify = ["-C", "new project", "--json", "specify", "later"];
    std::fs::create_dir(sandbox.path("new project")).unwrap();
    let error = sandbox.run(&specify).error(10, "none");
    let next = error["next_command"].as_str().unwrap();
    let init = "git -C 'new project' init && spec-kitty -C 'new project' --json init";
    assert_eq!(next, init);
    let output = sandbox.run_line(next).succeeds();
    assert!(output.stdout.contains("spec-kitty.init/1"), "{output:?}");
}

#[test]
fn what_was_cut_off_is_finished_by_the_next_command() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox.hook("pre-commit", "exit 1");
    let error = sandbox.run(&SPECIFY).error(11, "applied");
    let next = error["next_command"].as_str().unwrap();
    assert_eq!(
        next,
        "spec-kitty specify --from-ticket WEB-123 --yes --json"
    );
    std::fs::remove_file(sandbox.path(".git/hooks/pre-commit")).unwrap();
    sandbox.run_line(next).answer("spec-kitty.specify/1");

    // What may succeed later is the same command; a document on stdin would be missing.
    server.on(SEARCH_PATH, Reply::refusal(503, "down", "maintenance"));
    let search = [
        "tracker",
        "search-origin",
        "WEB-9",
        "--json",
        "--timeout",
        "5",
    ];
    let error = sandbox.run(&search).error(8, "none");
    let again = "spec-kitty tracker search-origin WEB-9 --json --timeout 5";
    assert_eq!(error["next_command"], again);
}

#[test]
fn only_a_person_can_log_in_or_link_an_account() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let search = ["tracker", "search-origin", "WEB-123", "--json"];
    server.on(SEARCH_PATH, Reply::refusal(403, "forbidden", "no link"));
    let error = sandbox.run(&search).error(5, "none");
    assert_eq!(error["user_action_required"], true);
    sandbox.run(&["auth", "logout"]).succeeds();
    let server = server.url();
    let error = sandbox
        .run(&[&search[..], &["--server", &server]].concat())
        .error(4, "none");
    assert_eq!(error["user_action_required"], true);
    let login = format!("spec-kitty --json auth login --server {server}");
    assert_eq!(error["next_command"], login);
    let status = sandbox
        .run(&["auth", "status", "--json", "--server", &server])
        .exits(4)
        .json();
    assert_eq!(status["logged_in"], false);
    assert_eq!(status["error"]["code"], "auth_required");
    assert_eq!(status["error"]["user_action_required"], true);
    let error = sandbox
        .run(&["specify", "--from-ticket", "no/key", "--json"])
        .error(2, "none");
    assert_eq!(error["user_action_required"], false);
}

#[test]
fn findings_are_a_success_that_is_not_ok() {
    let sandbox = Sandbox::with_project();
    // The fixture checks `result` and `ok` of every document.
    sandbox.run(&["doctor", "--json"]).succeeds().json();
    sandbox.write("kitty-specs/061-broken/meta.json", "{");
    let found = sandbox.run(&["doctor", "--json"]).exits(10).json();
    assert_eq!(found["ok"], false);
}

#[test]
fn no_output_ever_holds_a_token() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let mut outputs: Vec<Output> = Vec::new();
    let commands: [&[&str]; 5] = [
        &["tracker", "search-origin", "WEB-123"],
        &BIND[..7],
        &["specify", "--from-ticket", "WEB-123", "--yes"],
        &["auth", "status"],
        &["tracker", "status"],
    ];
    for reply in [
        None,
        Some(Reply::html(500)),
        Some(Reply::refusal(401, "x", "no")),
    ] {
        if let Some(reply) = reply {
            server.on(SEARCH_PATH, reply);
        }
        for command in commands {
            for more in [&[][..], &["--json"], &["-vvv"], &["-vvv", "--json"]] {
                outputs.push(sandbox.run(&[command, more].concat()));
            }
        }
    }
    for output in outputs {
        for text in [&output.stdout, &output.stderr] {
            assert!(!text.contains("access-token-kept"), "{output:?}");
            assert!(!text.contains("refresh-token-kept"), "{output:?}");
        }
    }
    for event in sandbox.events() {
        assert!(!event.to_string().contains("token-kept"), "{event}");
    }
}

#[test]
fn verbose_speaks_on_stderr_only() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let output = sandbox
        .run(&["tracker", "search-origin", "WEB-123", "--json", "-vv"])
        .succeeds();
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["result"], "success");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    for arguments in [
        &["--help"][..],
        &["tracker", "search-origin", "WEB-123"],
        &["tracker", "search-origin", "WEB-123", "--json"],
        &["no-such-command", "--json"],
    ] {
        let mut child = sandbox
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        child.wait().unwrap();
        assert!(
            !stderr.contains("panicked") && !stderr.contains("Broken pipe"),
            "{stderr}"
        );
    }
}

#[test]
fn quiet_says_nothing_but_the_answer() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let output = sandbox
        .run(&["tracker", "search-origin", "WEB-123", "-q"])
        .succeeds();
    assert!(output.stdout.contains("WEB-123"), "{output:?}");
    assert_eq!(output.stderr, "");
}
