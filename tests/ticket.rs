//! `ticket list`, `ticket show` and `ticket search`.

use serde_json::{Value, json};

use crate::support::{
    ControlPlane, LINEAR_TOKEN, LIST_PATH, Output, Reply, SEARCH_PATH, Sandbox, Server, Terminal,
    candidate, linear, search_answer, write_program,
};

const LIST: &str = "spec-kitty.ticket-list/1";
const SHOW: &str = "spec-kitty.ticket-show/1";
const TICKET_KEYS: [&str; 9] = [
    "assignee",
    "external_issue_id",
    "external_issue_key",
    "missions",
    "status",
    "status_kind",
    "title",
    "updated_at",
    "url",
];

fn list(sandbox: &Sandbox, flags: &[&str]) -> Output {
    sandbox.run(&[&["ticket", "list"], flags].concat())
}

fn show(sandbox: &Sandbox, words: &[&str]) -> Output {
    sandbox.run(&[&["ticket", "show"], words].concat())
}

/// A ticket as a server sends it.
fn ticket(key: &str, more: &Value) -> Value {
    let mut ticket = candidate(key, &format!("Ticket {key}"), "exact");
    let more = more.as_object().unwrap().clone();
    ticket.as_object_mut().unwrap().extend(more);
    ticket
}

/// The missions of a ticket that has one.
fn missions() -> Value {
    json!([{
        "mission_id": "01JD0000000000000000000000", "mission_slug": "013-web-1",
        "repository": "acme/web", "bound_by": "ada", "bound_at": "2026-11-20T10:00:00Z",
    }])
}

fn page(tickets: &[Value], next: Option<&str>) -> Value {
    json!({
        "tickets": tickets, "resource_type": "linear_team", "resource_id": "team-web",
        "has_more": next.is_some(), "next_cursor": next,
    })
}

/// A server with these tickets that sends `limit` of them at most, and a project that is bound to it.
/// The cursor is the number of tickets before.
fn lists(tickets: Vec<Value>) -> (Server, Sandbox) {
    let server = Server::start();
    server.handle(LIST_PATH, move |request| {
        let request = request.json();
        let from = request["cursor"].as_str().unwrap_or("0").parse().unwrap();
        let limit = usize::try_from(request["limit"].as_u64().unwrap()).unwrap();
        assert!(limit <= 100, "{request}");
        let to = tickets.len().min(from + limit);
        let next = (to < tickets.len()).then(|| to.to_string());
        Reply::json(200, &page(&tickets[from..to], next.as_deref()))
    });
    let sandbox = Sandbox::ready(&server);
    (server, sandbox)
}

fn numbered(count: usize) -> Vec<Value> {
    let ticket = |n| ticket(&format!("WEB-{n}"), &json!({}));
    (1..=count).map(ticket).collect()
}

fn keys(answer: &Value) -> Vec<String> {
    let tickets = answer["tickets"].as_array().unwrap().iter();
    let key = |ticket: &Value| ticket["external_issue_key"].as_str().unwrap().to_owned();
    tickets.map(key).collect()
}

#[test]
fn the_list_has_the_documented_keys() {
    let whole = json!({
        "status_kind": "started", "assignee": "Ada", "updated_at": "2026-11-22T10:00:00Z",
        "missions": missions(), "body": "Text", "branch_name": "ada/web-1",
    });
    let (server, sandbox) = lists(vec![
        ticket("WEB-1", &whole),
        ticket("WEB-2", &json!({"missions": []})),
        ticket("WEB-3", &json!({})),
    ]);
    let answer = list(&sandbox, &["--json"]).answer(LIST);
    let first = &answer["tickets"][0];
    assert_eq!(first.as_object().unwrap().len(), TICKET_KEYS.len());
    for key in TICKET_KEYS {
        let sent = ticket("WEB-1", &whole);
        assert_eq!(first[key], sent[key], "{key}");
    }
    assert_eq!(answer["tickets"][1]["missions"], json!([]));
    for key in ["status_kind", "assignee", "updated_at", "missions"] {
        assert_eq!(answer["tickets"][2].get(key), Some(&Value::Null), "{key}");
    }
    let mut rest = answer.clone();
    rest.as_object_mut().unwrap().remove("tickets");
    assert_eq!(
        rest,
        json!({
            "schema": LIST, "result": "success", "warnings": [], "provider": "linear",
            "resource_type": "linear_team", "resource_id": "team-web",
            "has_more": false, "next_cursor": null, "total": 3,
        })
    );
    assert_eq!(
        server.requests_to(LIST_PATH)[0].json(),
        json!({"provider": "linear", "project_slug": "web", "limit": 10, "status": "open"})
    );
}

