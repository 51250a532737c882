//! Choosing a ticket from a list: on a terminal with keys, elsewhere with a command.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{
    BIND_PATH, LIST_PATH, Reply, SEARCH_PATH, Sandbox, Server, Terminal, bind_answer, candidate,
    envelope, search_answer,
};

const ENTER_SCREEN: &str = "\u{1b}[?1049h";
const LEAVE_SCREEN: &str = "\u{1b}[?1049l";

/// A listed ticket.
pub(crate) fn ticket(key: &str, title: &str, body: &str) -> Value {
    let mut ticket = candidate(key, title, "text");
    let more = json!({
        "status_kind": "unstarted",
        "assignee": "Ada",
        "updated_at": "2026-11-22T10:00:00Z",
        "body": body,
    });
    let more = more.as_object().unwrap().clone();
    ticket.as_object_mut().unwrap().extend(more);
    ticket
}

pub(crate) fn list_answer(tickets: &[Value]) -> Value {
    json!({
        "tickets": tickets,
        "resource_type": "linear_team",
        "resource_id": "team-web",
        "has_more": false,
        "next_cursor": null,
    })
}

fn some_tickets() -> Vec<Value> {
    vec![
        ticket("WEB-1", "Waiting list", "Boats wait.\n\nFor a berth."),
        ticket("WEB-2", "Print a booking", ""),
        ticket("WEB-3", "Tide table", "It is an hour off."),
    ]
}

/// A logged-in project at a server that lists these tickets.
fn ready(tickets: &[Value]) -> (Server, Sandbox) {
    let server = Server::start();
    server.on(LIST_PATH, Reply::json(200, &list_answer(tickets)));
    let all = tickets.to_vec();
    server.handle(SEARCH_PATH, move |request| {
        let key = &request.json()["query_key"];
        let mut found = all.clone();
        found.retain(|ticket| ticket["external_issue_key"] == *key);
        Reply::json(200, &search_answer(&found))
    });
    server.on(BIND_PATH, Reply::json(200, &bind_answer()));
    let sandbox = Sandbox::ready(&server);
    (server, sandbox)
}

fn on_terminal(sandbox: &Sandbox, arguments: &[&str], columns: u16) -> Terminal {
    let mut command = sandbox.command(arguments);
    command.env("TERM", "xterm");
    Terminal::start_sized(command, 24, columns)
}

/// The text of the last frame that was drawn completely, line by line.
pub(crate) fn last_frame(terminal: &Terminal) -> Vec<String> {
    let screen = terminal.screen();
    let drawn = screen
        .rsplit_once("\u{1b}[J")
        .map_or("", |(drawn, _)| drawn);
    let frame = drawn.rsplit("\u{1b}[H").next().unwrap();
    let text = console::strip_ansi_codes(frame).into_owned();
    let lines = text.split("\r\n");
    lines.map(|line| line.trim_end().to_owned()).collect()
}

/// Waits for a frame with this filter and this text.
#[track_caller]
fn wait_for_frame(terminal: &Terminal, filter: &str, text: &str) -> Vec<String> {
    let first = format!("Which ticket? {filter}");
    terminal.wait_until(text, || {
        let frame = last_frame(terminal);
        frame[0] == first.trim_end() && frame.join("\n").contains(text)
    });
    last_frame(terminal)
}

#[test]
fn a_ticket_is_filtered_chosen_and_confirmed() {
    let (server, sandbox) = ready(&some_tickets());
    let mut terminal = on_terminal(&sandbox, &["specify"], 80);
    let frame = wait_for_frame(&terminal, "", "3 of 3");
    let shown = frame.join("\n");
    for text in [
        "WEB-1",
        "WEB-2",
        "WEB-3",
        "Todo",
        "Waiting list",
        "Boats wait.",
        "For a berth.",
        "https://linear.app/acme/issue/WEB-1",
    ] {
        assert!(shown.contains(text), "{text} not in {frame:#?}");
    }
    terminal.type_text("TABLE web");
    let shown = wait_for_frame(&terminal, "TABLE web", "1 of 3").join("\n");
    assert!(shown.contains("It is an hour off."), "{shown}");
    assert!(!shown.contains("WEB-1"), "{shown}");
    terminal.type_text("\r");
    terminal.wait_for("(y/N)");
    assert_eq!(server.requests_to(BIND_PATH).len(), 0, "asked first");
    terminal.type_text("y\r");
    assert_eq!(terminal.finish(), 0, "{}", terminal.screen());
    assert_eq!(sandbox.missions(), ["060-search", "061-web-3"]);
    let sent = server.requests_to(LIST_PATH)[0].json();
    assert_eq!(
        sent,
        json!({
            "provider": "linear", "project_slug": "web", "limit": 50, "mine": false,
            "status": "open",
        })
    );
    let searches = server.requests_to(SEARCH_PATH);
    assert_eq!(searches.len(), 1);
    assert_eq!(searches[0].json()["query_key"], "WEB-3");
}

