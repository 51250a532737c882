//! The credential of a live tracker is in one file and in the header of the requests to its tracker. It is
//! nowhere else: not in a database, a log, an error, a document, or the list of processes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::support::{
    ControlPlane, JIRA_TOKEN, Jira, LINEAR_TOKEN, Output, PASSWORD, Reply, Sandbox, jira_error,
    linear, linear_answer,
};

/// Everything that was seen so far.
#[derive(Default)]
struct Seen {
    texts: Vec<String>,
}

impl Seen {
    fn output(&mut self, output: &Output) {
        self.texts.push(format!("{output:?}"));
    }

    /// None of these secrets was seen, or is in a file other than the one of the credential.
    #[track_caller]
    fn assert_without(&self, sandbox: &Sandbox, log: &str, secrets: &[&str]) {
        let mut holders: Vec<PathBuf> = Vec::new();
        for secret in secrets {
            for text in self.texts.iter().map(String::as_str).chain([log]) {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
            for file in files(&sandbox.root()) {
                let bytes = fs::read(&file).unwrap_or_default();
                let mut parts = bytes.windows(secret.len());
                if parts.any(|part| part == secret.as_bytes()) {
                    holders.push(file);
                }
            }
        }
        let is_token = |file: &Path| file.extension().is_some_and(|it| it == "token");
        assert!(holders.iter().all(|file| is_token(file)), "{holders:?}");
        assert_eq!(holders.len(), 1, "{holders:?}");
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => all.extend(files(&entry.path())),
            Ok(kind) if kind.is_file() => all.push(entry.path()),
            _ => {}
        }
    }
    all
}

/// What `ps` would show now.
fn command_lines() -> String {
    let mut all = Vec::new();
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        all.extend(fs::read(process.path().join("cmdline")).unwrap_or_default());
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// The way from a key to a delivered mission, and every refusal, with `serve` and with `local`.
fn whole_way(
    sandbox: &Sandbox,
    (provider, key): (&str, &str),
    (flags, token): (&[String], &str),
    fail: impl Fn(),
) -> (Seen, String) {
    let mut seen = Seen::default();
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    let resource = key.split('-').next().unwrap();
    let mut run = |words: &[&str], input: &str| {
        for form in [&["-vv"][..], &["-vv", "--json"]] {
            let output = sandbox.run_with_input(&[words, form].concat(), input);
            seen.output(&output);
        }
    };
    let connect = ["connect", provider, "--token-stdin", "--yes"];
    let connect = [&connect[..], &["--resource", resource], &flags].concat();
    run(&connect, token);
    let ticket = ["specify", "--from-ticket", key, "--yes"];
    run(&ticket, "");
    let add = ["admin", "connection", "add", provider, "--token-stdin"];
    let add = [&add[..], &["--provider", provider], &flags].concat();
    run(&add, token);
    let user = ["admin", "user", "add", "kit", "--team", "harbour"];
    let user = [&user[..], &["--link", provider, "--password-stdin"]].concat();
    run(&user, PASSWORD);
    let server = ControlPlane::start(sandbox, &["-vv"]);
    let login = ["auth", "login", "--username", "kit", "--password-stdin"];
    let login = [&login[..], &["--server", server.url()]].concat();
    run(&login, PASSWORD);
    let places = ["local".to_owned(), server.url().to_owned()];
    let commands = [
        "tracker search-origin words",
        "tracker search-origin --key KEY",
        "ticket list",
        "ticket show KEY",
        "tracker bind-origin --mission 060-search --key KEY --yes",
        "tracker status",
        "sync now",
        "doctor",
        "admin connection list",
        "admin connection test PROVIDER",
        "admin connection resources PROVIDER",
    ];
    for round in 0..2 {
        for (place, command) in places.iter().flat_map(|it| commands.map(|c| (it, c))) {
            let command = command.replace("KEY", key).replace("PROVIDER", provider);
            let mut words: Vec<_> = command.split(' ').collect();
            words.extend(["--server", place]);
            run(&words, "");
        }
        if round == 0 {
            fail();
            run(&connect, token);
            run(&add, token);
        }
    }
    let log = server.log();
    (seen, log)
}

#[test]
fn the_key_of_linear_is_in_its_file_and_nowhere_else() {
    let tracker = linear();
    let processes = Arc::new(Mutex::new(String::new()));
    let noted = Arc::clone(&processes);
    tracker.handle("/graphql", move |request| {
        assert_eq!(request.header("authorization"), Some(LINEAR_TOKEN));
        noted.lock().unwrap().push_str(&command_lines());
        linear_answer(request)
    });
    let sandbox = Sandbox::with_project();
    let flags = ["--url".to_owned(), format!("{}/graphql", tracker.url())];
    let fail = || {
        // A tracker that repeats what it was sent.
        let message = format!("the key {LINEAR_TOKEN} is odd");
        let error = json!({"message": message, "extensions": {"code": "INVALID_INPUT"}});
        let answer = json!({"data": null, "errors": [error]});
        tracker.on("/graphql", Reply::json(200, &answer));
    };
    let (mut seen, log) = whole_way(&sandbox, ("linear", "WEB-1"), (&flags, LINEAR_TOKEN), fail);
    let processes = std::mem::take(&mut *processes.lock().unwrap());
    assert!(processes.contains("spec-kitty"), "{processes}");
    seen.texts.push(processes);
    assert!(seen.texts.iter().any(|text| text.contains("is odd")));
    seen.assert_without(&sandbox, &log, &[LINEAR_TOKEN]);
}

#[test]
fn the_key_of_jira_is_in_its_file_and_nowhere_else() {
    let jira = Jira::cloud();
    let sandbox = Sandbox::with_project();
    let basic = jira.authorization().trim_start_matches("Basic ");
    let fail = || {
        let message = format!("the key {JIRA_TOKEN} or {basic} is odd");
        jira.fail(&jira_error(400, &message));
        let path = "/rest/api/3/myself";
        jira.server.on(path, jira_error(403, &message));
    };
    let (seen, log) = whole_way(
        &sandbox,
        ("jira", "IAM-1"),
        (&jira.flags(), JIRA_TOKEN),
        fail,
    );
    assert!(seen.texts.iter().any(|text| text.contains("is odd")));
    seen.assert_without(&sandbox, &log, &[JIRA_TOKEN, basic]);
}