#[test]
fn the_flags_are_sent() {
    let (server, sandbox) = lists(numbered(3));
    for (flags, key, value) in [
        (&["--mine"][..], "mine", json!(true)),
        (&["--mine=false"], "mine", json!(false)),
        (&["--status", "all"], "status", json!("all")),
        (&["--limit", "2"], "limit", json!(2)),
        (&["--cursor", "2"], "cursor", json!("2")),
    ] {
        server.forget();
        list(&sandbox, flags).succeeds();
        let sent = server.requests_to(LIST_PATH)[0].json();
        assert_eq!(sent[key], value, "{flags:?}");
    }
    for flags in [
        ["--limit", "0"],
        ["--limit", "1001"],
        ["--status", "blocked"],
        ["--mine=maybe", "-q"],
        ["--cursor", ""],
    ] {
        let flags = [&flags[..], &["--json"]].concat();
        list(&sandbox, &flags).error(2, "none");
    }
}

#[test]
fn a_list_is_as_long_as_its_limit() {
    let (server, sandbox) = lists(numbered(450));
    for (flags, shown, requests, next, total) in [
        (&["--limit", "10"][..], 10, 1, json!("10"), json!(null)),
        (&["--limit", "100"], 100, 1, json!("100"), json!(null)),
        (&["--limit", "250"], 250, 3, json!("250"), json!(null)),
        (&["--limit", "450"], 450, 5, json!(null), json!(450)),
        (&["--limit", "1000"], 450, 5, json!(null), json!(450)),
        (
            &["--limit", "1000", "--cursor", "430"],
            20,
            1,
            json!(null),
            json!(null),
        ),
    ] {
        server.forget();
        let answer = list(&sandbox, &[flags, &["--json"]].concat()).answer(LIST);
        assert_eq!(keys(&answer).len(), shown, "{flags:?}");
        assert_eq!(server.requests().len(), requests, "{flags:?}");
        assert_eq!(answer["has_more"], !next.is_null());
        assert_eq!((&answer["next_cursor"], &answer["total"]), (&next, &total));
    }
}

#[test]
fn a_list_says_when_there_are_more_tickets() {
    let (_server, sandbox) = lists(numbered(1500));
    for (flags, note) in [
        (&[][..], "10 shown, more match: --limit 50\n"),
        (&["--limit", "50"], "50 shown, more match: --limit 100\n"),
        (&["--limit", "100"], "100 shown, more match: --limit 1000\n"),
        (
            &["--limit", "1000"],
            "1000 shown, more match: --cursor 1000\n",
        ),
        (&["--limit", "1000", "--cursor", "1000"], ""),
        (&["--quiet"], ""),
    ] {
        let output = list(&sandbox, flags).succeeds();
        assert_eq!(output.stderr, note, "{flags:?}");
    }
}

/// A ticket that is updated while pages are turned moves, and pages of a server that ignores the
/// filter contain tickets that do not fit.
#[test]
fn every_ticket_that_fits_is_listed_once() {
    let done = json!({"status_kind": "done"});
    let server = Server::start();
    server.on_each(
        LIST_PATH,
        [
            page(
                &[ticket("WEB-1", &json!({})), ticket("WEB-2", &done)],
                Some("a"),
            ),
            page(
                &[ticket("WEB-1", &json!({})), ticket("WEB-3", &json!({}))],
                Some("b"),
            ),
            page(&[ticket("WEB-4", &json!({}))], None),
        ]
        .map(|body| Reply::json(200, &body)),
    );
    let sandbox = Sandbox::ready(&server);
    let answer = list(&sandbox, &["--limit", "200", "--json"]).answer(LIST);
    assert_eq!(keys(&answer), ["WEB-1", "WEB-3", "WEB-4"]);
    assert_eq!(answer["total"], 3);
}

