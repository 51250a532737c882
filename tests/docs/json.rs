//! `docs/json.md` lists every document with its keys, as a walk through all commands shows them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use super::{literals, names};
use crate::support::repository;
use crate::support::{
    BIND_PATH, ControlPlane, EVENTS_PATH, LINEAR_TOKEN, LIST_PATH, Output, Reply, Sandbox, Server,
    UNBIND_PATH, linear,
};

/// Keys of every document.
const COMMON: [&str; 3] = ["result", "schema", "warnings"];

/// Documented keys by schema.
fn documented(document: &str) -> BTreeMap<String, BTreeSet<String>> {
    let headings = document
        .lines()
        .filter_map(|line| line.strip_prefix("### "));
    headings
        .map(|schema| {
            let rows = repository::table(document, &format!("### {schema}"));
            let keys = names(&rows).into_iter().map(str::to_owned).collect();
            (schema.to_owned(), keys)
        })
        .collect()
}

#[test]
fn every_schema_in_the_sources_is_documented_and_no_other() {
    let document = repository::read("docs/json.md");
    let mut coded = BTreeSet::new();
    for (_, text) in repository::rust_files("src") {
        let schema = |word: &&str| word.starts_with("spec-kitty.") && word.contains('/');
        coded.extend(
            literals(&text)
                .into_iter()
                .filter(schema)
                .map(str::to_owned),
        );
    }
    let documented: BTreeSet<_> = documented(&document).into_keys().collect();
    assert_eq!(documented, coded);
}

#[test]
fn documents_have_the_documented_keys() {
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for document in walk() {
        let keys = document.as_object().unwrap().keys().cloned();
        let schema = document["schema"].as_str().unwrap().to_owned();
        let keys = keys.filter(|key| !COMMON.contains(&key.as_str()));
        seen.entry(schema).or_default().extend(keys);
    }
    let documented = documented(&repository::read("docs/json.md"));
    for (schema, keys) in &documented {
        assert_eq!(seen.get(schema), Some(keys), "{schema}");
    }
    assert_eq!(seen.len(), documented.len(), "{:?}", seen.keys());
}

/// The files are what the program prints. After an intended change: `just renew`, then read the
/// difference.
#[test]
fn every_document_has_its_schema_in_a_file() {
    let sandbox = Sandbox::new();
    // As text, which needs no schema to be checked.
    let names = sandbox.run(&["schema"]).succeeds().stdout;
    let mut files = BTreeMap::new();
    for name in names.lines() {
        let printed = sandbox.run(&["schema", name]).succeeds().stdout;
        let schema: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(schema["title"], name);
        let short = name
            .strip_prefix("spec-kitty.")
            .unwrap()
            .strip_suffix("/1")
            .unwrap();
        assert_eq!(sandbox.run(&["schema", short]).succeeds().stdout, printed);
        files.insert(format!("docs/schemas/{short}.json"), printed);
    }
    if std::env::var_os("RENEW_SNAPSHOTS").is_some() {
        let folder = repository::path("docs/schemas");
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir(folder).unwrap();
        for (path, text) in &files {
            std::fs::write(repository::path(path), text).unwrap();
        }
    }
    let kept: BTreeMap<_, _> = repository::files("docs/schemas", "json")
        .into_iter()
        .collect();
    for (path, printed) in &files {
        assert!(
            kept.get(path) == Some(printed),
            "{path} is not what `schema` prints: `just renew`"
        );
    }
    assert_eq!(kept.len(), files.len(), "{:?}", kept.keys());
}

#[test]
fn every_schema_has_the_documented_keys() {
    let sandbox = Sandbox::new();
    for (name, keys) in documented(&repository::read("docs/json.md")) {
        let schema = sandbox.run(&["schema", &name]).succeeds().stdout;
        let schema: Value = serde_json::from_str(&schema).unwrap();
        let properties = schema["properties"].as_object().unwrap().keys().cloned();
        let own: BTreeSet<_> = properties
            .filter(|key| !COMMON.contains(&key.as_str()))
            .collect();
        assert_eq!(own, keys, "{name}");
    }
}

