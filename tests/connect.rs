//! `spec-kitty connect`: from an API key to a mission in two commands.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::support::{
    LINEAR_TOKEN, Output, Sandbox, Server, WEB_TEAM, linear, linear_answer, linear_error,
};

fn connect_with(sandbox: &Sandbox, tracker: &Server, flags: &[&str], token: &str) -> Output {
    let url = format!("{}/graphql", tracker.url());
    let words = [
        "connect",
        "linear",
        "--url",
        &url,
        "--token-stdin",
        "--json",
    ];
    sandbox.run_with_input(&[&words[..], flags].concat(), token)
}

pub(crate) fn connect(sandbox: &Sandbox, tracker: &Server, flags: &[&str]) -> Output {
    connect_with(sandbox, tracker, flags, LINEAR_TOKEN)
}

pub(crate) const WEB: [&str; 2] = ["--resource", "web"];

#[test]
fn two_commands_lead_from_a_key_to_a_mission() {
    let tracker = linear();
    let sandbox = Sandbox::with_git();
    let answer = connect(&sandbox, &tracker, &WEB).answer("spec-kitty.connect/1");
    let commit = answer["commit"].as_str().unwrap();
    assert_eq!(
        answer,
        json!({
            "schema": "spec-kitty.connect/1", "result": "success", "warnings": [],
            "connection": "linear", "provider": "linear", "account": "Ada Lovelace",
            "resource": {"type": "linear_team", "id": WEB_TEAM, "key": "WEB", "name": "Web"},
            "project_slug": "project", "server": "local", "commit": commit,
            "next_step": "spec-kitty specify --from-ticket WEB-123",
        })
    );
    assert_eq!(sandbox.paths_of(commit), [".kittify/config.yaml"]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert!(tracker.requests().len() <= 3, "at most three calls");
    let file = sandbox
        .state()
        .join("control-plane/connections/linear.token");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );

    let made = sandbox.run(&["specify", "--from-ticket", "WEB-1", "--yes", "--json"]);
    let made = made.answer("spec-kitty.specify/1");
    assert_eq!(made["origin_ticket"]["external_issue_key"], "WEB-1");
    assert!(made["origin_link_id"].is_string());
}

/// `connect` on a tracker that refuses the token, and what it leaves.
#[test]
fn a_refused_token_leaves_nothing() {
    let tracker = Server::start();
    tracker.handle("/graphql", |_| linear_error(401, "AUTHENTICATION_ERROR"));
    let sandbox = Sandbox::with_git();
    let before = sandbox.snapshot();
    let error = connect(&sandbox, &tracker, &WEB).error(5, "none");
    assert_eq!(error["code"], "tracker_credential_refused");
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.starts_with("check the key"), "{hint}");
    assert!(!hint.contains("admin connection"), "{hint}");
    sandbox.snapshot().assert_same(&before);
    assert!(!sandbox.state().join("control-plane").exists());
    assert!(!sandbox.state().join("config.toml").exists());
}

#[test]
fn without_a_choice_the_error_lists_the_teams() {
    let tracker = linear();
    let sandbox = Sandbox::with_git();
    let before = sandbox.snapshot();
    let error = connect(&sandbox, &tracker, &[]).error(7, "none");
    assert_eq!(error["code"], "input_required");
    let keys = |list: &Value| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|it| it["key"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(keys(&error["details"]["choices"]), ["WEB", "API"]);
    let error = connect(&sandbox, &tracker, &["--resource", "NOPE"]).error(3, "none");
    assert_eq!(keys(&error["details"]["choices"]), ["WEB", "API"]);
    sandbox.snapshot().assert_same(&before);
}

#[test]
fn another_server_is_not_replaced_silently() {
    let tracker = linear();
    let sandbox = Sandbox::with_git();
    let settings = sandbox.state().join("config.toml");
    sandbox.make_state();
    fs::write(
        &settings,
        "# work\n[sync]\nserver_url = \"https://a.example\"\n",
    )
    .unwrap();
    let error = connect(&sandbox, &tracker, &WEB).error(6, "none");
    assert_eq!(error["code"], "other_server");
    let hint = error["hint"].as_str().unwrap();
    let command = "spec-kitty connect linear --url";
    assert!(
        hint.contains(command) && hint.ends_with("--server local"),
        "{hint}"
    );
    assert!(tracker.requests().is_empty());
    let flags = [&WEB[..], &["--server", "local"]].concat();
    connect(&sandbox, &tracker, &flags).answer("spec-kitty.connect/1");
    let text = fs::read_to_string(&settings).unwrap();
    assert_eq!(text, "# work\n[sync]\nserver_url = \"local\"\n");
}

#[test]
fn repeating_it_rotates_the_key() {
    let tracker = linear();
    let sandbox = Sandbox::with_git();
    connect(&sandbox, &tracker, &WEB).succeeds();
    let commits = sandbox.commit_count();
    // The team is known from the first time.
    let again = connect_with(&sandbox, &tracker, &[], "lin_api_another");
    let again = again.answer("spec-kitty.connect/1");
    assert_eq!(
        (&again["commit"], &again["resource"]["key"]),
        (&Value::Null, &json!("WEB"))
    );
    assert_eq!(sandbox.commit_count(), commits);
    tracker.forget();
    sandbox
        .run(&["tracker", "search-origin", "--key", "WEB-1"])
        .succeeds();
    let request = &tracker.requests()[0];
    assert_eq!(request.header("authorization"), Some("lin_api_another"));
}

#[test]
fn another_team_is_asked_about_first() {
    let tracker = linear();
    let sandbox = Sandbox::with_git();
    connect(&sandbox, &tracker, &WEB).succeeds();
    let other = ["--resource", "API"];
    let error = connect(&sandbox, &tracker, &other).error(7, "none");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("Linear team WEB"),
        "{error}"
    );
    let moved = connect(&sandbox, &tracker, &[&other[..], &["--yes"]].concat());
    assert_eq!(
        moved.answer("spec-kitty.connect/1")["resource"]["key"],
        "API"
    );
}

