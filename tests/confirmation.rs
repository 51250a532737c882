//! Nothing is bound without a confirmation: exit 7 without a terminal, a question on a terminal, and
//! the default answer is no.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{
    BIND_PATH, Reply, SEARCH_PATH, Sandbox, Server, Terminal, candidate, search_answer,
};

const SPECIFY: [&str; 3] = ["specify", "--from-ticket", "WEB-123"];
const BIND: [&str; 6] = [
    "tracker",
    "bind-origin",
    "--mission",
    "060",
    "--key",
    "WEB-123",
];

/// The command of `run: spec-kitty …`.
fn command_of(hint: &Value) -> String {
    let hint = hint.as_str().unwrap_or_else(|| panic!("no hint: {hint}"));
    let start = hint
        .find("spec-kitty ")
        .unwrap_or_else(|| panic!("no command in {hint:?}"));
    hint[start..].to_owned()
}

#[test]
fn without_yes_the_error_carries_candidates_and_the_command_that_confirms() {
    for command in [&SPECIFY[..], &BIND[..]] {
        let server = Server::with_ticket("WEB-123", "Login page");
        let sandbox = Sandbox::ready(&server);
        let before = sandbox.snapshot();
        let error = sandbox
            .run(&[command, &["--json"]].concat())
            .error(7, "none");
        assert_eq!(error["code"], "input_required");
        let candidates = error["details"]["candidates"].as_array().unwrap();
        assert_eq!(
            candidates[..],
            [candidate("WEB-123", "Login page", "exact")]
        );
        before.assert_same(&sandbox.snapshot());
        assert_eq!(server.requests_to(BIND_PATH).len(), 0);
        assert_eq!(sandbox.intents(), [] as [Value; 0]);
        let line = command_of(&error["hint"]);
        assert!(line.contains("--yes"), "{line}");
        sandbox.run_line(&line).succeeds();
        assert_eq!(server.requests_to(BIND_PATH).len(), 1, "{line}");
    }
}

#[test]
fn the_text_says_the_same() {
    for command in [&SPECIFY[..], &BIND[..]] {
        let server = Server::with_ticket("WEB-123", "Login page");
        let sandbox = Sandbox::ready(&server);
        let output = sandbox.run(command);
        let text = output.error_text(7);
        assert!(text.contains("WEB-123"), "{text}");
        let line = text.lines().find(|line| line.contains("hint:")).unwrap();
        sandbox.run_line(&command_of(&line.into())).succeeds();
        assert_eq!(server.requests_to(BIND_PATH).len(), 1);
    }
}

#[test]
fn the_confirming_command_keeps_the_flags_that_were_given() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let arguments = [
        &SPECIFY[..],
        &[
            "--slug",
            "login",
            "--number",
            "99",
            "--target-branch",
            "develop",
            "--no-commit",
        ],
        &["--mission-type", "documentation", "--json"],
    ]
    .concat();
    let error = sandbox.run(&arguments).error(7, "none");
    sandbox.run_line(&command_of(&error["hint"])).succeeds();
    let meta = sandbox.meta("099-login");
    assert_eq!(meta["target_branch"], "develop");
    assert_eq!(meta["mission"], "documentation");
    assert_eq!(sandbox.commit_count(), 1, "--no-commit was kept");
}

#[test]
fn a_hostile_argument_is_quoted_in_the_confirming_command() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let branch = "x; touch stolen; 'y";
    let arguments = [&SPECIFY[..], &["--target-branch", branch, "--json"]].concat();
    let output = sandbox.run(&arguments);
    if output.code == 7 {
        let error = output.error(7, "none");
        sandbox.run_line(&command_of(&error["hint"])).exits(99);
    }
    assert!(!sandbox.path("stolen").exists());
}

#[test]
fn several_candidates_are_never_confirmed_by_the_first() {
    let server = Server::start();
    let found = [
        candidate("WEB-123", "One", "text"),
        candidate("WEB-124", "Two", "text"),
    ];
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&found)));
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    let output = sandbox.run(&[&SPECIFY[..], &["--json"]].concat());
    // Either rule may apply first: a choice is needed, or there is no exact match.
    assert!([3, 7].contains(&output.code), "{output:?}");
    let error = output.error(output.code, "none");
    assert_eq!(error["details"]["candidates"].as_array().unwrap().len(), 2);
    before.assert_same(&sandbox.snapshot());
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
}

#[test]
fn a_candidate_from_stdin_needs_yes_too() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let document = search_answer(&[candidate("WEB-123", "Login page", "exact")]).to_string();
    for command in [
        &["specify"][..],
        &["tracker", "bind-origin", "--mission", "60"],
    ] {
        let arguments = [command, &["--candidate", "-", "--json"]].concat();
        let error = sandbox
            .run_with_input(&arguments, &document)
            .error(7, "none");
        assert_eq!(error["code"], "input_required");
    }
    assert_eq!(server.requests().len(), 0);
}

/// The command on a new terminal.
fn on_terminal(sandbox: &Sandbox, arguments: &[&str]) -> Terminal {
    let mut command = sandbox.command(arguments);
    command.env("TERM", "xterm");
    Terminal::start(command)
}

