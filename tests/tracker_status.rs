//! `spec-kitty tracker status`.

use serde_json::{Value, json};

use crate::support::{
    ACCESS_TOKEN, ControlPlane, LINEAR_TOKEN, PASSWORD, PROJECT_UUID, Reply, STATUS_PATH, Sandbox,
    Server, dead_url, linear, write_file,
};

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

/// What `tracker status` says about the connection.
fn connection(sandbox: &Sandbox) -> (Value, Value) {
    let answer = sandbox.run(&STATUS).answer(SCHEMA);
    (answer["connection"].clone(), answer["resource_key"].clone())
}

/// Older servers, other servers, and those that fail tell nothing, and that is no error.
#[test]
fn the_connection_is_shown_if_the_server_tells_it() {
    let server = Server::start();
    let sandbox = Sandbox::ready(&server);
    let project = |more: Value| {
        let mut project = json!({"project_slug": "web", "provider": "linear"});
        let more = more.as_object().unwrap().clone();
        project.as_object_mut().unwrap().extend(more);
        Reply::json(200, &json!({"bindings": [project]}))
    };
    let unknown = (Value::Null, Value::Null);
    for (reply, expected) in [
        (
            project(json!({"connection": "work", "resource_key": "WEB"})),
            (json!("work"), json!("WEB")),
        ),
        (
            project(json!({"connection": "work"})),
            (json!("work"), Value::Null),
        ),
        (project(json!({"connection": 7})), unknown.clone()),
        (project(json!({})), unknown.clone()),
        (Reply::json(200, &json!({"bindings": []})), unknown.clone()),
        (Reply::html(200), unknown.clone()),
        (Reply::html(500), unknown.clone()),
        (
            Reply::refusal(404, "no_such_path", "no such path"),
            unknown.clone(),
        ),
        (Reply::Drop, unknown),
    ] {
        server.on(STATUS_PATH, reply);
        assert_eq!(connection(&sandbox), expected);
    }
    assert_eq!(server.requests().len(), 9, "each is asked once");
}

#[test]
fn the_connection_of_the_personal_control_plane_is_shown() {
    let tracker = linear();
    let sandbox = Sandbox::with_project();
    let url = format!("{}/graphql", tracker.url());
    let connect = ["connect", "linear", "--token-stdin", "--resource", "WEB"];
    let connect = [&connect[..], &["--url", &url, "--name", "work"]].concat();
    sandbox.run_with_input(&connect, LINEAR_TOKEN).succeeds();
    tracker.forget();
    assert_eq!(connection(&sandbox), (json!("work"), json!("WEB")));
    let text = sandbox.run(&["tracker", "status"]).succeeds();
    let line = "connection\twork (WEB)";
    assert!(text.stdout.lines().any(|it| it == line), "{text:?}");
    assert!(tracker.requests().is_empty(), "only the store is asked");
}

#[test]
fn a_personal_control_plane_without_a_store_gets_none() {
    let sandbox = Sandbox::with_project();
    sandbox.bind_tracker("linear", "web");
    let mut status = STATUS.to_vec();
    status.extend(["--server", "local"]);
    let answer = sandbox.run(&status).answer(SCHEMA);
    assert_eq!(answer["connection"], Value::Null);
    assert!(!sandbox.state().exists(), "it only reads");
}

#[test]
fn serve_tells_its_connection() {
    let tracker = linear();
    let sandbox = Sandbox::with_project();
    let url = format!("{}/graphql", tracker.url());
    let add = ["admin", "connection", "add", "work", "--token-stdin"];
    let add = [&add[..], &["--provider", "linear", "--url", &url]].concat();
    sandbox.run_with_input(&add, LINEAR_TOKEN).succeeds();
    let map = ["admin", "project", "map", "web", "--connection", "work"];
    sandbox
        .run(&[&map[..], &["--resource", "WEB"]].concat())
        .succeeds();
    ControlPlane::add_user(&sandbox, "kit", "harbour", "linear");
    let server = ControlPlane::start(&sandbox, &[]);
    let login = ["auth", "login", "--username", "kit", "--password-stdin"];
    let login = [&login[..], &["--server", server.url()]].concat();
    sandbox.run_with_input(&login, PASSWORD).succeeds();
    sandbox.bind_tracker("linear", "web");
    assert_eq!(connection(&sandbox), (json!("work"), json!("WEB")));
}