/// Mutation check: without the check of the cursor or the limit of pages, the list never ends.
#[test]
fn a_list_that_leads_nowhere_ends() {
    let server = Server::start();
    server.on(
        LIST_PATH,
        Reply::json(200, &page(&numbered(1), Some("again"))),
    );
    let sandbox = Sandbox::ready(&server);
    let long = ["--limit", "1000", "--json"];
    let answer = list(&sandbox, &long).answer(LIST);
    assert_eq!(keys(&answer), ["WEB-1"]);
    assert_eq!(
        (&answer["has_more"], &answer["next_cursor"]),
        (&json!(true), &json!("again"))
    );
    assert_eq!(server.requests().len(), 2);

    let mut count = 0;
    let empty = move |_: &_| {
        count += 1;
        Reply::json(200, &page(&[], Some(&count.to_string())))
    };
    server.handle(LIST_PATH, empty);
    server.forget();
    let answer = list(&sandbox, &long).answer(LIST);
    assert_eq!(answer["has_more"], true);
    assert_eq!(server.requests().len(), 20);
    // A list that one page can hold is one request, also if the page is short.
    server.forget();
    list(&sandbox, &[]).succeeds();
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn rows_are_tab_separated_and_safe() {
    let hostile = "\u{1b}[31mred\u{7}\u{202e}evil\nsecond\tline";
    let (_server, sandbox) = lists(vec![
        ticket("WEB-1", &json!({"title": hostile, "missions": missions()})),
        ticket("WEB-2", &json!({"title": "long ".repeat(200)})),
    ]);
    let output = list(&sandbox, &[]).succeeds();
    let url = "https://linear.app/acme/issue";
    let long = "long ".repeat(200);
    let expected = format!(
        "WEB-1\tTodo\tredevil second line\t{url}/WEB-1\t013-web-1\n\
         WEB-2\tTodo\t{}\t{url}/WEB-2\t\n",
        long.trim_end()
    );
    assert_eq!(output.stdout, expected);
    let answer = list(&sandbox, &["--json"]).answer(LIST);
    assert_eq!(answer["tickets"][0]["title"], hostile);
    let lines = list(&sandbox, &["--ndjson"]).succeeds().stdout;
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(&lines, answer["tickets"].as_array().unwrap());
}

#[test]
fn on_a_terminal_the_list_has_headings_and_its_note_below() {
    let (_server, sandbox) = lists(numbered(11));
    let mut command = sandbox.command(&["ticket", "list"]);
    command.env("TERM", "xterm");
    let mut terminal = Terminal::start_sized(command, 24, 60);
    assert_eq!(terminal.finish(), 0);
    terminal.wait_for("more match");
    let screen = console::strip_ansi_codes(&terminal.screen()).into_owned();
    let lines: Vec<_> = screen.lines().map(str::trim_end).collect();
    assert!(lines.contains(&"KEY     STATUS  TITLE"), "{lines:#?}");
    assert!(
        screen.contains("Ticket WEB-10") && !screen.contains("https://"),
        "{screen}"
    );
    assert_eq!(
        lines.last(),
        Some(&"10 shown, more match: --limit 50"),
        "{lines:#?}"
    );
}

#[test]
fn an_empty_list_says_so() {
    let (server, sandbox) = lists(vec![]);
    for (flags, text) in [
        (&[][..], "There are no open tickets in Linear.\n"),
        (&["--status", "all"], "There are no tickets in Linear.\n"),
        (&["--cursor", "0"], "There are no more tickets.\n"),
    ] {
        let output = list(&sandbox, flags).succeeds();
        assert_eq!((&*output.stdout, &*output.stderr), ("", text));
    }
    let answer = list(&sandbox, &["--json"]).answer(LIST);
    assert_eq!(
        (&answer["tickets"], &answer["total"]),
        (&json!([]), &json!(0))
    );
    let mut mine = page(&[], None);
    mine["mine"] = true.into();
    server.on(LIST_PATH, Reply::json(200, &mine));
    let output = list(&sandbox, &["--mine", "--status", "done"]).succeeds();
    assert_eq!(output.stderr, "No done tickets are assigned to you.\n");
    let warning = "no open tickets are assigned to you: --mine=false lists those of all";
    let output = list(&sandbox, &[]).succeeds();
    assert_eq!(output.stderr, format!("warning: {warning}\n"));
    let answer = list(&sandbox, &["--json"]).answer(LIST);
    assert_eq!(
        answer["warnings"],
        json!([{"code": "only_mine", "message": warning}])
    );
}

#[test]
fn a_server_that_does_not_know_whose_tickets_they_are_is_named() {
    let (server, sandbox) = lists(numbered(1));
    let answer = list(&sandbox, &["--mine", "--json"]).answer(LIST);
    assert_eq!(answer["warnings"][0]["code"], "mine_unknown");
    let mut mine = page(&numbered(1), None);
    mine["mine"] = true.into();
    server.on(LIST_PATH, Reply::json(200, &mine));
    let answer = list(&sandbox, &["--mine", "--json"]).answer(LIST);
    assert_eq!(answer["warnings"], json!([]));
    let output = list(&sandbox, &[]).succeeds();
    assert_eq!(
        output.stderr,
        "These are assigned to you: --mine=false lists those of all\n"
    );
}

/// The owner of the key that `connect` stored is the user.
#[test]
fn with_a_key_of_your_own_the_list_is_yours() {
    let (tracker, sandbox) = (linear(), Sandbox::with_git());
    let url = format!("{}/graphql", tracker.url());
    let connect = ["connect", "linear", "--url", &url, "--resource", "WEB"];
    sandbox
        .run_with_input(&[&connect[..], &["--token-stdin"]].concat(), LINEAR_TOKEN)
        .succeeds();
    let me = json!({"isMe": {"eq": true}});
    for (flags, assignee) in [
        (&[][..], &me),
        (&["--mine"], &me),
        (&["--mine=false"], &Value::Null),
    ] {
        tracker.forget();
        let answer = list(&sandbox, &[flags, &["--json"]].concat()).answer(LIST);
        // The fake tracker has one ticket on each page.
        assert_eq!(keys(&answer), ["WEB-2"]);
        assert_eq!(answer["next_cursor"], "next");
        assert_eq!(answer["warnings"], json!([]));
        let filter = &tracker.requests()[0].json()["variables"]["filter"];
        assert_eq!(&filter["assignee"], assignee, "{flags:?}");
    }
    let shown = show(&sandbox, &["web-1", "--json"]).answer(SHOW);
    assert_eq!(shown["ticket"]["body"], "Because.");
    assert_eq!(shown["ticket"]["missions"], json!([]));
}

/// The tickets of a file name people whom the control plane does not know.
#[test]
fn a_team_that_shares_a_control_plane_lists_the_tickets_of_all() {
    let mut sandbox = Sandbox::with_project();
    let server = ControlPlane::filled(&sandbox);
    let (token, _) = server.log_in();
    sandbox.set("SPEC_KITTY_TOKEN", &token);
    sandbox.set("SPEC_KITTY_SERVER", server.url());
    sandbox.bind_tracker("linear", "web");
    let answer = list(&sandbox, &["--json"]).answer(LIST);
    assert!(!keys(&answer).is_empty());
    assert_eq!(answer["warnings"], json!([]));
    let error = list(&sandbox, &["--mine", "--json"]).error(2, "none");
    assert_eq!(error["details"]["server_code"], "mine_unknown");
    let text = list(&sandbox, &["--mine"]);
    let text = text.error_text(2);
    assert!(
        text.contains("the server does not know which tickets are yours"),
        "{text}"
    );
    let key = answer["tickets"][0]["external_issue_key"].as_str().unwrap();
    let shown = show(&sandbox, &[key, "--json"]).answer(SHOW);
    let mut of_list = answer["tickets"][0].clone();
    of_list["body"] = shown["ticket"]["body"].clone();
    assert_eq!(shown["ticket"], of_list);
}

#[test]
fn a_server_without_the_list_is_not_supported() {
    let server = Server::with_ticket("WEB-1", "Login page");
    let sandbox = Sandbox::ready(&server);
    let error = list(&sandbox, &["--json"]).error(8, "none");
    assert_eq!(error["code"], "not_supported");
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.contains("spec-kitty ticket search WORDS"), "{hint}");
}

