//! `spec-kitty demo`: the whole main job with the real commands, without leftovers.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{ControlPlane, ORIGIN_KEYS, Sandbox, Snapshot};

const SCHEMA: &str = "spec-kitty.demo/1";

/// Everything a demo must not touch: home, git configuration, temporary folder, project.
fn surroundings(sandbox: &Sandbox) -> Snapshot {
    Snapshot::of(&sandbox.root())
}

fn output<'a>(document: &'a Value, command: &str) -> &'a str {
    let steps = document["steps"].as_array().unwrap();
    let step = steps
        .iter()
        .rfind(|step| step["command"].as_str().unwrap().starts_with(command))
        .unwrap_or_else(|| panic!("no {command} in {document:#}"));
    step["output"].as_str().unwrap()
}

#[test]
fn shows_the_main_job_and_leaves_nothing() {
    let sandbox = Sandbox::with_git();
    let before = surroundings(&sandbox);
    let document = sandbox.run(&["demo", "--json"]).answer(SCHEMA);
    before.assert_same(&surroundings(&sandbox));
    assert_eq!(document["feature_slug"], "001-web-123");
    assert_eq!(document["kept"], Value::Null);

    let found = output(&document, "spec-kitty tracker search-origin");
    assert!(found.contains("WEB-123\t"), "{found}");
    let meta: Value = serde_json::from_str(output(&document, "cat ")).unwrap();
    let ticket = meta["origin_ticket"].as_object().unwrap();
    assert_eq!(ticket.keys().collect::<Vec<_>>(), ORIGIN_KEYS);
    let commits = output(&document, "git log");
    assert!(commits.contains("Add mission 001-web-123\n"), "{commits}");
    assert!(
        commits.contains("Bind WEB-123 to mission 001-web-123\n"),
        "{commits}"
    );
    assert_eq!(output(&document, "spec-kitty sync list").lines().count(), 2);
    let sent = output(&document, "spec-kitty sync now");
    assert!(
        sent.contains("delivered\t2\n") && sent.contains("pending\t0\n"),
        "{sent}"
    );
    let held = output(&document, "spec-kitty admin status");
    assert!(
        held.contains("origin links\t1\n") && held.contains("events\t2\n"),
        "{held}"
    );
    for step in document["steps"].as_array().unwrap() {
        assert!(!step["explanation"].as_str().unwrap().is_empty(), "{step}");
    }
}

#[test]
fn tells_each_step_with_the_command_to_type() {
    let sandbox = Sandbox::new();
    let told = sandbox.run(&["demo"]).succeeds();
    assert_eq!(told.stderr, "");
    for line in [
        " 1. ",
        "    $ spec-kitty serve\n",
        "    $ spec-kitty auth login --server http://127.0.0.1:",
        "    $ spec-kitty tracker bind --provider linear --project-slug web\n",
        "    $ spec-kitty tracker search-origin 'waiting list'\n",
        "    $ spec-kitty specify --from-ticket WEB-123\n",
        "        hint: run: spec-kitty specify --from-ticket WEB-123 --yes\n",
        "    $ spec-kitty specify --from-ticket WEB-123 --yes\n",
        "    $ spec-kitty sync now\n",
    ] {
        assert!(told.stdout.contains(line), "{line:?} is not in {told:?}");
    }
    assert!(!told.stdout.contains('\u{1b}'), "{told:?}");
}

/// The environment and the git configuration of the user do not matter.
#[test]
fn sees_nothing_of_the_users_surroundings() {
    let mut sandbox = Sandbox::with_project();
    let hooks = sandbox.root().join("hooks");
    fs::create_dir(&hooks).unwrap();
    sandbox.git_config(&format!(
        "[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = /nonexistent\n[core]\n\thooksPath = {}\n",
        hooks.display()
    ));
    for (name, value) in [
        ("SPEC_KITTY_SERVER", "http://127.0.0.1:1"),
        ("SPEC_KITTY_TOKEN", "a-token-of-the-users"),
        ("SPEC_KITTY_TEAM", "somebody"),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
        ("http_proxy", "http://127.0.0.1:1"),
        ("GIT_AUTHOR_NAME", "Somebody"),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "user.name"),
        ("GIT_CONFIG_VALUE_0", "Somebody"),
        ("CI", "1"),
    ] {
        sandbox.set(name, value);
    }
    sandbox.set("GIT_DIR", sandbox.path(".git"));
    sandbox.set("TMPDIR", sandbox.path(".git"));
    let before = surroundings(&sandbox);
    let told = sandbox.run(&["demo"]).succeeds();
    assert!(!told.stdout.contains("a-token-of-the-users"));
    before.assert_same(&surroundings(&sandbox));
}

#[test]
fn what_is_kept_can_be_played_on_with() {
    let mut sandbox = Sandbox::new();
    let document = sandbox
        .run(&["demo", "--keep", "kept", "--json"])
        .answer(SCHEMA);
    let kept = sandbox.path("kept");
    assert_eq!(document["kept"], kept.to_str().unwrap());
    let url = output(&document, "spec-kitty serve").trim_start_matches("listening on http://");
    sandbox.set("SPEC_KITTY_HOME", kept.join("home/.spec-kitty"));
    let server = ControlPlane::start_at(&sandbox, url, &[]);
    let found = sandbox
        .run_in(
            &kept.join("harbour"),
            &["tracker", "search-origin", "--key", "web-101", "--json"],
        )
        .answer("spec-kitty.search-origin/1");
    assert_eq!(found["candidates"][0]["external_issue_key"], "WEB-101");
    server.stop();

    let error = sandbox
        .run(&["demo", "--keep", "kept", "--json"])
        .error(6, "none");
    assert_eq!(error["code"], "folder_taken");
    sandbox.write("file", "");
    sandbox
        .run(&["demo", "--keep", "file", "--json"])
        .error(10, "none");
    sandbox
        .run(&["demo", "--keep", "file/below", "--json"])
        .error(10, "none");
}

#[test]
fn says_what_is_missing() {
    let mut sandbox = Sandbox::new();
    let before = surroundings(&sandbox);
    sandbox.set("PATH", "/nonexistent");
    let error = sandbox.run(&["demo", "--json"]).error(10, "none");
    assert_eq!(error["code"], "git_missing");
    before.assert_same(&surroundings(&sandbox));
    sandbox.set("TMPDIR", "/nonexistent");
    sandbox.run(&["demo", "--json"]).error(10, "none");
}

#[test]
fn an_interrupted_demo_tidies_up() {
    let sandbox = Sandbox::new();
    let before = surroundings(&sandbox);
    for signal in [Signal::INT, Signal::TERM] {
        let mut child = sandbox
            .command(&["demo"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        assert!(line.starts_with(" 1. "), "{line}");
        kill_process(Pid::from_child(&child), signal).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(130), "{ended:?}");
        before.assert_same(&surroundings(&sandbox));
    }
}