#[test]
fn an_error_has_the_documented_keys() {
    let document = repository::read("docs/json.md");
    let rows = repository::table(&document, "The keys of `error`:");
    let error = Sandbox::new()
        .run(&["--json", "no-such-command"])
        .error(2, "none");
    assert_eq!(names(&rows), super::keys(&error));
}

/// One document of every command, and of each form that has keys of its own.
fn walk() -> Vec<Value> {
    let server = Server::with_any_ticket();
    let list = json!({"tickets": []});
    server.on(LIST_PATH, Reply::json(200, &list));
    let project = Sandbox::with_git();
    let mut documents: Vec<_> = [
        vec!["init"],
        vec![
            "tracker",
            "bind",
            "--provider",
            "linear",
            "--project-slug",
            "web",
        ],
        vec!["tracker", "providers"],
        vec!["specify", "user-auth", "--dry-run"],
        vec!["specify", "user-auth"],
        vec!["specify", "payments", "--branch"],
        vec!["agent", "feature", "create-feature", "reports"],
        vec!["mission", "discard", "reports", "--yes"],
        vec!["auth", "status"],
        vec!["completions", "bash"],
        vec!["man"],
        vec!["schema"],
        vec!["skill"],
        vec!["commands"],
        vec!["doctor"],
        vec!["demo"],
        vec!["--help"],
        vec!["--version"],
        vec!["no-such-command"],
    ]
    .iter()
    .map(|words| run(&project, words))
    .collect();

    let login = ["auth", "login", "--with-token", "--server", &server.url()];
    let login = [&login[..], &["--team", "acme", "--json"]].concat();
    documents.push(project.run_with_input(&login, "a-token\n").json());
    let ticket = ["specify", "--from-ticket", "WEB-7"];
    let bind = ["tracker", "bind-origin", "--mission", "1", "--key", "WEB-8"];
    for words in [
        &["tracker", "search-origin", "WEB-7"][..],
        &["ticket", "list"],
        &["ticket", "show", "WEB-7"],
        &[&ticket[..], &["--dry-run"]].concat(),
        &[&ticket[..], &["--yes"]].concat(),
        &[&bind[..], &["--dry-run"]].concat(),
        &[&bind[..], &["--yes"]].concat(),
        &["mission", "list"],
        &["mission", "show", "web-7"],
        &["mission", "open", "web-7"],
        &["tracker", "status"],
        &["sync", "status"],
        &["sync", "list"],
        &["sync", "retry"],
    ] {
        documents.push(run(&project, words));
    }
    server.on(UNBIND_PATH, Reply::json(200, &json!({"unbound": true})));
    let unbind = ["tracker", "unbind-origin", "--mission", "1", "--yes"];
    documents.push(run(&project, &unbind));
    server.handle(EVENTS_PATH, |request| {
        let batch = request.json();
        let taken = batch["events"].as_array().unwrap().iter();
        let results: Vec<_> = taken
            .map(|event| json!({"event_id": event["event_id"], "status": "success"}))
            .collect();
        Reply::json(200, &json!({"results": results}))
    });
    for words in [
        &["sync", "now"][..],
        &["tracker", "unbind"],
        &["auth", "logout"],
    ] {
        documents.push(run(&project, words));
    }
    documents.extend(control_plane(&project));
    documents.extend(repairs());
    documents.extend(connections());
    documents.push(connected());
    documents
}

fn run(project: &Sandbox, words: &[&str]) -> Value {
    project.run(&[words, &["--json"]].concat()).json()
}