#[test]
fn a_ticket_is_shown_by_key_reference_or_url() {
    let server = Server::start();
    let whole = json!({
        "status_kind": "started", "assignee": "Ada", "updated_at": "2026-11-22T10:00:00Z",
        "missions": missions(), "body": "# Why\n\nBecause.", "branch_name": "ada/web-1",
    });
    let found = search_answer(&[ticket("WEB-1", &whole)]);
    server.on(SEARCH_PATH, Reply::json(200, &found));
    let sandbox = Sandbox::ready(&server);
    let url = "https://linear.app/acme/issue/WEB-1/login";
    for reference in ["WEB-1", "web-1", "linear:web-1", url] {
        let answer = show(&sandbox, &[reference, "--json"]).answer(SHOW);
        let ticket = answer["ticket"].as_object().unwrap();
        assert_eq!(ticket.len(), TICKET_KEYS.len() + 1);
        for key in TICKET_KEYS {
            assert_eq!(ticket[key], found["candidates"][0][key], "{key}");
        }
        assert_eq!(ticket["body"], "# Why\n\nBecause.");
    }
    let text = show(&sandbox, &["WEB-1"]).succeeds().stdout;
    assert_eq!(
        text,
        "key\tWEB-1\ntitle\tTicket WEB-1\nstatus\tTodo\nassignee\tAda\n\
         updated\t2026-11-22T10:00:00Z\nurl\thttps://linear.app/acme/issue/WEB-1\n\
         mission\t013-web-1, bound by ada at 2026-11-20T10:00:00Z\n\n# Why\n\nBecause.\n"
    );
    let other = "https://linear.app/elsewhere/issue/WEB-1";
    let error = show(&sandbox, &[other, "--json"]).error(6, "none");
    assert_eq!(error["code"], "other_site");
    let error = show(&sandbox, &["jira:WEB-1", "--json"]).error(6, "none");
    assert_eq!(error["code"], "provider_conflict");
}

