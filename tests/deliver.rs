//! `--deliver`: a command that has recorded events delivers them, and never fails for that.

use serde_json::{Value, json};

use crate::support::{
    BIND, EVENTS_PATH, OTHER_UUID, Output, PROJECT_UUID, REFRESH_PATH, Reply, SPECIFY, Sandbox,
    Server, dead_url, event_ids, verdicts, write_file,
};

/// The commands that record events, and how many.
const RECORDING: [(&[&str], usize); 4] = [
    (&SPECIFY, 2),
    (&BIND, 1),
    (&["specify", "payments", "--json"], 1),
    (
        &["agent", "feature", "create-feature", "payments", "--json"],
        1,
    ),
];

fn accepting() -> Server {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.handle(EVENTS_PATH, |request| verdicts(request, |_| "success"));
    server
}

fn delivered(server: &Server) -> usize {
    let batches = server.requests_to(EVENTS_PATH);
    batches.iter().flat_map(event_ids).count()
}

fn with(command: &[&str], more: &[&str]) -> Vec<String> {
    let words = command.iter().chain(more);
    words.map(|word| (*word).to_owned()).collect()
}

fn warnings(output: &Output) -> String {
    output.clone().succeeds().json()["warnings"].to_string()
}

/// How many events wait after the command. The older document of `create-feature` does not say.
fn assert_queued(command: &[&str], output: &Output, events: usize) {
    if command[0] != "agent" {
        assert_eq!(output.json()["queued_events"], events, "{output:?}");
    }
}

#[test]
fn the_events_of_the_project_arrive_only_if_that_is_wanted() {
    for (command, events) in RECORDING {
        let server = accepting();
        let sandbox = Sandbox::ready(&server);
        sandbox.plant_events(PROJECT_UUID, &["earlier"]);
        sandbox.plant_events(OTHER_UUID, &["theirs"]);
        let without = sandbox.copy();
        let output = without.run(command).succeeds();
        assert_eq!(delivered(&server), 0, "{output:?}");
        assert_queued(command, &output, events + 1);
        let output = sandbox.run(&with(command, &["--deliver"]));
        let words = warnings(&output);
        assert!(!words.contains("not delivered"), "{words}");
        assert_queued(command, &output, 0);
        assert_eq!(delivered(&server), events + 1);
        assert_eq!(sandbox.waiting(), ["theirs"]);
    }
}

#[test]
fn the_users_settings_and_the_environment_may_want_it() {
    let rows = [
        (Some("after"), None, 1),
        (None, Some("1"), 1),
        (None, Some("0"), 0),
        (Some("after"), Some("0"), 0),
        (Some("after"), Some("false"), 0),
        (None, None, 0),
    ];
    for (setting, variable, expected) in rows {
        let server = accepting();
        let mut sandbox = Sandbox::ready(&server);
        if let Some(setting) = setting {
            let text = format!("[sync]\ndeliver = \"{setting}\"\n");
            write_file(&sandbox.state().join("config.toml"), text);
        }
        if let Some(variable) = variable {
            sandbox.set("SPEC_KITTY_DELIVER", variable);
        }
        sandbox.run(&["specify", "payments"]).succeeds();
        assert_eq!(delivered(&server), expected, "{setting:?} {variable:?}");
    }
}

#[test]
fn another_setting_is_reported_and_fails_no_mission() {
    let server = accepting();
    let sandbox = Sandbox::ready(&server);
    let config = sandbox.state().join("config.toml");
    write_file(&config, "[sync]\ndeliver = \"sometimes\"\n");
    let words = warnings(&sandbox.run(&["specify", "payments", "--json"]));
    assert!(words.contains("sync.deliver"), "{words}");
    let error = sandbox.run(&["sync", "now", "--json"]).error(10, "none");
    assert_eq!(error["code"], "config_broken");
}

#[test]
fn whatever_the_server_does_the_mission_is_made_and_the_events_wait() {
    let replies = [
        Reply::refusal(403, "forbidden", "not yours"),
        Reply::refusal(429, "slow", "slow").header("retry-after", "3000"),
        Reply::refusal(500, "internal", "oops"),
        Reply::html(200),
        Reply::Drop,
        Reply::refusal(401, "token_not_valid", "over"),
    ];
    for reply in replies {
        let server = accepting();
        server.on(EVENTS_PATH, reply);
        server.on(REFRESH_PATH, Reply::refusal(401, "token_not_valid", "over"));
        let sandbox = Sandbox::ready(&server);
        let words = warnings(&sandbox.run(&with(&SPECIFY, &["--deliver"])));
        assert!(words.contains("events not delivered: "), "{words}");
        assert!(words.contains("run: spec-kitty sync now"), "{words}");
        assert_eq!(sandbox.events().len(), 2);
        assert_eq!(sandbox.missions(), ["060-search", "061-web-123"]);
    }
}

#[test]
fn a_delivery_ends_with_the_time_of_the_command() {
    let server = accepting();
    server.on(EVENTS_PATH, Reply::Never);
    let sandbox = Sandbox::ready(&server);
    let arguments = with(
        &["specify", "payments", "--json"],
        &["--deliver", "--timeout", "2"],
    );
    let words = warnings(&sandbox.run(&arguments));
    assert!(words.contains("run: spec-kitty sync now"), "{words}");
    assert_eq!(sandbox.events().len(), 1);
}

#[test]
fn without_a_session_or_a_server_there_is_a_warning() {
    let deliver = ["specify", "payments", "--deliver", "--json"];
    let sandbox = Sandbox::with_project();
    let words = warnings(&sandbox.run(&deliver));
    assert!(words.contains("not logged in"), "{words}");
    let sandbox = Sandbox::with_project();
    sandbox.log_in(&dead_url());
    let words = warnings(&sandbox.run(&deliver));
    assert!(words.contains("cannot reach"), "{words}");
    let text = sandbox.run(&["specify", "reports", "--deliver"]).succeeds();
    assert!(
        text.stderr.contains("warning: events not delivered"),
        "{text:?}"
    );
}

#[test]
fn a_rejected_event_is_a_warning() {
    let server = accepting();
    server.handle(EVENTS_PATH, |request| verdicts(request, |_| "rejected"));
    let sandbox = Sandbox::ready(&server);
    let output = sandbox.run(&["specify", "payments", "--deliver", "--json"]);
    assert!(
        warnings(&output).contains("the server rejected 1 event"),
        "{output:?}"
    );
}

#[test]
fn a_rerun_delivers_what_an_earlier_run_could_not() {
    let server = accepting();
    let sandbox = Sandbox::ready(&server);
    sandbox.run(&SPECIFY).succeeds();
    let again = sandbox.run(&with(&SPECIFY, &["--deliver"]));
    assert_eq!(again.succeeds().json()["created"], false);
    assert_eq!(delivered(&server), 2);
    assert_eq!(sandbox.events(), [] as [Value; 0]);
}

#[test]
fn a_dry_run_and_a_failure_deliver_nothing() {
    let server = accepting();
    let sandbox = Sandbox::ready(&server);
    sandbox.plant_events(PROJECT_UUID, &["earlier"]);
    for command in [&SPECIFY[..], &BIND, &["specify", "payments", "--json"]] {
        let arguments = with(command, &["--deliver", "--dry-run"]);
        sandbox.run(&arguments).succeeds();
    }
    let taken = ["specify", "search", "--number", "60", "--deliver", "--json"];
    sandbox.run(&taken).error(6, "none");
    assert_eq!(delivered(&server), 0);
    assert_eq!(json!(sandbox.waiting()), json!(["earlier"]));
}
