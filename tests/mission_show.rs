//! `mission show` and `mission open`.

use std::fs;

use serde_json::{Value, json};

use crate::support::{
    ControlPlane, LINEAR_TEAM, PASSWORD, Reply, SEARCH_PATH, Sandbox, Server, Terminal, candidate,
    search_answer, write_program,
};

const SHOW: &str = "spec-kitty.mission-show/1";
const OPEN: &str = "spec-kitty.mission-open/1";
const URL: &str = "https://linear.app/acme/issue/WEB-123";

/// A project whose mission `061-web-123` has a ticket.
fn bound() -> (Server, Sandbox) {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let start = ["specify", "--from-ticket", "WEB-123", "--yes"];
    sandbox.run(&start).succeeds();
    (server, sandbox)
}

#[test]
fn a_mission_is_shown_with_all_that_is_known_offline() {
    let (server, sandbox) = bound();
    server.forget();
    for asked in [
        "61",
        "061",
        "web-123",
        "061-web-123",
        "kitty-specs/061-web-123",
    ] {
        let answer = sandbox
            .run(&["mission", "show", asked, "--json"])
            .answer(SHOW);
        let mission = &answer["mission"];
        assert_eq!(mission["feature_slug"], "061-web-123", "{asked}");
        assert_eq!(mission["origin"], "bound");
        assert_eq!(mission["origin_ticket"]["title"], "Login page");
        assert_eq!(mission["pending_events"], 2);
        assert_eq!(mission["ticket_file"], Value::Null);
        assert!(mission.get("changed").is_none(), "{mission}");
    }
    let text = sandbox.run(&["mission", "show", "61"]).succeeds().stdout;
    for row in [
        "mission\t061-web-123\n",
        "title\tLogin page\n",
        "origin\tbound\n",
        "ticket\tWEB-123\n",
        "url\thttps://linear.app/acme/issue/WEB-123\n",
        "folder\tkitty-specs/061-web-123\n",
        "queued\t2 events\n",
    ] {
        assert!(text.contains(row), "{row:?} in {text}");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn without_a_name_it_is_the_mission_of_the_current_folder() {
    let (_server, sandbox) = bound();
    for folder in ["kitty-specs/061-web-123", "kitty-specs/061-web-123/tasks"] {
        let here = sandbox.path(folder);
        let answer = sandbox
            .run_in(&here, &["mission", "show", "--json"])
            .answer(SHOW);
        assert_eq!(answer["mission"]["feature_slug"], "061-web-123");
        let answer = sandbox
            .run(&["-C", folder, "mission", "show", "--json"])
            .answer(SHOW);
        assert_eq!(answer["mission"]["feature_slug"], "061-web-123");
    }
    let error = sandbox.run(&["mission", "show", "--json"]).error(2, "none");
    assert_eq!(error["hint"], "run: spec-kitty mission list");
}

#[test]
fn a_mission_that_does_not_exist_gets_only_good_suggestions() {
    let (_server, sandbox) = bound();
    for (asked, near) in [
        ("web-132", json!(["061-web-123"])),
        ("061-serach", json!(["060-search"])),
        ("payments", json!([])),
        ("99", json!([])),
    ] {
        let error = sandbox
            .run(&["mission", "show", asked, "--json"])
            .error(3, "none");
        assert_eq!(error["code"], "mission_not_found");
        assert_eq!(error["details"]["near"], near, "{asked}");
    }
}

#[test]
fn refresh_says_what_has_changed_since() {
    let (server, sandbox) = bound();
    let changed = |asked: &[&str]| {
        let show = ["mission", "show", "61", "--json", "--refresh"];
        sandbox.run(&[&show[..], asked].concat()).answer(SHOW)["mission"]["changed"].clone()
    };
    let none = json!({"title": false, "status": false, "body": false});
    assert_eq!(changed(&[]), none);
    let request = server.requests_to(SEARCH_PATH).pop().unwrap().json();
    assert_eq!(request["query_key"], "WEB-123");

    let mut ticket = candidate("WEB-123", "Login page v2", "exact");
    ticket["body"] = json!("Text");
    server.on(
        SEARCH_PATH,
        Reply::json(200, &search_answer(std::slice::from_ref(&ticket))),
    );
    assert_eq!(changed(&[])["title"], true);
    let text = sandbox
        .run(&["mission", "show", "61", "--refresh"])
        .succeeds();
    assert!(text.stdout.contains("changed\ttitle\n"), "{text:?}");

    // The status and the text are known from the ticket's file.
    let file = "kitty-specs/061-web-123/research/ticket.md";
    let digest = "71988c4d8e0803ba4519f0b2864c1331c14a1890bf8694e251379177bfedb5c3";
    let front = format!("---\nstatus: Todo\nbody_sha256: {digest}\n---\n\nText\n");
    sandbox.write(file, front.replace("71988", "00000"));
    let all = json!({"title": true, "status": false, "body": true});
    assert_eq!(changed(&[]), all);
    sandbox.write(file, &front);
    ticket["status"] = json!("Done");
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&[ticket])));
    let all = json!({"title": true, "status": true, "body": false});
    assert_eq!(changed(&[]), all);
    let answer = sandbox
        .run(&["mission", "show", "61", "--json"])
        .answer(SHOW);
    assert_eq!(answer["mission"]["ticket_file"], file);
}