#[test]
fn what_is_unknown_of_a_ticket_is_null() {
    let server = Server::with_ticket("WEB-1", "Login page");
    let sandbox = Sandbox::ready(&server);
    let answer = show(&sandbox, &["WEB-1", "--json"]).answer(SHOW);
    let unknown = ["status_kind", "assignee", "updated_at", "missions", "body"];
    for key in unknown {
        assert_eq!(answer["ticket"].get(key), Some(&Value::Null), "{key}");
    }
    let text = show(&sandbox, &["WEB-1"]).succeeds().stdout;
    assert_eq!(
        text,
        "key\tWEB-1\ntitle\tLogin page\nstatus\tTodo\nurl\thttps://linear.app/acme/issue/WEB-1\n"
    );
}

#[test]
fn the_text_of_a_ticket_cannot_touch_the_terminal() {
    let body = "\u{1b}]0;title\u{7}one\u{1b}[2J\n\u{9b}31mtwo\u{202e}\nkey  WEB-9";
    let server = Server::start();
    let found = search_answer(&[ticket("WEB-1", &json!({"body": body}))]);
    server.on(SEARCH_PATH, Reply::json(200, &found));
    let sandbox = Sandbox::ready(&server);
    let text = show(&sandbox, &["WEB-1"]).succeeds().stdout;
    assert!(text.ends_with("\n\none\ntwo\nkey  WEB-9\n"), "{text:?}");
    let json = show(&sandbox, &["WEB-1", "--json"]);
    assert_eq!(json.answer(SHOW)["ticket"]["body"], body);
    assert!(json.stdout.contains("\\u001b]0;title"), "{json:?}");
    assert!(!json.stdout.contains(['\u{1b}', '\u{9b}', '\u{202e}']));

    let mut command = sandbox.command(&["ticket", "show", "WEB-1"]);
    command.env("TERM", "xterm");
    let mut terminal = Terminal::start(command);
    assert_eq!(terminal.finish(), 0);
    // No line of the text looks like a property of the ticket.
    terminal.wait_for("    key  WEB-9");
    let screen = terminal.screen();
    assert!(
        !screen.contains("\u{1b}]0") && !screen.contains("\u{1b}[2J"),
        "{screen:?}"
    );
}

#[test]
fn a_ticket_that_is_not_there_is_not_found() {
    let server = Server::start();
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&[])));
    let sandbox = Sandbox::ready(&server);
    let error = show(&sandbox, &["WEB-9", "--json"]).error(3, "none");
    assert_eq!(error["code"], "ticket_not_found");
    // Words that match are not the ticket.
    let other = search_answer(&[candidate("WEB-90", "About WEB-9", "text")]);
    server.on(SEARCH_PATH, Reply::json(200, &other));
    let error = show(&sandbox, &["WEB-9", "--json"]).error(3, "none");
    assert_eq!(error["code"], "ticket_not_found");
    // A moved ticket answers to its former key.
    let moved = search_answer(&[candidate("WEB-90", "Moved", "exact")]);
    server.on(SEARCH_PATH, Reply::json(200, &moved));
    let answer = show(&sandbox, &["OLD-9", "--json"]).answer(SHOW);
    assert_eq!(answer["ticket"]["external_issue_key"], "WEB-90");
}