#[test]
fn a_program_that_is_ended_during_a_question_restores_the_terminal() {
    let (server, sandbox) = ready(&some_tickets());
    let before = sandbox.snapshot();
    let mut terminal = on_terminal(&sandbox, &["specify"], 80);
    terminal.wait_for("3 of 3");
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.finish(), -1, "a signal has no exit code");
    terminal.wait_for(LEAVE_SCREEN);
    assert!(terminal.shows_input());
    before.assert_same(&sandbox.snapshot());
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
}

#[test]
fn arrows_move_and_the_default_answer_is_no() {
    let (server, sandbox) = ready(&some_tickets());
    let before = sandbox.snapshot();
    let mut terminal = on_terminal(&sandbox, &["specify"], 80);
    terminal.wait_for("3 of 3");
    terminal.type_text("\u{1b}[B");
    terminal.wait_for("> WEB-2");
    terminal.type_text("\r");
    terminal.wait_for("(y/N)");
    let screen = terminal.screen();
    let (_, after) = screen.split_once(LEAVE_SCREEN).unwrap();
    assert!(after.contains("Print a booking"), "{after}");
    terminal.type_text("\r");
    assert_eq!(terminal.finish(), 7);
    before.assert_same(&sandbox.snapshot());
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
}

#[test]
fn escape_and_an_interruption_leave_the_screen_and_change_nothing() {
    for (typed, exit, message) in [
        ("\u{1b}", 7, "not confirmed"),
        ("\u{3}", 130, "interrupted; nothing was changed"),
        ("", 130, "interrupted; nothing was changed"),
    ] {
        let (server, sandbox) = ready(&some_tickets());
        let before = sandbox.snapshot();
        let mut terminal = on_terminal(&sandbox, &["specify"], 80);
        terminal.wait_for("3 of 3");
        let echoed = terminal.shows_input();
        assert!(!echoed, "keys are not echoed");
        if typed.is_empty() {
            terminal.interrupt();
        } else {
            terminal.type_text(typed);
        }
        assert_eq!(terminal.finish(), exit, "{typed:?}");
        terminal.wait_for(message);
        let screen = terminal.screen();
        assert_eq!(screen.matches(ENTER_SCREEN).count(), 1);
        assert_eq!(screen.matches(LEAVE_SCREEN).count(), 1);
        let (_, after) = screen.split_once(LEAVE_SCREEN).unwrap();
        assert!(after.contains(message), "{after}");
        assert!(!after.contains("WEB-1"), "{after}");
        assert!(terminal.shows_input(), "the terminal is as it was");
        before.assert_same(&sandbox.snapshot());
        assert_eq!(server.requests_to(BIND_PATH).len(), 0);
        assert_eq!(sandbox.intents(), [] as [Value; 0]);
    }
}

#[test]
fn words_lead_to_the_same_list() {
    let server = Server::start();
    let tickets = [candidate("WEB-1", "Waiting list", "text")];
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&tickets)));
    server.on(BIND_PATH, Reply::json(200, &bind_answer()));
    let sandbox = Sandbox::ready(&server);
    let words = ["specify", "--from-ticket", "waiting list"];
    let mut terminal = on_terminal(&sandbox, &words, 80);
    terminal.wait_for("1 of 1");
    terminal.type_text("\r");
    terminal.wait_for("(y/N)");
    terminal.type_text("y\r");
    assert_eq!(terminal.finish(), 0, "{}", terminal.screen());
    assert_eq!(sandbox.missions(), ["060-search", "061-web-1"]);
}