fn control_plane(project: &Sandbox) -> Vec<Value> {
    let data = project.root().join("data");
    let data = data.to_str().unwrap();
    let tickets = repository::path("assets/sample-tickets.json");
    let map = ["admin", "project", "map", "web", "--provider", "linear"];
    let resource = ["--resource-type", "linear_team", "--resource-id", "T1"];
    let admin = |words: &[&str], input: &str| -> Output {
        project.run_with_input(&[words, &["--data", data, "--json"]].concat(), input)
    };
    let user = ["admin", "user", "add", "ada", "--team", "acme"];
    let mut documents = vec![
        admin(
            &[&user[..], &["--password-stdin"]].concat(),
            "correct horse\n",
        )
        .json(),
        admin(&[&map[..], &resource[..]].concat(), "").json(),
        admin(
            &["admin", "tickets", "import", tickets.to_str().unwrap()],
            "",
        )
        .json(),
        admin(&["admin", "status"], "").json(),
    ];
    let mut serving = project
        .command(&["serve", "--json", "--listen", "127.0.0.1:0", "--data", data])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let read = BufReader::new(serving.stdout.take().unwrap()).read_line(&mut line);
    serving.kill().unwrap();
    serving.wait().unwrap();
    read.unwrap();
    documents.push(serde_json::from_str(&line).unwrap());
    documents
}

/// A repository that is connected to a fake tracker.
fn connected() -> Value {
    let (sandbox, tracker) = (Sandbox::with_git(), linear());
    let url = format!("{}/graphql", tracker.url());
    let connect = ["connect", "linear", "--url", &url, "--resource", "WEB"];
    let connect = [&connect[..], &["--token-stdin", "--json"]].concat();
    sandbox.run_with_input(&connect, LINEAR_TOKEN).json()
}

/// A connection to a fake tracker.
fn connections() -> Vec<Value> {
    let (sandbox, tracker) = (Sandbox::new(), Server::start());
    let page = json!({"nodes": [], "pageInfo": {"hasNextPage": false}});
    let viewer = json!({"id": "1", "name": "Ada"});
    let data = json!({"data": {"viewer": viewer, "teams": page}});
    tracker.on("/", Reply::json(200, &data));
    let add = format!(
        "admin connection add work --provider linear --url {} --token-stdin --json",
        tracker.url()
    );
    let add: Vec<_> = add.split(' ').collect();
    let mut documents = vec![sandbox.run_with_input(&add, "a-token").json()];
    for verb in ["list", "test work", "resources work", "remove work --yes"] {
        let line = format!("admin connection {verb}");
        documents.push(run(&sandbox, &line.split(' ').collect::<Vec<_>>()));
    }
    documents
}

/// The verbs that list and repair what a running control plane holds.
fn repairs() -> Vec<Value> {
    let sandbox = Sandbox::new();
    ControlPlane::fill(&sandbox);
    ControlPlane::import_numbered(&sandbox, 1);
    let server = ControlPlane::start(&sandbox, &[]);
    let (access, _) = server.log_in();
    let body = json!({
        "provider": "linear", "project_slug": "web", "mission_id": "061-web",
        "external_issue_id": "1", "external_issue_key": "WEB-1", "external_title": "T",
        "external_issue_url": "https://linear.app/x", "external_status": "",
    });
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", &*bearer), ("idempotency-key", "a")];
    let bound = server.post(BIND_PATH, &headers, &body);
    let origin = bound.is_ok()["origin_link_id"].as_str().unwrap();
    let create = "token create --user kit --team harbour --name ci";
    let lines = [
        "user list",
        "user link kit jira",
        "user unlink kit jira",
        "project list",
        "origin list",
        "session list",
        "session revoke 1 --yes",
        create,
        "token list",
        "token revoke 2 --yes",
        &format!("origin remove {origin} --yes"),
        "project unmap web --yes",
        "user remove kit --yes",
    ];
    let mut documents: Vec<_> = lines
        .map(|line| {
            run(
                &sandbox,
                &format!("admin {line}").split(' ').collect::<Vec<_>>(),
            )
        })
        .into();
    ControlPlane::add_user(&sandbox, "ada", "acme", "jira");
    let passwd = [
        "admin",
        "user",
        "passwd",
        "ada",
        "--password-stdin",
        "--json",
    ];
    documents.push(sandbox.run_with_input(&passwd, "correct horse").json());
    documents
}