/// Through `serve`, with an imported ticket.
#[test]
fn refresh_compares_the_whole_text_of_a_ticket() {
    let sandbox = Sandbox::with_project();
    ControlPlane::fill(&sandbox);
    let import = |status: &str, body: &str| {
        let ticket = json!({
            "provider": "linear", "resource_type": "linear_team", "resource_id": LINEAR_TEAM,
            "external_issue_id": "9", "external_issue_key": "WEB-9", "title": "Login page",
            "status": status, "url": "https://linear.app/acme/issue/WEB-9", "body": body,
        });
        ControlPlane::import(&sandbox, &json!([ticket])).succeeds();
    };
    let long = "Boats wait.\r\n\u{202e}".repeat(1000);
    import("In Progress", &long);
    let server = ControlPlane::start(&sandbox, &[]);
    let login = ["auth", "login", "--username", "kit", "--password-stdin"];
    let login = [&login[..], &["--server", server.url()]].concat();
    sandbox.run_with_input(&login, PASSWORD).succeeds();
    sandbox.bind_tracker("linear", "web");
    sandbox.commit_all("Bind the project");
    let start = ["specify", "--from-ticket", "WEB-9", "--yes"];
    sandbox.run(&start).succeeds();
    let changed = || {
        let show = ["mission", "show", "web-9", "--refresh", "--json"];
        sandbox.run(&show).answer(SHOW)["mission"]["changed"].clone()
    };
    let changes =
        |status: bool, body: bool| json!({"title": false, "status": status, "body": body});
    assert_eq!(changed(), changes(false, false));
    import("Done", &long);
    assert_eq!(changed(), changes(true, false));
    import("In Progress", &format!("{long}."));
    assert_eq!(changed(), changes(false, true));
    import("In Progress", "");
    assert_eq!(changed(), changes(false, true));
    import("In Progress", &long);
    assert_eq!(changed(), changes(false, false));
}

#[test]
fn refresh_needs_a_ticket_that_exists() {
    let (server, sandbox) = bound();
    let show = |mission| sandbox.run(&["mission", "show", mission, "--refresh", "--json"]);
    let error = show("60").error(3, "none");
    assert_eq!(error["code"], "origin_not_found");
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&[])));
    assert_eq!(show("61").error(3, "none")["code"], "ticket_not_found");
    server.on(SEARCH_PATH, Reply::refusal(503, "down", "maintenance"));
    let refresh = [
        "mission",
        "show",
        "61",
        "--refresh",
        "--json",
        "--timeout",
        "5",
    ];
    assert_eq!(
        sandbox.run(&refresh).error(8, "none")["code"],
        "unavailable"
    );
}

#[test]
fn open_prints_the_address_without_a_terminal() {
    let (_server, sandbox) = bound();
    let output = sandbox.run(&["mission", "open", "61"]).succeeds();
    assert_eq!(output.stdout, format!("{URL}\n"));
    let answer = sandbox
        .run(&["mission", "open", "61", "--json"])
        .answer(OPEN);
    assert_eq!(answer["url"], URL);
    assert_eq!(answer["opened"], false);
    let error = sandbox
        .run(&["mission", "open", "60", "--json"])
        .error(3, "none");
    assert_eq!(error["code"], "origin_not_found");
}

/// A program in `PATH` that notes its arguments.
fn install(sandbox: &mut Sandbox, name: &str, exit: u8) {
    let folder = sandbox.root().join("programs");
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join(name);
    let note = sandbox.root().join(format!("{name}.note"));
    let script = format!("#!/bin/sh\necho \"$@\" > {}\nexit {exit}\n", note.display());
    write_program(&program, script);
    let path = std::env::var("PATH").unwrap();
    sandbox.set("PATH", format!("{}:{path}", folder.display()));
}

fn note(sandbox: &Sandbox, name: &str) -> Option<String> {
    fs::read_to_string(sandbox.root().join(format!("{name}.note"))).ok()
}

#[test]
fn open_starts_the_browser_on_a_terminal() {
    let (_server, mut sandbox) = bound();
    let open = |sandbox: &Sandbox| {
        let mut terminal = Terminal::start(sandbox.command(&["mission", "open", "61"]));
        terminal.wait_for(URL);
        assert_eq!(terminal.finish(), 0);
        terminal.screen()
    };
    // No browser is known.
    assert!(!open(&sandbox).contains("Opened"));

    install(&mut sandbox, "broken-browser", 3);
    install(&mut sandbox, "kit-browser", 0);
    sandbox.set("BROWSER", "no-such-browser:broken-browser:kit-browser");
    for display in ["", ":0"] {
        sandbox.set("DISPLAY", display);
        assert!(open(&sandbox).contains("Opened"));
        for name in ["broken-browser", "kit-browser"] {
            assert_eq!(note(&sandbox, name), Some(format!("{URL}\n")), "{name}");
        }
    }
}

/// Mutation check: without the check of the scheme, the browser gets a file of the machine.
#[test]
fn an_address_that_is_no_web_page_is_not_opened() {
    let (_server, sandbox) = bound();
    let mut meta = sandbox.meta("061-web-123");
    for url in ["file:///etc/passwd", "--help", "javascript:alert(1)"] {
        meta["origin_ticket"]["external_issue_url"] = json!(url);
        sandbox.write_meta("061-web-123", &meta);
        let error = sandbox
            .run(&["mission", "open", "61", "--json"])
            .error(10, "none");
        assert_eq!(error["code"], "meta_invalid");
    }
}