#[test]
fn a_terminal_is_asked_and_shown_what_will_happen() {
    let server = Server::with_ticket("WEB-123", "Login \u{1b}]0;owned\u{7}page");
    let sandbox = Sandbox::ready(&server);
    let mut terminal = on_terminal(&sandbox, &SPECIFY);
    terminal.wait_for("(y/N)");
    let shown = terminal.screen();
    for word in [
        "Linear",
        "WEB-123",
        "Login page",
        "Todo",
        "https://linear.app/acme/issue/WEB-123",
        "061-web-123",
    ] {
        assert!(
            shown.to_lowercase().contains(&word.to_lowercase()),
            "{word} not in {shown}"
        );
    }
    assert!(!shown.contains("owned"), "{shown}");
    assert_eq!(server.requests_to(BIND_PATH).len(), 0, "asked first");
    terminal.type_text("y\n");
    assert_eq!(terminal.finish(), 0);
    assert!(sandbox.meta("061-web-123")["origin_ticket"].is_object());
}

#[test]
fn the_default_answer_is_no() {
    for command in [&SPECIFY[..], &BIND[..]] {
        let server = Server::with_ticket("WEB-123", "Login page");
        let sandbox = Sandbox::ready(&server);
        let before = sandbox.snapshot();
        let mut terminal = on_terminal(&sandbox, command);
        terminal.wait_for("(y/N)");
        terminal.type_text("\n");
        terminal.finish();
        before.assert_same(&sandbox.snapshot());
        assert_eq!(server.requests_to(BIND_PATH).len(), 0);
        assert_eq!(sandbox.intents(), [] as [Value; 0]);
    }
}

/// Mutation check: if the question takes its answer from the first key, `y` or `n`, this test
/// fails.
#[test]
fn only_a_whole_answer_counts() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    let mut terminal = on_terminal(&sandbox, &SPECIFY);
    terminal.wait_for("(y/N)");
    terminal.type_text("why?\r");
    terminal.wait_for("answer y or n");
    terminal.type_text("\r");
    assert_eq!(terminal.finish(), 7);
    before.assert_same(&sandbox.snapshot());
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
}

#[test]
fn a_question_that_is_interrupted_has_changed_nothing() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    let mut terminal = on_terminal(&sandbox, &SPECIFY);
    terminal.wait_for("(y/N)");
    terminal.type_text("y\u{3}");
    assert_eq!(terminal.finish(), 130);
    let shown = terminal.screen();
    assert!(
        shown.contains("interrupted; nothing was changed"),
        "{shown}"
    );
    before.assert_same(&sandbox.snapshot());
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
}

#[test]
fn a_search_that_is_interrupted_has_changed_nothing() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let (arrived, begun) = std::sync::mpsc::channel();
    server.handle(SEARCH_PATH, move |_| {
        arrived.send(()).unwrap();
        Reply::Never
    });
    let sandbox = Sandbox::ready(&server);
    let mut command = sandbox.command(&[&SPECIFY[..], &["--yes", "--json"]].concat());
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    begun.recv().unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    let document: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(document["error"]["code"], "interrupted");
    assert_eq!(document["error"]["effect"], "none");
    assert_eq!(sandbox.missions(), ["060-search"]);
}

/// A script sees only the text, so the text contains what the user would confirm.
#[test]
fn the_text_shows_what_there_is_to_confirm() {
    let server = Server::with_ticket("WEB-123", "Login \u{1b}]0;owned\u{7}page");
    let sandbox = Sandbox::ready(&server);
    let output = sandbox.run(&SPECIFY);
    assert_eq!(output.code, 7);
    let line = "    WEB-123  Todo  Login page  https://linear.app/acme/issue/WEB-123\n";
    assert!(output.stderr.contains(line), "{output:?}");
}

/// A search without an exact match has none the next time either.
#[test]
fn a_command_is_offered_only_where_it_would_confirm() {
    let server = Server::start();
    let found = search_answer(&[candidate("WEB-123", "Login page", "text")]);
    server.on(SEARCH_PATH, Reply::json(200, &found));
    let sandbox = Sandbox::ready(&server);
    let error = sandbox
        .run(&[&SPECIFY[..], &["--json"]].concat())
        .error(7, "none");
    let command = &error["details"]["confirm_command"];
    assert_eq!(command, "spec-kitty specify --candidate FILE --json --yes");
}

#[test]
fn a_terminal_that_must_not_be_asked_is_not() {
    let rows: [(&[&str], Option<&str>); 4] = [
        (&["--no-input"], None),
        (&["--json"], None),
        (&[], Some("SPEC_KITTY_NO_INPUT")),
        (&[], Some("CI")),
    ];
    for (flags, variable) in rows {
        let server = Server::with_ticket("WEB-123", "Login page");
        let mut sandbox = Sandbox::ready(&server);
        if let Some(name) = variable {
            sandbox.set(name, "1");
        }
        let mut terminal = on_terminal(&sandbox, &[&SPECIFY[..], flags].concat());
        assert_eq!(terminal.finish(), 7, "{flags:?} {variable:?}");
        assert_eq!(server.requests_to(BIND_PATH).len(), 0);
    }
}
