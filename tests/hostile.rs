//! What a repository, an environment or a text of somebody else must not make the program do.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Stdio;

use serde_json::Value;

use crate::support::{
    BIND, BIND_PATH, Output, Reply, SEARCH_PATH, Sandbox, Server, candidate, search_answer,
};

const SPECIFY_NEW: [&str; 3] = ["specify", "payments", "--json"];
const BIND_TRACKER: [&str; 7] = [
    "tracker",
    "bind",
    "--provider",
    "linear",
    "--project-slug",
    "web",
    "--json",
];
const CONFIG: &str = ".kittify/config.yaml";

#[track_caller]
fn assert_refused(output: &Output) {
    let error = output.error(10, "none");
    assert_eq!(error["code"], "outside_project", "{error}");
}

/// A link in the project, with the folders above it.
fn link(sandbox: &Sandbox, target: &str, path: &str) {
    let path = sandbox.path(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    symlink(target, path).unwrap();
}

#[test]
fn a_template_that_is_a_link_is_refused() {
    let places = ["templates", ".kittify/templates"];
    let targets = [".git/config", "README.md", "nowhere", "../gitconfig"];
    for (place, up) in places.into_iter().zip(["../", "../../"]) {
        for target in targets {
            let sandbox = Sandbox::with_project();
            let target = format!("{up}{target}");
            link(&sandbox, &target, &format!("{place}/spec-template.md"));
            let before = sandbox.snapshot();
            assert_refused(&sandbox.run(&SPECIFY_NEW));
            before.assert_same(&sandbox.snapshot());
        }
    }
}

#[test]
fn a_template_in_a_git_folder_is_refused_whatever_that_is_called() {
    for separate in [false, true] {
        let sandbox = Sandbox::with_project();
        let mut git = ".git";
        if separate {
            git = "store";
            sandbox.git(&["init", "--quiet", "--separate-git-dir", git]);
        }
        sandbox.write(&format!("{git}/info/spec-template.md"), "secret");
        link(&sandbox, &format!("{git}/info"), "templates");
        assert_refused(&sandbox.run(&SPECIFY_NEW));
        assert_eq!(sandbox.missions(), ["060-search"]);
    }
}

#[test]
fn a_template_behind_a_link_to_a_folder_of_the_project_is_used() {
    let sandbox = Sandbox::with_project();
    sandbox.write("ours/spec-template.md", "# Ours\n");
    link(&sandbox, "ours", "templates");
    sandbox.run(&SPECIFY_NEW).answer("spec-kitty.specify/1");
    assert_eq!(sandbox.read("kitty-specs/061-payments/spec.md"), "# Ours\n");
}

#[test]
fn a_meta_json_in_a_git_folder_or_behind_a_dangling_link_is_refused() {
    for exists in [true, false] {
        let server = Server::with_ticket("WEB-123", "Login page");
        let sandbox = Sandbox::ready(&server);
        let meta = "kitty-specs/060-search/meta.json";
        let moved = sandbox.path(".git/meta.json");
        fs::rename(sandbox.path(meta), &moved).unwrap();
        if !exists {
            fs::remove_file(&moved).unwrap();
        }
        link(&sandbox, "../../.git/meta.json", meta);
        let before = sandbox.snapshot();
        assert_refused(&sandbox.run(&BIND));
        before.assert_same(&sandbox.snapshot());
        assert_eq!(server.requests_to(BIND_PATH).len(), 0);
    }
}

#[test]
fn a_configuration_that_links_out_of_the_project_is_neither_read_nor_written() {
    for target in ["../../outside/file", "../../outside/none", "../.git/kitty"] {
        let sandbox = Sandbox::with_git();
        let outside = sandbox.root().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("file"), "a: 1\n").unwrap();
        sandbox.write(".git/kitty", "a: 1\n");
        link(&sandbox, target, CONFIG);
        let before = sandbox.snapshot();
        for command in [&["init", "--json"][..], &BIND_TRACKER, &SPECIFY_NEW] {
            assert_refused(&sandbox.run(command));
        }
        before.assert_same(&sandbox.snapshot());
        assert_eq!(fs::read(outside.join("file")).unwrap(), b"a: 1\n");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    }
}