#[test]
fn it_needs_a_repository_and_a_git_identity() {
    let tracker = linear();
    let nowhere = Sandbox::new();
    let error = connect(&nowhere, &tracker, &WEB).error(10, "none");
    assert_eq!(error["code"], "not_a_git_repository");
    let sandbox = Sandbox::with_git();
    let git_config = sandbox.root().join("gitconfig");
    fs::write(git_config, "[user]\n\tuseConfigOnly = true\n").unwrap();
    let error = connect(&sandbox, &tracker, &WEB).error(10, "none");
    assert_eq!(error["code"], "commit_identity_missing");
    assert!(tracker.requests().is_empty());
    let flags = [&WEB[..], &["--no-commit"]].concat();
    let answer = connect(&sandbox, &tracker, &flags).answer("spec-kitty.connect/1");
    assert_eq!(answer["commit"], Value::Null);
}

/// The token is in one file and in the header of requests to its tracker.
#[test]
fn the_token_is_nowhere_else() {
    let tracker = Server::start();
    tracker.handle("/graphql", linear_answer);
    let sandbox = Sandbox::with_git();
    let connected = connect(&sandbox, &tracker, &[&WEB[..], &["-vv"]].concat());
    let made = sandbox.run(&["specify", "--from-ticket", "WEB-1", "--yes", "-vv"]);
    for output in [&connected, &made] {
        assert!(!output.stdout.contains(LINEAR_TOKEN), "{output:?}");
        assert!(!output.stderr.contains(LINEAR_TOKEN), "{output:?}");
    }
    let found = sandbox.program("grep", &["-rl", LINEAR_TOKEN, "."]);
    let found = crate::support::finish(found, b"").stdout;
    assert_eq!(
        found.lines().collect::<Vec<_>>(),
        Vec::<&str>::new(),
        "in the repository"
    );
}

#[test]
fn doctor_asks_the_tracker_and_looks_at_the_file_of_the_key() {
    let tracker = linear();
    let sandbox = Sandbox::with_git();
    connect(&sandbox, &tracker, &WEB).succeeds();
    let doctor = sandbox.run(&["doctor"]).succeeds();
    assert!(
        doctor.stdout.contains("linear answers as Ada Lovelace"),
        "{doctor:?}"
    );
    let file = sandbox
        .state()
        .join("control-plane/connections/linear.token");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let doctor = sandbox.run(&["doctor"]).exits(10);
    assert!(doctor.stdout.contains("linear.token"), "{doctor:?}");
    sandbox.run(&["doctor", "--fix"]).succeeds();
    tracker.handle("/graphql", |_| linear_error(401, "AUTHENTICATION_ERROR"));
    let doctor = sandbox.run(&["doctor"]).exits(10);
    assert!(
        doctor.stdout.contains("does not accept the credential"),
        "{doctor:?}"
    );
}

/// A limit of the tracker ends by the tracker's clock.
#[test]
fn doctor_compares_the_clock_with_the_one_of_the_tracker() {
    let tracker = linear();
    let sandbox = Sandbox::with_git();
    connect(&sandbox, &tracker, &WEB).succeeds();
    for (minutes, words) in [(-10, " s ahead of "), (10, " s behind ")] {
        tracker.handle("/graphql", move |request| {
            let time = chrono::Utc::now() + chrono::Duration::minutes(minutes);
            let time = time.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            linear_answer(request).header("date", &time)
        });
        let doctor = sandbox.run(&["doctor"]).exits(10);
        assert!(doctor.stdout.contains(words), "{doctor:?}");
    }
}