#[test]
fn every_line_fits_and_no_title_controls_the_terminal() {
    let tickets = [
        ticket("WEB-1", &"long title ".repeat(40), &"long body ".repeat(40)),
        ticket("WEB-2", &"待ち行列".repeat(40), "漢字の本文"),
        ticket(
            "WEB-3",
            "a \u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}b\u{9b}31m\nc",
            "\u{1b}[31mred\u{7}",
        ),
    ];
    let (_server, sandbox) = ready(&tickets);
    for columns in [20, 40, 60, 80, 120] {
        let mut terminal = on_terminal(&sandbox, &["specify"], columns);
        for selected in 1..=3 {
            let frame = wait_for_frame(&terminal, "", &format!("> WEB-{selected}"));
            assert!(frame.len() <= 24, "{frame:#?}");
            for line in &frame {
                let width = console::measure_text_width(line);
                assert!(width < usize::from(columns), "{width} in {columns}: {line}");
            }
            terminal.type_text("\u{1b}[B");
        }
        terminal.type_text("\u{1b}");
        assert_eq!(terminal.finish(), 7);
        let screen = terminal.screen();
        let (screen, _) = screen.split_once(LEAVE_SCREEN).unwrap();
        for part in [
            "owned",
            "\u{1b}]",
            "\u{1b}[2J",
            "\u{1b}[31m",
            "\u{7}",
            "\u{202e}",
            "\u{9b}",
        ] {
            assert!(!screen.contains(part), "{part:?} in {screen:?}");
        }
    }
}

#[test]
fn without_a_terminal_the_error_lists_the_tickets_and_the_commands() {
    let (server, sandbox) = ready(&some_tickets());
    let before = sandbox.snapshot();
    for flags in [&[][..], &["--dry-run"]] {
        let error = sandbox
            .run(&[&["specify"], flags, &["--json"]].concat())
            .error(7, "none");
        assert_eq!(error["code"], "input_required");
        let candidates = error["details"]["candidates"].as_array().unwrap();
        assert_eq!(candidates.len(), 3);
        assert_eq!(candidates[2]["external_issue_key"], "WEB-3");
        let commands = error["details"]["confirm_commands"].as_array().unwrap();
        assert_eq!(commands.len(), 3);
        for (command, key) in commands.iter().zip(["WEB-1", "WEB-2", "WEB-3"]) {
            let command = command.as_str().unwrap();
            assert!(
                command.contains(&format!("--from-ticket {key}")),
                "{command}"
            );
            assert!(command.contains("--yes"), "{command}");
        }
    }
    let text = sandbox.run(&["specify", "--slug", "tides"]);
    let line = "        spec-kitty specify --slug tides --from-ticket WEB-3 --yes\n";
    assert!(text.error_text(7).contains(line), "{text:?}");
    before.assert_same(&sandbox.snapshot());
    let found = search_answer(&[candidate("WEB-3", "Tide table", "exact")]);
    server.on(SEARCH_PATH, Reply::json(200, &found));
    sandbox.run_line(line.trim()).succeeds();
    assert_eq!(sandbox.missions(), ["060-search", "061-tides"]);
}

