//! The personal control plane: the server `local`, which runs inside a command.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Agent, ControlPlane, PASSWORD, Sandbox};

/// A project bound to the imported Linear project `web`, with `local` in the user's settings.
fn personal() -> Sandbox {
    let sandbox = Sandbox::with_project();
    ControlPlane::fill(&sandbox);
    sandbox.bind_tracker("linear", "web");
    sandbox.commit_all("Bind the tracker");
    let settings = sandbox.state().join("config.toml");
    fs::write(settings, "[sync]\nserver_url = \"local\"\n").unwrap();
    sandbox
}

const SPECIFY: [&str; 5] = ["specify", "--from-ticket", "WEB-101", "--yes", "--json"];

#[test]
fn a_ticket_becomes_a_mission_without_login_and_without_a_running_server() {
    let sandbox = personal();
    let search = ["tracker", "search-origin", "--key", "WEB-101", "--json"];
    let found = sandbox.run(&search).answer("spec-kitty.search-origin/1");
    assert_eq!(found["candidates"][0]["external_issue_key"], "WEB-101");

    let made = sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
    assert_eq!(made["feature_slug"], "061-web-101");
    assert!(made["origin_link_id"].is_string(), "{made}");
    let again = sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
    assert_eq!(again["origin_link_id"], made["origin_link_id"]);

    let delivered = sandbox.run(&["sync", "now", "--json"]);
    assert_eq!(delivered.answer("spec-kitty.sync-now/1")["delivered"], 2);
    let status = sandbox.run(&["admin", "status", "--json"]);
    let status = status.answer("spec-kitty.admin-status/1");
    assert_eq!(
        [
            &status["origin_links"],
            &status["events"],
            &status["sessions"]
        ],
        [&json!(1), &json!(2), &json!(0)]
    );
}

/// Each call of a tool has a control plane of its own.
#[test]
fn tools_need_neither_a_login_nor_a_running_server() {
    let sandbox = personal();
    let mut agent = Agent::ready(&sandbox);
    let found = agent.call("ticket_search", &json!({"query": "WEB-101"}));
    let id = &found["candidates"][0]["external_issue_id"];
    let start = json!({"ticket": "WEB-101", "confirmed_external_issue_id": id});
    for created in [true, false] {
        let made = agent.call("mission_start", &start);
        assert_eq!(made["created"], created, "{made}");
        assert!(made["origin_link_id"].is_string(), "{made}");
    }
    agent.hang_up();
}

#[test]
fn status_says_that_no_login_is_needed() {
    let sandbox = personal();
    let status = sandbox.run(&["auth", "status"]).succeeds();
    let words = "personal control plane on this machine";
    assert!(status.stdout.contains(words), "{status:?}");
    let status = sandbox.run(&["auth", "status", "--json"]);
    let status = status.answer("spec-kitty.auth-status/1");
    assert_eq!(
        [&status["server"], &status["standing"], &status["logged_in"]],
        [&json!("local"), &json!("local"), &json!(true)]
    );
    let login = sandbox.run(&["auth", "login", "--json"]);
    assert_eq!(login.error(2, "none")["code"], "usage");
    let doctor = sandbox.run(&["doctor"]).succeeds();
    assert!(doctor.stdout.contains(words), "{doctor:?}");
}

/// A token of another server goes nowhere near it.
#[test]
fn a_token_of_another_server_changes_nothing() {
    let mut sandbox = personal();
    sandbox.set("SPEC_KITTY_TOKEN", "token-of-a-team");
    sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
}

#[test]
fn only_the_user_can_choose_it() {
    let sandbox = Sandbox::with_project();
    ControlPlane::fill(&sandbox);
    sandbox.bind_tracker("linear", "web");
    let config = sandbox.read(".kittify/config.yaml");
    sandbox.write(
        ".kittify/config.yaml",
        format!("{config}sync:\n  server_url: local\nserver: local\n"),
    );
    let search = ["tracker", "search-origin", "--key", "WEB-101", "--json"];
    assert_eq!(
        sandbox.run(&search).error(4, "none")["code"],
        "auth_required"
    );
    let mut by_variable = sandbox.copy();
    by_variable.set("SPEC_KITTY_SERVER", "local");
    by_variable.run(&search).succeeds();
    sandbox
        .run(&[&search[..], &["--server", "local"]].concat())
        .succeeds();
}

#[test]
fn commands_at_once_share_the_store() {
    const PROCESSES: usize = 8;
    let sandbox = personal();
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..PROCESSES)
            .map(|_| scope.spawn(|| sandbox.run(&SPECIFY)))
            .collect();
        runs.into_iter()
            .map(|run| run.join().unwrap().answer("spec-kitty.specify/1"))
            .collect()
    });
    for answer in &answers {
        assert_eq!(answer["feature_slug"], "061-web-101");
        assert_eq!(answer["origin_link_id"], answers[0]["origin_link_id"]);
    }
}

/// Two missions that bind different tickets at once, in two processes: each mission has one winner.
#[test]
fn racing_binds_have_one_winner() {
    let sandbox = personal();
    let bind = |key: &str| {
        let bind = ["tracker", "bind-origin", "--mission", "060-search"];
        sandbox.run(&[&bind[..], &["--key", key, "--yes", "--json"]].concat())
    };
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| bind("WEB-101"));
        let two = scope.spawn(|| bind("WEB-104"));
        (one.join().unwrap(), two.join().unwrap())
    });
    let codes = [one.code, two.code];
    assert!(codes == [0, 6] || codes == [6, 0], "{one:?} {two:?}");
}

/// The same store becomes a team's.
#[test]
fn serve_takes_over_what_was_bound() {
    let sandbox = personal();
    let made = sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
    let server = ControlPlane::start(&sandbox, &[]);
    fs::remove_file(sandbox.state().join("config.toml")).unwrap();
    let url = server.url();
    let login = ["auth", "login", "--server", url, "--username", "kit"];
    sandbox
        .run_with_input(&[&login[..], &["--password-stdin"]].concat(), PASSWORD)
        .succeeds();
    let again = sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
    assert_eq!(again["origin_link_id"], made["origin_link_id"]);
}

/// The user is the host.
#[test]
fn a_project_that_is_not_mapped_needs_a_connection() {
    let sandbox = personal();
    let bind = [
        "tracker",
        "bind",
        "--provider",
        "linear",
        "--no-check",
        "--yes",
    ];
    let bind = [&bind[..], &["--project-slug", "another"]].concat();
    sandbox.run(&bind).succeeds();
    let search = ["tracker", "search-origin", "--key", "WEB-101", "--json"];
    let error = sandbox.run(&search).error(3, "none");
    assert_eq!(error["hint"], "run: spec-kitty connect linear", "{error}");
}
