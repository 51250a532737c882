//! The documents agree with the program: names, numbers, keys and files.

mod agents;
mod ci;
mod error_codes;
mod json;
mod readme;

use std::collections::BTreeSet;
use std::fs;

use crate::support::repository::{self, has_test, quoted, table};
use crate::support::{
    BIND_PATH, EVENTS_PATH, LIST_PATH, ME_PATH, ORIGIN_KEYS, REFRESH_PATH, Reply, SEARCH_PATH,
    STATUS_PATH, Sandbox, Server, TOKEN_PATH, UNBIND_PATH, candidate, search_answer,
};

/// The first column's backquoted names.
fn names<'a>(rows: &[Vec<&'a str>]) -> BTreeSet<&'a str> {
    rows.iter().flat_map(|row| quoted(row[0])).collect()
}

fn keys(document: &serde_json::Value) -> BTreeSet<&str> {
    let object = document.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

/// Every text between double quotes in a file, without comments.
fn literals(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .collect()
}

#[test]
fn the_exit_codes_are_the_documented_ones() {
    let text = repository::read("docs/exit-codes.md");
    let documented: Vec<_> = table(&text, "## Codes")
        .iter()
        .map(|row| (row[0].parse().unwrap(), row[1].to_owned()))
        .collect();
    let codes = spec_kitty::ExitCode::ALL.map(|code| (code.number(), code.meaning().to_owned()));
    assert_eq!(documented, codes);
}

#[test]
fn every_environment_variable_is_documented_and_no_other() {
    let document = repository::read("docs/environment.md");
    let mut documented = names(&table(&document, "## Variables of spec-kitty"));
    documented.extend(names(&table(&document, "## Variables that others set too")));

    let world = repository::read("src/world.rs");
    let (_, names) = world.split_once("mod names {").expect("mod names");
    let (names, _) = names.split_once("\n}").unwrap();
    assert_eq!(documented, literals(names).into_iter().collect());

    let of_tests = |path: &str| path.ends_with("tests.rs") || path.ends_with("testing.rs");
    for (path, text) in repository::rust_files("src") {
        for call in ["variable(\"", "flag(\""] {
            let is_literal = !of_tests(&path) && text.contains(call);
            assert!(!is_literal, "{path} names a variable");
        }
    }
}

#[test]
fn the_queue_has_the_documented_files_and_events_the_documented_keys() {
    let document = repository::read("docs/queue-format.md");
    let files = table(&document, "## Files");
    let source = repository::read("src/sync/queue/folder.rs");
    for constant in source.lines().filter(|line| line.contains("const ")) {
        for name in literals(constant) {
            let is_listed = names(&files).iter().any(|file| file.ends_with(name));
            assert!(is_listed, "{name} is not documented");
        }
    }

    let server = Server::with_ticket("WEB-7", "Seven");
    let mut ticket = candidate("WEB-7", "Seven", "exact");
    ticket["body"] = "Why".into();
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&[ticket])));
    let sandbox = Sandbox::ready(&server);
    sandbox
        .run(&["specify", "--from-ticket", "WEB-7", "--yes"])
        .succeeds();
    let queue = sandbox.state().join("queue");
    let folder = fs::read_dir(queue).unwrap().next().unwrap().unwrap();
    for file in fs::read_dir(folder.path()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(names(&files).contains(&*name), "{name} is not documented");
    }
    let (_, lines) = document.split_once("\n## Lines\n").unwrap();
    let events = sandbox.events();
    assert_eq!(events.len(), 2);
    for event in events {
        assert_eq!(names(&table(&document, "## Lines")), keys(&event));
        assert!(lines.contains(&format!("`{}`", event["event_type"].as_str().unwrap())));
        for key in keys(&event["payload"]) {
            assert!(lines.contains(&format!("`{key}`")), "{key}");
        }
    }
}

#[test]
fn a_mission_has_the_documented_entries_and_keys() {
    let server = Server::with_ticket("WEB-7", "Seven");
    let sandbox = Sandbox::ready(&server);
    sandbox
        .run(&["specify", "--from-ticket", "WEB-7", "--yes"])
        .succeeds();
    let document = repository::read("docs/missions.md");
    let folder = "kitty-specs/061-web-7";
    let (_, rows) = document.split_once("\n| entry |").unwrap();
    let rows = format!("\n# x\n| entry |{rows}");
    for entry in names(&table(&rows, "# x")) {
        assert!(sandbox.path(folder).join(entry).exists(), "{entry}");
    }
    let meta = sandbox.meta("061-web-7");
    assert_eq!(names(&table(&document, "## meta.json")), keys(&meta));
    assert_eq!(keys(&meta["origin_ticket"]), ORIGIN_KEYS.into());
    for key in ORIGIN_KEYS {
        assert!(document.contains(&format!("`{key}`")), "{key}");
    }
}

#[test]
fn self_hosting_names_every_path_and_flag() {
    let document = repository::read("docs/self-hosting.md");
    let paths: BTreeSet<_> = names(&table(&document, "## Requests"));
    let posts = [
        TOKEN_PATH,
        REFRESH_PATH,
        SEARCH_PATH,
        LIST_PATH,
        BIND_PATH,
        UNBIND_PATH,
        EVENTS_PATH,
    ];
    let gets = [STATUS_PATH, ME_PATH, "/healthz"];
    let mut served: Vec<_> = posts.map(|path| format!("POST {path}")).into();
    served.extend(gets.map(|path| format!("GET {path}")));
    assert_eq!(paths, served.iter().map(String::as_str).collect());

    let help = Sandbox::new().run(&["serve", "--help"]).succeeds().stdout;
    let (own, _) = help.split_once("Global options:").unwrap();
    let flags: BTreeSet<_> = own
        .split_whitespace()
        .filter(|word| word.starts_with("--") && *word != "--help")
        .collect();
    let rows = table(&document, "## For a team");
    assert_eq!(names(&rows), flags);
    let own = own.split_whitespace().collect::<Vec<_>>().join(" ");
    for default in [rows[0][1], rows[4][1]] {
        let shown = format!("[default: {}]", default.trim_matches('`'));
        assert!(own.contains(&shown), "{shown} in {own}");
    }
}

#[test]
fn every_attack_that_is_listed_has_its_test() {
    let document = repository::read("docs/reliability.md");
    let mut sources = repository::rust_files("tests");
    sources.extend(repository::rust_files("src"));
    for heading in ["### On the control plane", "### On the client"] {
        for row in table(&document, heading) {
            let tests = quoted(row[2]);
            assert!(!tests.is_empty(), "{row:?}");
            for test in tests {
                let (module, name) = test.rsplit_once("::").expect("MODULE::TEST");
                // The module `tests` of a source is in the same file.
                let module = module.strip_suffix("::tests").unwrap_or(module);
                let module = module.replace("::", "/");
                let exists = sources.iter().any(|(path, text)| {
                    path.trim_end_matches(".rs").ends_with(&module) && has_test(text, name)
                        || path.ends_with(&format!("{module}/tests.rs")) && has_test(text, name)
                });
                assert!(exists, "no test {test}");
            }
        }
    }
}
