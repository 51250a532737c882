//! `spec-kitty tracker status`.

use serde_json::{Value, json};

use crate::support::{ACCESS_TOKEN, PROJECT_UUID, Sandbox, Server, dead_url, write_file};

const STATUS: [&str; 3] = ["tracker", "status", "--json"];
const SCHEMA: &str = "spec-kitty.tracker-status/1";

/// Puts an event of this age into the queue.
fn queue_event(sandbox: &Sandbox, age: chrono::Duration) {
    sandbox.make_state();
    let time = (chrono::Utc::now() - age).to_rfc3339();
    let event = json!({"event_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "timestamp": time});
    let path = sandbox
        .state()
        .join("queue")
        .join(PROJECT_UUID)
        .join("active.v1.jsonl");
    write_file(&path, format!("{event}\n"));
}

#[test]
fn shows_binding_server_session_and_queue_without_the_network() {
    let sandbox = Sandbox::with_project();
    sandbox.bind_tracker("linear", "web");
    // No server listens there: any request would fail.
    sandbox.log_in(&dead_url());
    queue_event(&sandbox, chrono::Duration::minutes(5));
    let before = sandbox.snapshot();
    let output = sandbox.run(&STATUS);
    let answer = output.answer(SCHEMA);
    for (key, expected) in [
        ("bound", Value::from(true)),
        ("provider", "linear".into()),
        ("project_slug", "web".into()),
        ("origin_supported", true.into()),
        ("server_source", "credentials".into()),
        ("logged_in", true.into()),
        ("username", "kit".into()),
        ("team_slug", "acme".into()),
        ("pending", 1.into()),
        ("dead", 0.into()),
        ("warnings", json!([])),
    ] {
        assert_eq!(answer[key], expected, "{key} in {answer}");
    }
    assert!(!output.stdout.contains(ACCESS_TOKEN));
    before.assert_same(&sandbox.snapshot());

    let text = sandbox.run(&["tracker", "status"]).succeeds();
    assert_eq!(text.stderr, "");
    for line in [
        "tracker\tlinear",
        "project\tweb",
        "user\tkit",
        "queue\t1 event queued",
    ] {
        assert!(
            text.stdout.lines().any(|l| l == line),
            "{line} in {}",
            text.stdout
        );
    }
}

#[test]
fn a_project_without_anything_is_no_error() {
    let sandbox = Sandbox::with_project();
    let answer = sandbox.run(&STATUS).answer(SCHEMA);
    assert_eq!(answer["bound"], false);
    assert_eq!(answer["provider"], Value::Null);
    assert_eq!(answer["server"], Value::Null);
    assert_eq!(answer["logged_in"], false);
    assert_eq!(answer["pending"], 0);
    let text = sandbox.run(&["tracker", "status"]).succeeds();
    assert!(text.stdout.contains("spec-kitty tracker bind"), "{text:?}");
    assert!(text.stdout.contains("spec-kitty auth login"), "{text:?}");
    assert!(!sandbox.state().exists(), "it only reads");
}

#[test]
fn events_older_than_a_day_are_mentioned_in_one_line() {
    let sandbox = Sandbox::with_project();
    queue_event(&sandbox, chrono::Duration::days(3));
    let answer = sandbox.run(&STATUS).answer(SCHEMA);
    let warnings = answer["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1, "{answer}");
    let warning = warnings[0]["message"].as_str().unwrap();
    assert!(warning.contains("spec-kitty sync now"), "{warning}");
    assert_eq!(warning.lines().count(), 1);
    let text = sandbox.run(&["tracker", "status"]).succeeds();
    assert_eq!(text.stderr, format!("warning: {warning}\n"));
}

#[test]
fn a_provider_without_origin_support_is_shown_with_a_warning() {
    let sandbox = Sandbox::with_project();
    sandbox.bind_tracker("liner", "web");
    let answer = sandbox.run(&STATUS).answer(SCHEMA);
    assert_eq!(answer["bound"], true);
    assert_eq!(answer["provider"], "liner");
    assert_eq!(answer["origin_supported"], false);
    let warning = answer["warnings"][0]["message"].as_str().unwrap();
    assert!(warning.contains("did you mean linear?"), "{warning}");
}

#[test]
fn a_session_of_another_server_does_not_count() {
    let server = Server::start();
    let sandbox = Sandbox::ready(&server);
    let mut arguments = STATUS.to_vec();
    arguments.extend(["--server", "https://other.example"]);
    let answer = sandbox.run(&arguments).answer(SCHEMA);
    assert_eq!(answer["logged_in"], false);
    assert_eq!(answer["standing"], "other_server");
    assert_eq!(answer["server_source"], "--server");
}

#[test]
fn a_binding_without_a_project_is_a_broken_configuration() {
    let sandbox = Sandbox::with_project();
    sandbox.write(".kittify/config.yaml", "tracker: {provider: jira}\n");
    let error = sandbox.run(&STATUS).error(10, "none");
    assert_eq!(error["code"], "config_invalid");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("tracker.project_slug"), "{message}");
}

#[test]
fn escape_sequences_of_the_configuration_never_reach_a_terminal() {
    let sandbox = Sandbox::with_project();
    sandbox.write(
        ".kittify/config.yaml",
        "tracker: {provider: \"jira\\e[31m\", project_slug: \"a\\e]0;x\\ab\\u202e\"}\n",
    );
    let text = sandbox.run(&["tracker", "status"]).succeeds();
    for output in [&text.stdout, &text.stderr] {
        assert!(
            !output.contains(['\u{1b}', '\u{7}', '\u{202e}']),
            "{text:?}"
        );
    }
    let answer = sandbox.run(&STATUS).answer(SCHEMA);
    assert_eq!(answer["provider"], "jira\u{1b}[31m");
}