#[test]
fn a_folder_for_the_configuration_that_links_out_of_the_project_stays_empty() {
    let sandbox = Sandbox::with_git();
    let outside = sandbox.root().join("outside");
    fs::create_dir(&outside).unwrap();
    symlink(&outside, sandbox.path(".kittify")).unwrap();
    assert_refused(&sandbox.run(&BIND_TRACKER));
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn doctor_removes_nothing_outside_the_project() {
    let sandbox = Sandbox::with_git();
    let outside = sandbox.root().join("outside");
    let file = outside.join(".notes.Ab12Cd.tmp");
    fs::create_dir(&outside).unwrap();
    let old = fs::FileTimes::new().set_modified(std::time::SystemTime::UNIX_EPOCH);
    fs::File::create(&file).unwrap().set_times(old).unwrap();
    symlink(&outside, sandbox.path("kitty-specs")).unwrap();
    sandbox.run(&["doctor", "--fix"]).succeeds();
    assert!(file.exists());
}

#[test]
fn git_is_found_only_in_absolute_entries_of_path() {
    let mut sandbox = Sandbox::with_project();
    let script = sandbox.path("git");
    sandbox.write("git", "#!/bin/sh\n: > ran\nexit 1\n");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    for (index, entry) in [".", "", "./", "../project"].iter().enumerate() {
        sandbox.set("PATH", format!("{entry}:{path}"));
        let mission = format!("payments-no{index}");
        sandbox.run(&["specify", &mission]).succeeds();
        sandbox.set("PATH", format!("/nonexistent:{entry}"));
        let error = sandbox.run(&SPECIFY_NEW).error(10, "none");
        assert_eq!(error["code"], "git_missing");
    }
    assert!(!sandbox.path("ran").exists());
}

/// Mutation check: without the time limit, this test does not end.
#[test]
fn a_candidate_that_does_not_come_is_waited_for_only_until_the_time_limit() {
    let sandbox = Sandbox::ready(&Server::start());
    rustix::fs::mknodat(
        rustix::fs::CWD,
        sandbox.path("fifo"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    for place in ["fifo", "-"] {
        let arguments = ["specify", "--candidate", place, "--yes", "--json"];
        let mut command = sandbox.command(&[&arguments[..], &["--timeout", "1"]].concat());
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Stdin stays open until the command has ended.
        let stdin = child.stdin.take();
        let mut text = String::new();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_to_string(&mut text).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(8), "{text}");
        drop(stdin);
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["error"]["code"], "timed_out", "{text}");
        assert_eq!(document["error"]["effect"], "none", "{text}");
    }
    assert_eq!(sandbox.missions(), ["060-search"]);
}

fn is_raw(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn json_holds_no_control_and_no_direction_as_it_is() {
    let title = "a\u{9b}31m\u{85}\u{7f}\u{202e}b\u{2066}\u{1b}[0m ü";
    let server = Server::with_ticket("WEB-123", title);
    let sandbox = Sandbox::ready(&server);
    let search = ["tracker", "search-origin", "--key", "WEB-123", "--json"];
    let output = sandbox.run(&search).succeeds();
    assert!(!output.stdout.contains(is_raw), "{:?}", output.stdout);
    assert!(output.stdout.contains("\\u009b31m\\u0085\\u007f\\u202eb"));
    assert_eq!(output.json()["candidates"][0]["title"], title);

    let tickets = ["A-1", "A-2"].map(|key| candidate(key, title, "text"));
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&tickets)));
    let specify = ["specify", "--from-ticket", "A-3", "--json"];
    let output = sandbox.run(&specify);
    assert_ne!(output.code, 0);
    assert!(!output.stdout.contains(is_raw), "{:?}", output.stdout);
}

#[test]
fn an_invalid_log_filter_is_reported_without_its_controls() {
    let mut sandbox = Sandbox::with_project();
    sandbox.set("SPEC_KITTY_LOG", "\u{1b}]0;x\u{7}\u{9b}31m,a=\u{202e}b[");
    let output = sandbox.run(&["specify", "one"]).succeeds();
    assert!(!output.stderr.contains(is_raw), "{:?}", output.stderr);
    assert!(output.stderr.contains("SPEC_KITTY_LOG"), "{output:?}");
    sandbox
        .run(&["specify", "two", "--json"])
        .answer("spec-kitty.specify/1");
}
