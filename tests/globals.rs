//! Flags of every command, and `help`.

use crate::support::{Reply, SEARCH_PATH, Sandbox, Server};

#[test]
fn a_time_limit_may_have_a_fraction_and_a_unit() {
    let sandbox = Sandbox::with_project();
    for limit in [
        "1", "0.5", "1.25", "90s", "2m", "0.5m", "1h", "24h", "86400", "500ms",
    ] {
        let arguments = ["sync", "status", "--timeout", limit, "--json"];
        sandbox.run(&arguments).answer("spec-kitty.sync-status/1");
    }
    for limit in [
        "0",
        "0.0",
        "0s",
        "-1",
        "",
        " ",
        "s",
        "soon",
        "NaN",
        "inf",
        "1e3",
        "+1",
        "1.",
        ".5",
        "1.2.3",
        "5x",
        "1 s",
        "86401",
        "25h",
        "1441m",
        "99999999999999999999",
        "0.0000001",
    ] {
        let argument = format!("--timeout={limit}");
        let error = sandbox
            .run(&["sync", "status", &argument, "--json"])
            .error(2, "none");
        assert_eq!(error["code"], "usage", "{limit}");
    }
}

#[test]
fn a_fraction_of_a_second_is_the_limit() {
    let server = Server::start();
    server.on(SEARCH_PATH, Reply::Never);
    let sandbox = Sandbox::ready(&server);
    let arguments = [
        "tracker",
        "search-origin",
        "WEB-1",
        "--timeout",
        "0.2",
        "--json",
    ];
    assert_eq!(
        sandbox.run(&arguments).error(8, "none")["code"],
        "timed_out"
    );
}

#[test]
fn help_shows_what_the_flag_shows() {
    let sandbox = Sandbox::new();
    for command in [
        &[][..],
        &["specify"],
        &["tracker", "bind-origin"],
        &["admin", "user"],
    ] {
        let flag = sandbox.run(&[command, &["--help"]].concat()).succeeds();
        let word = sandbox.run(&[&["help"], command].concat()).succeeds();
        assert_eq!(word.stdout, flag.stdout);
        let json = sandbox.run(&[&["help"], command, &["--json"]].concat());
        assert_eq!(json.answer("spec-kitty.help/1")["text"], flag.stdout);
    }
}

#[test]
fn help_for_no_command_is_a_usage_error() {
    let sandbox = Sandbox::with_project();
    let error = sandbox.run(&["help", "specfy", "--json"]).error(2, "none");
    assert!(
        error["hint"].as_str().unwrap().contains("specify"),
        "{error}"
    );
    for words in [
        &["help", "tracker", "nothing"][..],
        &["help", "specify", "payments"],
        &["help", "--", "specify", "--", "payments"],
        &["help", "--", "--version"],
    ] {
        sandbox.run(&[words, &["-q"]].concat()).error_text(2);
    }
    assert_eq!(sandbox.missions(), ["060-search"]);
}
