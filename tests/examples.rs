//! The examples at the beginning of every `--help` are run as they are written.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::json;

use crate::help::{commands, commands_that_act};
use crate::support::{
    BIND_PATH, ControlPlane, EVENTS_PATH, LIST_PATH, Reply, SEARCH_PATH, Sandbox, Server,
    TOKEN_PATH, Terminal, UNBIND_PATH, bind_answer, candidate, linear_answer, search_answer,
    verdicts,
};

/// The address in the examples.
const ADDRESS: &str = "https://control.example.com";
/// The id of an origin in the examples.
const ORIGIN: &str = "5f0c9a52-7f7e-4c0e-9a43-1d2f3b4c5d6e";

fn examples(command: &str) -> Vec<String> {
    let mut words: Vec<_> = command.split_whitespace().collect();
    words.push("--help");
    let help = Sandbox::new().run(&words).succeeds().stdout;
    let examples = help.strip_prefix("Examples:\n");
    let examples = examples.unwrap_or_else(|| panic!("{command} begins with no examples"));
    let lines = examples.lines().take_while(|line| !line.is_empty());
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn every_help_begins_with_two_or_three_examples() {
    for command in commands() {
        let command = command.join(" ");
        let own = examples(&command);
        // A group shows those of its commands, of which some have only one.
        let fewest = if commands_that_act().contains(&command) {
            2
        } else {
            1
        };
        assert!((fewest..=3).contains(&own.len()), "{command}: {own:?}");
        for example in own {
            let words: Vec<_> = example.split_whitespace().collect();
            assert!(words.starts_with(&["spec-kitty"]), "{example}");
        }
        let short = [command.split_whitespace().collect(), vec!["-h"]].concat();
        let short = Sandbox::new().run(&short).succeeds().stdout;
        assert!(
            !short.contains("Examples:") && !short.contains("--no-input"),
            "{short}"
        );
    }
}

/// A server that knows every ticket, by its key and by words.
fn server() -> Server {
    let server = Server::start();
    server.handle(SEARCH_PATH, |request| {
        let request = request.json();
        let key = request["query_key"]
            .as_str()
            .unwrap_or("WEB-124")
            .to_uppercase();
        let ticket = candidate(&key, &format!("Ticket {key}"), "exact");
        Reply::json(200, &search_answer(&[ticket]))
    });
    let list = json!({
        "tickets": [candidate("WEB-124", "Passkeys", "text")], "resource_type": "linear_team",
        "resource_id": "team-web",
    });
    server.on(LIST_PATH, Reply::json(200, &list));
    server.on(BIND_PATH, Reply::json(200, &bind_answer()));
    server.on(UNBIND_PATH, Reply::json(200, &json!({"unbound": true})));
    server.handle("/graphql", linear_answer);
    server.handle(EVENTS_PATH, |request| verdicts(request, |_| "success"));
    server.on(
        TOKEN_PATH,
        Reply::json(200, &json!({"access": "a-token", "refresh": "r-token"})),
    );
    server
}

/// A project with the missions `060-search` and `061-web-123`, and all files that an example reads.
fn scene(server: &Server) -> Sandbox {
    let sandbox = Sandbox::ready(server);
    let start = ["specify", "--from-ticket", "WEB-123", "--yes"];
    sandbox.run(&start).succeeds();
    sandbox.write("token.txt", "a-token\n");
    sandbox.write("password.txt", "correct horse\n");
    let ticket = json!([{
        "provider": "linear", "resource_type": "linear_team", "resource_id": "TEAM-1",
        "external_issue_id": "9f1c", "external_issue_key": "WEB-125", "title": "Passkeys",
        "status": "Todo", "url": "https://linear.app/acme/issue/WEB-125",
    }]);
    sandbox.write("tickets.json", ticket.to_string());
    let found = ["tracker", "search-origin", "WEB-124", "--json"];
    sandbox.write("ticket.json", sandbox.run(&found).succeeds().stdout);
    let web_app = ["init", "--quiet", "web-app"];
    sandbox.git(&web_app);
    sandbox
}

/// Fills the store of [`scene`]: a session, a bound mission, a token and a connection. Returns the id
/// of the bound mission's origin.
fn fill_store(sandbox: &Sandbox, server: &Server) -> String {
    ControlPlane::fill(sandbox);
    ControlPlane::import_numbered(sandbox, 1);
    let running = ControlPlane::start(sandbox, &[]);
    let (access, _) = running.log_in();
    let bind = json!({
        "provider": "linear", "project_slug": "web", "mission_id": "001-a",
        "mission_slug": "001-a", "repository": "acme/web", "external_issue_id": "1",
        "external_issue_key": "WEB-1", "external_issue_url": "https://linear.app/x",
        "external_title": "T", "external_status": "",
    });
    let access = format!("Bearer {access}");
    let headers = [("authorization", &*access), ("idempotency-key", "key")];
    let bound = running.post(BIND_PATH, &headers, &bind);
    let origin = bound.is_ok()["origin_link_id"].as_str().unwrap().to_owned();
    running.stop();
    let admin = |words: &[&str], input: &str| {
        let words = [&["admin"], words].concat();
        sandbox.run_with_input(&words, input).succeeds()
    };
    let token = [
        "token", "create", "--user", "kit", "--team", "harbour", "--name", "ci",
    ];
    admin(&token, "");
    let url = format!("{}/graphql", server.url());
    let add = [
        "connection",
        "add",
        "work",
        "--provider",
        "linear",
        "--token-stdin",
    ];
    admin(&[&add[..], &["--url", &url]].concat(), "a-token");
    let add = [
        "user",
        "add",
        "kit",
        "--team",
        "harbour",
        "--password-stdin",
    ];
    admin(
        &[&add[..], &["--data", "control-plane"]].concat(),
        "correct horse\n",
    );
    origin
}

#[test]
fn every_example_works() {
    let server = server();
    let scene = scene(&server);
    let origin = fill_store(&scene, &server);
    for command in commands_that_act() {
        for example in examples(&command) {
            let line = example
                .replace(ADDRESS, &server.url())
                .replace(ORIGIN, &origin);
            let sandbox = scene.copy();
            match command.as_str() {
                "serve" => serves(&sandbox, &line),
                "connect" => connects(&server, &line),
                "auth login" if !line.contains('<') => types_secret(&sandbox, &line),
                _ => drop(sandbox.run_line(&line).succeeds()),
            }
        }
    }
}

/// A repository that uses no other server, and the fake tracker instead of Linear.
fn connects(server: &Server, line: &str) {
    let sandbox = Sandbox::with_git();
    sandbox.write("token.txt", "a-token\n");
    let url = format!("connect linear --url {}/graphql", server.url());
    let line = line.replace("connect linear", &url);
    if line.contains('<') {
        drop(sandbox.run_line(&line).succeeds());
    } else {
        types_secret(&sandbox, &line);
    }
}

/// The command asks for a password or a key on a terminal.
fn types_secret(sandbox: &Sandbox, line: &str) {
    let words: Vec<_> = line.split_whitespace().skip(1).collect();
    let mut terminal = Terminal::start(sandbox.command(&words));
    terminal.wait_for_hidden_input();
    terminal.type_text("secret\n");
    assert_eq!(terminal.finish(), 0, "{line}: {}", terminal.screen());
}

/// The server says where it listens, and is ended.
fn serves(sandbox: &Sandbox, line: &str) {
    let words: Vec<_> = line.split_whitespace().skip(1).collect();
    let mut command = sandbox.command(&words);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = command.spawn().unwrap();
    let mut said = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut said)
        .unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(
        said.starts_with("listening on http://127.0.0.1:"),
        "{line}: {said}"
    );
}