#[test]
fn yes_alone_confirms_nothing() {
    let (server, sandbox) = ready(&some_tickets());
    let error = sandbox
        .run(&["specify", "--yes", "--json"])
        .error(2, "none");
    assert_eq!(error["code"], "usage");
    assert!(
        error["message"].as_str().unwrap().contains("--yes"),
        "{error}"
    );
    let mut terminal = on_terminal(&sandbox, &["specify", "--yes"], 80);
    assert_eq!(terminal.finish(), 2);
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_list_says_when_there_are_more_tickets() {
    let (server, sandbox) = ready(&some_tickets());
    let mut answer = list_answer(&some_tickets());
    answer["has_more"] = true.into();
    answer["next_cursor"] = "c".into();
    server.on(LIST_PATH, Reply::json(200, &answer));
    let mut terminal = on_terminal(&sandbox, &["specify"], 80);
    terminal.wait_for("(3 shown; find others with --from-ticket WORDS)");
    terminal.type_text("\u{1b}");
    assert_eq!(terminal.finish(), 7);
    let text = sandbox.run(&["specify"]);
    assert!(
        text.error_text(7).contains("3 shown; find others"),
        "{text:?}"
    );
    let error = sandbox.run(&["specify", "--json"]).error(7, "none");
    assert_eq!(error["details"]["has_more"], true);
}

#[test]
fn a_dumb_terminal_is_answered_like_none() {
    let (_server, sandbox) = ready(&some_tickets());
    let mut command = sandbox.command(&["specify"]);
    command.env("TERM", "dumb");
    let mut terminal = Terminal::start(command);
    assert_eq!(terminal.finish(), 7, "{}", terminal.screen());
    terminal.wait_for("--from-ticket WEB-3");
    assert!(
        !terminal.screen().contains('\u{1b}'),
        "{}",
        terminal.screen()
    );
}

#[test]
fn a_server_that_cannot_list_is_not_supported() {
    for reply in [
        Reply::json(404, &json!({"detail": "Not found."})),
        Reply::json(404, &envelope("no_such_path", "no such path")),
        Reply::json(405, &envelope("method_not_allowed", "no")),
        Reply::json(501, &json!({})),
    ] {
        let server = Server::start();
        server.on(LIST_PATH, reply);
        let sandbox = Sandbox::ready(&server);
        let error = sandbox.run(&["specify", "--json"]).error(8, "none");
        assert_eq!(error["code"], "not_supported");
        let hint = error["hint"].as_str().unwrap();
        assert!(hint.contains("--from-ticket"), "{hint}");
    }
    let server = Server::start();
    server.on(
        LIST_PATH,
        Reply::json(404, &envelope("no_mapping", "no project web")),
    );
    let sandbox = Sandbox::ready(&server);
    let error = sandbox.run(&["specify", "--json"]).error(3, "none");
    assert_eq!(error["details"]["server_code"], "no_mapping");
}

#[test]
fn only_open_tickets_are_listed_even_if_the_server_lists_all() {
    let mut done = ticket("WEB-9", "Old", "");
    done["status_kind"] = "done".into();
    let (server, sandbox) = ready(&[done, ticket("WEB-1", "Waiting list", "")]);
    let error = sandbox.run(&["specify", "--json"]).error(7, "none");
    let candidates = error["details"]["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 1, "{error}");
    assert_eq!(candidates[0]["external_issue_key"], "WEB-1");
    server.on(LIST_PATH, Reply::json(200, &list_answer(&[])));
    let error = sandbox.run(&["specify", "--json"]).error(3, "none");
    assert_eq!(error["code"], "ticket_not_found");
}

#[test]
fn a_list_is_read_strictly() {
    let whole = list_answer(&[ticket("WEB-1", "Waiting list", "")]);
    let without = |path: &str| {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(path);
        body
    };
    let with = |field: &str, value: Value| {
        let mut body = whole.clone();
        body["tickets"][0][field] = value;
        body
    };
    for (body, field) in [
        (without("tickets"), "tickets"),
        (without("resource_type"), "resource_type"),
        (with("title", json!("")), "tickets[0].title"),
        (with("url", json!("javascript:x")), "tickets[0].url"),
        (json!([]), "the answer"),
    ] {
        let server = Server::start();
        server.on(LIST_PATH, Reply::json(200, &body));
        let sandbox = Sandbox::ready(&server);
        let error = sandbox.run(&["specify", "--json"]).error(8, "none");
        assert_eq!(error["code"], "bad_response");
        assert_eq!(error["details"]["field"], field);
    }
    // What only a person reads is not worth an error.
    for (field, value) in [
        ("assignee", json!({"id": 7, "name": "Ada"})),
        ("assignee", json!(null)),
        ("updated_at", json!(7)),
        ("body", json!(null)),
    ] {
        let server = Server::start();
        server.on(LIST_PATH, Reply::json(200, &with(field, value)));
        let sandbox = Sandbox::ready(&server);
        sandbox.run(&["specify", "--json"]).error(7, "none");
    }
}

#[test]
fn without_a_tracker_there_is_no_list() {
    let sandbox = Sandbox::with_project();
    let error = sandbox.run(&["specify", "--json"]).error(2, "none");
    assert_eq!(error["code"], "usage");
    assert!(
        error["message"].as_str().unwrap().contains("NAME"),
        "{error}"
    );
}
