//! `docs/ci.md`: the commands for a token, and the script of each example in a checkout without a
//! home, against `serve`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::repository;
use crate::support::{ControlPlane, LINEAR_TEAM, Output, PASSWORD, Sandbox, binary, finish};

/// The section below a heading.
fn section<'a>(document: &'a str, heading: &str) -> &'a str {
    let start = format!("\n## {heading}\n");
    let (_, rest) = document.split_once(&start).expect(heading);
    rest.split("\n## ").next().unwrap()
}

/// The lines below `key` that begin with its further indentation, without it.
fn block(section: &str, key: &str, indentation: &str) -> String {
    let (_, rest) = section.split_once(&format!("{key}\n")).expect(key);
    let lines = rest
        .lines()
        .map_while(|line| line.strip_prefix(indentation));
    lines.map(|line| line.to_owned() + "\n").collect()
}

/// A host with a control plane, a project on a remote, and the token that the document creates.
struct Scene {
    host: Sandbox,
    server: ControlPlane,
    token: String,
}

impl Scene {
    fn new(document: &str) -> Self {
        let host = Sandbox::with_git();
        let server = ControlPlane::filled(&host);
        host.run(&["init"]).succeeds();
        host.bind_tracker("linear", "web");
        host.commit_all("Bind the project to its tracker");
        let remote = host.root().join("remote.git");
        host.git(&["clone", "--quiet", "--bare", ".", remote.to_str().unwrap()]);
        let mut token = String::new();
        for line in section(document, "A token for CI").lines() {
            let Some(line) = line.strip_prefix("$ spec-kitty ") else {
                continue;
            };
            let words: Vec<_> = line.split(' ').collect();
            let more: &[&str] = match words[1] {
                "user" => &["--password-stdin", "--json"],
                _ => &["--json"],
            };
            let output = host.run_with_input(&[&words[..], more].concat(), PASSWORD);
            let answer = output.succeeds().json();
            token += answer["token"].as_str().unwrap_or_default();
        }
        Self {
            host,
            server,
            token,
        }
    }

    /// A fresh clone, as a CI system makes it.
    fn checkout(&self, detached: bool) -> PathBuf {
        let checkout = self.host.root().join("checkout");
        let path = checkout.to_str().unwrap();
        self.host.git(&["clone", "--quiet", "../remote.git", path]);
        if detached {
            self.host
                .git(&["-C", path, "checkout", "--quiet", "--detach"]);
        }
        checkout
    }

    /// Runs a script in the environment of a job: no home, no git configuration.
    fn run(&self, script: &str, checkout: &Path) -> Output {
        let mut command = self
            .host
            .program("bash", &["-eo", "pipefail", "-c", script]);
        for name in ["HOME", "SPEC_KITTY_HOME", "GIT_CONFIG_GLOBAL"] {
            command.env_remove(name);
        }
        let folder = Path::new(binary()).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        command
            .current_dir(checkout)
            .env("PATH", format!("{}:{path}", folder.display()))
            .env("CI", "true")
            .env("SPEC_KITTY_SERVER", self.server.url())
            .env("SPEC_KITTY_TOKEN", &self.token)
            .env("SPEC_KITTY_TEAM", "acme")
            .env("TICKET", "WEB-123")
            .env("PUSH_URL", "../remote.git");
        finish(command, b"")
    }
}

fn works(heading: &str, key: &str, indentation: &str, detached: bool) {
    let document = repository::read("docs/ci.md");
    let example = section(&document, heading);
    for name in [
        "SPEC_KITTY_SERVER",
        "SPEC_KITTY_TOKEN",
        "SPEC_KITTY_TEAM",
        "TICKET",
    ] {
        assert!(example.contains(name), "{name}");
    }
    let script = block(example, key, indentation);
    let script = script.lines().map(|line| line.trim_start_matches("- "));
    let script = script.collect::<Vec<_>>().join("\n");
    let scene = Scene::new(&document);
    let output = scene.run(&script, &scene.checkout(detached)).succeeds();
    assert!(!format!("{output:?}").contains(&scene.token));
    let answer: Value = serde_json::from_str(output.stdout.trim()).unwrap();
    assert_eq!(answer["created"], true, "{output:?}");
    assert_eq!(answer["warnings"], json!([]), "{output:?}");

    let host = &scene.host;
    let branch = answer["current_branch"].as_str().unwrap();
    assert_eq!(branch, "001-web-123");
    let meta = format!("{branch}:kitty-specs/001-web-123/meta.json");
    let pushed = host.git(&["--git-dir", "../remote.git", "show", &meta]);
    let pushed: Value = serde_json::from_str(&pushed).unwrap();
    assert_eq!(pushed["origin_ticket"]["external_issue_key"], "WEB-123");
    assert_eq!(pushed["origin_ticket"]["resource_id"], LINEAR_TEAM);
    let held = host.run(&["admin", "status", "--json"]).succeeds().json();
    assert_eq!(
        (&held["origin_links"], &held["events"]),
        (&json!(1), &json!(2))
    );
}

#[test]
fn the_example_of_github_actions_works() {
    works("GitHub Actions", "      - run: |", "          ", false);
}

#[test]
fn the_example_of_gitlab_works() {
    works("GitLab", "  script:", "    - ", true);
}
