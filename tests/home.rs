//! The state directory is missing or cannot be written: commands that record something refuse before
//! they begin, and the others work.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{BIND, Output, SPECIFY, Sandbox, Server, write_file};

/// The commands that record something.
const RECORDING: [&[&str]; 7] = [
    &SPECIFY,
    &BIND,
    &["specify", "payments", "--json"],
    &["agent", "feature", "create-feature", "payments", "--json"],
    &["sync", "now", "--json"],
    &["sync", "retry", "--json"],
    &["auth", "login", "--with-token", "--json"],
];

/// A project with a session from the environment, as in a container.
fn container(server: &Server) -> Sandbox {
    let mut sandbox = Sandbox::with_project();
    sandbox.bind_tracker("linear", "web");
    sandbox.commit_all("Bind the project to its tracker");
    sandbox.set("SPEC_KITTY_SERVER", server.url());
    sandbox.set("SPEC_KITTY_TOKEN", "ci-token");
    sandbox.unset("SPEC_KITTY_HOME");
    sandbox
}

#[track_caller]
fn assert_refused(output: &Output) {
    let error = output.error(10, "none");
    assert_eq!(error["code"], "home_not_writable", "{output:?}");
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.starts_with("set SPEC_KITTY_HOME"), "{hint}");
    assert!(!output.stdout.contains("/proc/"), "{output:?}");
}

/// Root may write everywhere but below a file.
#[test]
fn commands_that_record_refuse_before_they_begin() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let mut sandbox = container(&server);
    let file = sandbox.root().join("file");
    write_file(&file, "");
    for home in [
        Some("/dev/null/x".into()),
        Some(file.join("x")),
        Some(file),
        None,
    ] {
        match home {
            Some(home) => sandbox.set("HOME", home),
            None => sandbox.unset("HOME"),
        }
        let before = sandbox.snapshot();
        for command in RECORDING {
            assert_refused(&sandbox.run_with_input(command, "token\n"));
        }
        before.assert_same(&sandbox.snapshot());
    }
    assert!(server.requests().is_empty());
    assert!(!fs::exists("/nonexistent").unwrap());
    let text = sandbox.run(&["specify", "payments"]);
    assert!(text.error_text(10).contains("HOME is set"), "{text:?}");
}

#[test]
fn a_control_plane_needs_a_home_or_a_folder_of_its_own() {
    let mut sandbox = Sandbox::new();
    sandbox.unset("HOME");
    sandbox.unset("SPEC_KITTY_HOME");
    let add = ["admin", "user", "add", "ada", "--team", "acme"];
    let add = [&add[..], &["--password-stdin", "--json"]].concat();
    let password = "correct horse battery";
    assert_refused(&sandbox.run_with_input(&add, password));
    assert_refused(&sandbox.run(&["serve", "--listen", "127.0.0.1:0", "--json"]));
    let elsewhere = [&add[..], &["--data", "data"]].concat();
    sandbox.run_with_input(&elsewhere, password).succeeds();
}

#[test]
fn a_home_that_only_others_may_write_is_refused() {
    for make in [true, false] {
        let sandbox = Sandbox::with_project();
        let folder = if make {
            sandbox.make_state();
            sandbox.state()
        } else {
            sandbox.root().join("home")
        };
        fs::set_permissions(folder, fs::Permissions::from_mode(0o500)).unwrap();
        let command = ["specify", "payments", "--json"];
        assert_refused(&sandbox.run_unprivileged(&command));
        assert_eq!(sandbox.missions(), ["060-search"]);
    }
}

#[test]
fn the_check_leaves_nothing_behind() {
    let sandbox = Sandbox::with_project();
    sandbox
        .run(&["specify", "payments", "--dry-run"])
        .succeeds();
    let home = fs::read_dir(sandbox.root().join("home")).unwrap();
    assert_eq!(home.count(), 0);
}

#[test]
fn commands_that_only_read_work() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let mut sandbox = container(&server);
    for home in [Some("/dev/null/x"), None] {
        match home {
            Some(home) => sandbox.set("HOME", home),
            None => sandbox.unset("HOME"),
        }
        for command in [
            &["tracker", "search-origin", "WEB-123"][..],
            &["tracker", "status"],
            &["auth", "status"],
            &["auth", "logout"],
            &["sync", "status"],
            &["sync", "list"],
        ] {
            let output = sandbox.run(command).succeeds();
            assert!(!format!("{output:?}").contains("/proc/"), "{output:?}");
        }
    }
}

#[test]
fn doctor_names_a_home_that_cannot_be_written() {
    let mut sandbox = Sandbox::with_project();
    sandbox.unset("SPEC_KITTY_HOME");
    for home in [Some("/dev/null/x"), None] {
        match home {
            Some(home) => sandbox.set("HOME", home),
            None => sandbox.unset("HOME"),
        }
        let output = sandbox.run(&["doctor"]).exits(10);
        let home = output.stdout.lines().find(|line| line.contains("\thome\t"));
        let home = home.unwrap();
        assert!(home.starts_with("problem"), "{output:?}");
        assert!(home.contains("set SPEC_KITTY_HOME"), "{output:?}");
        assert!(!output.stdout.contains("/proc/"), "{output:?}");
    }
    let sandbox = Sandbox::with_project();
    sandbox.make_state();
    fs::set_permissions(sandbox.state(), fs::Permissions::from_mode(0o500)).unwrap();
    let output = sandbox.run_unprivileged(&["doctor"]).exits(10);
    assert!(output.stdout.contains("problem\thome\t"), "{output:?}");
}
