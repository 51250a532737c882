//! The examples at the beginning of every `--help` are run as they are written.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::json;

use crate::help::{commands, commands_that_act};
use crate::support::{
    BIND_PATH, EVENTS_PATH, Reply, SEARCH_PATH, Sandbox, Server, TOKEN_PATH, Terminal, bind_answer,
    candidate, search_answer, verdicts,
};

/// The address in the examples.
const ADDRESS: &str = "https://control.example.com";

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
    server.on(BIND_PATH, Reply::json(200, &bind_answer()));
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
    for data in [&[][..], &["--data", "control-plane"]] {
        let add = [
            "admin",
            "user",
            "add",
            "kit",
            "--team",
            "acme",
            "--password-stdin",
        ];
        sandbox
            .run_with_input(&[&add[..], data].concat(), "correct horse\n")
            .succeeds();
    }
    sandbox
}

#[test]
fn every_example_works() {
    let server = server();
    let scene = scene(&server);
    for command in commands_that_act() {
        for example in examples(&command) {
            let line = example.replace(ADDRESS, &server.url());
            let sandbox = scene.copy();
            match command.as_str() {
                "serve" => serves(&sandbox, &line),
                "auth login" if !line.contains('<') => logs_in(&sandbox, &line),
                _ => drop(sandbox.run_line(&line).succeeds()),
            }
        }
    }
}

/// The command asks for a password on a terminal.
fn logs_in(sandbox: &Sandbox, line: &str) {
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