#[test]
fn a_near_miss_names_the_command_that_was_meant() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    for typed in ["WEB123", "web_123"] {
        let error = show(&sandbox, &[typed, "--json"]).error(2, "none");
        assert_eq!(error["code"], "invalid_reference");
        let next = error["next_command"].as_str().unwrap();
        assert_eq!(next, "spec-kitty --json ticket show WEB-123");
        sandbox.run_line(next).answer(SHOW);
    }
    let error = show(&sandbox, &["login page", "--json"]).error(2, "none");
    assert_eq!(error["next_command"], Value::Null);
    assert_eq!(server.requests_to(SEARCH_PATH).len(), 2);
}

#[test]
fn a_browser_opens_only_on_a_terminal() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let mut sandbox = Sandbox::ready(&server);
    let seen = sandbox.path("seen.txt");
    let browser = sandbox.path("browser");
    write_program(
        &browser,
        format!("#!/bin/sh\necho \"$1\" >'{}'\n", seen.display()),
    );
    sandbox.set("BROWSER", &browser);
    let url = "https://linear.app/acme/issue/WEB-123";
    for flag in ["--web", "-w"] {
        let output = show(&sandbox, &["WEB-123", flag]).succeeds();
        assert_eq!(output.stdout, format!("{url}\n"));
    }
    show(&sandbox, &["WEB-123", "--web", "--json"]).answer(SHOW);
    assert!(!seen.exists());
    let mut terminal = Terminal::start(sandbox.command(&["ticket", "show", "WEB-123", "-w"]));
    assert_eq!(terminal.finish(), 0, "{}", terminal.screen());
    terminal.wait_for(&format!("Opened {url} in the browser."));
    assert_eq!(sandbox.read("seen.txt"), format!("{url}\n"));
}

#[test]
fn a_search_is_that_of_the_tracker() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    for words in [
        &["WEB-123"][..],
        &["login", "--limit", "5"],
        &["--key", "WEB-123", "--json"],
        &["--text", "login", "--status", "open", "--json"],
        &["login", "--ndjson"],
    ] {
        server.forget();
        let one = sandbox.run(&[&["ticket", "search"], words].concat());
        let other = sandbox.run(&[&["tracker", "search-origin"], words].concat());
        assert_eq!(one.succeeds().stdout, other.succeeds().stdout, "{words:?}");
        let sent: Vec<_> = server.requests().iter().map(|it| it.json()).collect();
        assert_eq!(sent[0], sent[1]);
    }
}

#[test]
fn reading_needs_a_binding_and_a_session_and_writes_nothing() {
    let (server, sandbox) = lists(numbered(2));
    server.on(
        SEARCH_PATH,
        Reply::json(200, &search_answer(&[ticket("WEB-1", &json!({}))])),
    );
    let before = sandbox.snapshot();
    list(&sandbox, &[]).succeeds();
    show(&sandbox, &["WEB-1"]).succeeds();
    before.assert_same(&sandbox.snapshot());

    let commands: [&[&str]; 2] = [&["ticket", "list"], &["ticket", "show", "WEB-1"]];
    let unbound = Sandbox::with_project();
    sandbox.run(&["auth", "logout"]).succeeds();
    for command in commands {
        let command = [command, &["--json"]].concat();
        assert_eq!(
            sandbox.run(&command).error(4, "none")["code"],
            "auth_required"
        );
        assert_eq!(
            unbound.run(&command).error(10, "none")["code"],
            "tracker_not_bound"
        );
    }
}

#[test]
fn a_failing_server_ends_as_a_search_does() {
    for (reply, exit, code) in [
        (
            Reply::refusal(403, "tracker_credential_refused", "no"),
            5,
            "tracker_credential_refused",
        ),
        (Reply::refusal(404, "no_mapping", "no"), 3, "not_found"),
        (
            Reply::refusal(429, "tracker_rate_limited", "slow").header("retry-after", "60"),
            9,
            "tracker_rate_limited",
        ),
        (Reply::json(200, &json!({"tickets": 7})), 8, "bad_response"),
    ] {
        let server = Server::start();
        server.on(LIST_PATH, reply);
        let sandbox = Sandbox::ready(&server);
        let error = list(&sandbox, &["--json", "--timeout", "5"]).error(exit, "none");
        assert_eq!(error["code"], code);
    }
}
