//! `spec-kitty connect jira`, for Jira Cloud and Jira Data Center.

use std::fs;

use serde_json::{Value, json};

use crate::support::{IAM_PROJECT, JIRA_TOKEN, Jira, Output, Reply, Sandbox, Snapshot, jira_error};

fn connect_with(sandbox: &Sandbox, jira: &Jira, flags: &[&str], token: &str) -> Output {
    let site = jira.flags();
    let mut words = vec!["connect", "jira", "--token-stdin", "--json"];
    words.extend(site.iter().map(String::as_str));
    words.extend(flags);
    sandbox.run_with_input(&words, token)
}

fn connect(sandbox: &Sandbox, jira: &Jira, flags: &[&str]) -> Output {
    connect_with(sandbox, jira, flags, JIRA_TOKEN)
}

const IAM: [&str; 2] = ["--resource", "iam"];

fn both() -> [(Jira, &'static str); 2] {
    [
        (Jira::cloud(), "cloud"),
        (Jira::data_center(), "data_center"),
    ]
}

/// The repository is as it was, and the state directory has neither a store nor settings.
#[track_caller]
fn assert_nothing_written(sandbox: &Sandbox, before: &Snapshot) {
    before.assert_same(&sandbox.snapshot());
    for name in ["control-plane", "config.toml"] {
        assert!(!sandbox.state().join(name).exists(), "{name}");
    }
}

#[test]
fn two_commands_lead_from_a_key_to_a_mission() {
    for (jira, kind) in both() {
        let sandbox = Sandbox::with_git();
        let answer = connect(&sandbox, &jira, &IAM).answer("spec-kitty.connect/1");
        let commit = answer["commit"].as_str().unwrap();
        assert_eq!(
            answer,
            json!({
                "schema": "spec-kitty.connect/1", "result": "success", "warnings": [],
                "connection": "jira", "provider": "jira", "account": "Ada Lovelace",
                "resource": {
                    "type": "jira_project", "id": IAM_PROJECT, "key": "IAM", "name": "Identity",
                },
                "project_slug": "project", "server": "local", "commit": commit,
                "next_step": "spec-kitty specify --from-ticket IAM-123",
            })
        );
        assert_eq!(sandbox.paths_of(commit), [".kittify/config.yaml"]);
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
        let calls = jira.server.requests();
        assert!(calls.len() <= 3, "at most three calls: {calls:?}");
        for call in calls {
            assert_eq!(call.header("authorization"), Some(jira.authorization()));
        }

        let list = sandbox.run(&["admin", "connection", "list", "--json"]);
        let list = list.answer("spec-kitty.admin-connection-list/1");
        assert_eq!(list["connections"][0]["deployment"], kind);
        jira.server.forget();
        let found = sandbox.run(&["tracker", "search-origin", "log in", "--json"]);
        let found = found.answer("spec-kitty.search-origin/1");
        assert_eq!(found["candidates"][0]["external_issue_key"], "IAM-2");
        // What kind of site it is was stored.
        assert_eq!(jira.server.requests().len(), 1);
        let made = sandbox.run(&["specify", "--from-ticket", "iam-1", "--yes", "--json"]);
        let made = made.answer("spec-kitty.specify/1");
        assert_eq!(made["origin_ticket"]["external_issue_key"], "IAM-1");
        let url = format!("{}/browse/IAM-1", jira.site());
        assert_eq!(made["origin_ticket"]["external_issue_url"], url);
        let status = sandbox.run(&["tracker", "status", "--json"]);
        let status = status.answer("spec-kitty.tracker-status/1");
        assert_eq!(
            (&status["connection"], &status["resource_key"]),
            (&json!("jira"), &json!("IAM"))
        );
    }
}

#[test]
fn what_it_refuses_is_refused_before_anything_is_written() {
    for (jira, _) in both() {
        let sandbox = Sandbox::with_git();
        let before = sandbox.snapshot();
        let keys = |error: &Value| -> Vec<String> {
            let choices = error["details"]["choices"].as_array().unwrap().iter();
            choices
                .map(|it| it["key"].as_str().unwrap().to_owned())
                .collect()
        };
        let error = connect(&sandbox, &jira, &[]).error(7, "none");
        assert_eq!(error["code"], "input_required");
        assert_eq!(keys(&error), ["IAM", "OPS"]);
        let command = error["details"]["confirm_commands"][1].as_str().unwrap();
        assert!(command.ends_with("--resource OPS"), "{command}");
        let error = connect(&sandbox, &jira, &["--resource", "WEB"]).error(3, "none");
        assert_eq!(
            (&error["code"], keys(&error).len()),
            (&json!("not_found"), 2)
        );
        let error = connect_with(&sandbox, &jira, &IAM, "another key").error(2, "none");
        assert_eq!(error["code"], "usage", "two words are no key");
        let error = connect_with(&sandbox, &jira, &IAM, "another").error(5, "none");
        assert_eq!(error["code"], "tracker_credential_refused");
        let again = error["hint"].as_str().unwrap();
        assert!(again.starts_with("check the key"), "{again}");
        for (path, reply, exit, code) in [
            ("serverInfo", Reply::html(200), 8, "tracker_bad_answer"),
            ("serverInfo", Reply::Drop, 8, "tracker_unavailable"),
            (
                "serverInfo",
                Reply::redirect("https://elsewhere.example/"),
                8,
                "tracker_bad_answer",
            ),
            (
                "serverInfo",
                jira_error(429, "slow").header("retry-after", "600"),
                9,
                "tracker_rate_limited",
            ),
            (
                "serverInfo",
                jira_error(403, "not for you"),
                5,
                "tracker_forbidden",
            ),
        ] {
            jira.server
                .on(&jira.path(&format!("/rest/api/2/{path}")), reply);
            let error = connect(&sandbox, &jira, &IAM).error(exit, "none");
            assert_eq!(error["code"], code);
            let hint = error["hint"].as_str().unwrap();
            let is_about_url = hint.starts_with("check --url");
            assert_eq!(is_about_url, code == "tracker_bad_answer", "{hint}");
        }
        jira.restore();
        assert_nothing_written(&sandbox, &before);
        connect(&sandbox, &jira, &IAM).answer("spec-kitty.connect/1");
    }
}

#[test]
fn bad_arguments_reach_no_tracker() {
    let sandbox = Sandbox::with_git();
    let before = sandbox.snapshot();
    for words in [
        "connect jira --token-stdin --json",
        "connect jira --token-stdin --json --url http://jira.example.com",
        "connect jira --token-stdin --json --url https://ada:pw@jira.example.com",
        "connect jira --token-stdin --json --url https://jira.example.com --user a:b",
        "connect jira --token-stdin --json --url https://jira.example.com --name ../x",
        "connect linear --token-stdin --json --user ada@example.com",
    ] {
        let words: Vec<_> = words.split(' ').collect();
        let error = sandbox.run_with_input(&words, JIRA_TOKEN).error(2, "none");
        assert_eq!(error["code"], "usage", "{words:?}");
        assert_eq!(error["hint"], "run: spec-kitty connect --help", "{words:?}");
    }
    assert_nothing_written(&sandbox, &before);
}

#[test]
fn another_server_is_kept_and_the_command_that_replaces_it_works() {
    let (jira, sandbox) = (Jira::data_center(), Sandbox::with_git());
    sandbox.make_state();
    let settings = sandbox.state().join("config.toml");
    fs::write(&settings, "[sync]\nserver_url = \"https://a.example\"\n").unwrap();
    let before = sandbox.snapshot();
    let error = connect(&sandbox, &jira, &IAM).error(6, "none");
    assert_eq!(error["code"], "other_server");
    assert_eq!(error["details"]["server"], "https://a.example");
    before.assert_same(&sandbox.snapshot());
    assert!(!sandbox.state().join("control-plane").exists());
    assert!(jira.server.requests().is_empty());

    let hint = error["hint"].as_str().unwrap();
    let (_, command) = hint.split_once(": spec-kitty ").unwrap();
    let words: Vec<_> = command.split(' ').collect();
    assert!(command.ends_with("--server local"), "{command}");
    let answer = sandbox.run_with_input(&words, JIRA_TOKEN);
    answer.answer("spec-kitty.connect/1");
    let text = fs::read_to_string(&settings).unwrap();
    assert_eq!(text, "[sync]\nserver_url = \"local\"\n");
}

/// A connection that a project uses stays one to the same site.
#[test]
fn another_site_needs_another_name() {
    let (jira, other, sandbox) = (Jira::cloud(), Jira::data_center(), Sandbox::with_git());
    connect(&sandbox, &jira, &IAM).succeeds();
    let before = (sandbox.snapshot(), Snapshot::of(&sandbox.state()));
    let error = connect(&sandbox, &other, &IAM).error(6, "none");
    assert_eq!(error["code"], "connection_in_use");
    assert!(
        error["hint"].as_str().unwrap().contains("--name"),
        "{error}"
    );
    before.0.assert_same(&sandbox.snapshot());
    let is_store = |path: &str| path.contains("sqlite3");
    let changes = before.1.changes(&Snapshot::of(&sandbox.state()));
    assert!(changes.iter().all(|it| is_store(it)), "{changes:?}");
    let named = [&IAM[..], &["--name", "other", "--yes"]].concat();
    let answer = connect(&sandbox, &other, &named).answer("spec-kitty.connect/1");
    assert_eq!(answer["connection"], "other");
}

#[test]
fn repeating_it_rotates_the_key() {
    for (jira, _) in both() {
        let sandbox = Sandbox::with_git();
        connect(&sandbox, &jira, &IAM).succeeds();
        let commits = sandbox.commit_count();
        let again = connect(&sandbox, &jira, &[]).answer("spec-kitty.connect/1");
        assert_eq!(
            (&again["commit"], &again["resource"]["key"]),
            (&Value::Null, &json!("IAM"))
        );
        assert_eq!(sandbox.commit_count(), commits);
        let file = sandbox.state().join("control-plane/connections/jira.token");
        // A key that the site refuses does not replace the good one.
        let refused = connect_with(&sandbox, &jira, &[], "refused").error(5, "none");
        assert_eq!(refused["code"], "tracker_credential_refused");
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            format!("{JIRA_TOKEN}\n")
        );
        // The site accepts another key from now on.
        for path in [
            "/rest/api/2/serverInfo",
            "/rest/api/2/myself",
            "/rest/api/3/myself",
        ] {
            let body = json!({"deploymentType": "Cloud", "name": "ada", "displayName": "Ada"});
            jira.server.on(&jira.path(path), Reply::json(200, &body));
        }
        let projects =
            json!({"values": [{"id": IAM_PROJECT, "key": "IAM", "name": "I"}], "isLast": true});
        let path = jira.path("/rest/api/3/project/search");
        jira.server.on(&path, Reply::json(200, &projects));
        connect_with(&sandbox, &jira, &[], "another").answer("spec-kitty.connect/1");
        assert_eq!(fs::read_to_string(&file).unwrap(), "another\n");
    }
}
