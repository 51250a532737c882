//! `spec-kitty auth`.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use crate::support::{
    ACCESS_TOKEN, ME_PATH, Output, REFRESH_PATH, Reply, Request, SEARCH_PATH, Sandbox, Server,
    TOKEN_PATH, Terminal, candidate, dead_url, search_answer, write_file,
};

const LOGIN: &str = "spec-kitty.auth-login/1";
const STATUS: &str = "spec-kitty.auth-status/1";
const LOGOUT: &str = "spec-kitty.auth-logout/1";

fn log_in_with_token(sandbox: &Sandbox, token: &str, more: &[&str]) -> Output {
    let arguments = [&["auth", "login", "--with-token"], more].concat();
    sandbox.run_with_input(&arguments, token)
}

fn credentials(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.state().join("credentials")).unwrap()
}

#[test]
fn a_token_from_stdin_is_stored_privately_and_never_shown() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    let url = server.url();
    let more = [
        "--server",
        &url,
        "--team",
        "web",
        "--username",
        "ada",
        "--json",
    ];
    let output = log_in_with_token(&sandbox, "hunter2\n", &more);
    let answer = output.answer(LOGIN);
    assert_eq!(answer["server"], url);
    assert_eq!(answer["username"], "ada");
    assert_eq!(answer["team_slug"], "web");
    assert_eq!(answer["logged_in"], true);
    assert!(!format!("{output:?}").contains("hunter2"));
    assert!(credentials(&sandbox).contains("hunter2"));
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(sandbox.state().join("credentials")), 0o600);
    assert_eq!(mode(sandbox.state()), 0o700);

    let status = sandbox.run(&["auth", "status", "--json"]).answer(STATUS);
    assert_eq!(status["server"], url);
    assert_eq!(status["username"], "ada");
    assert_eq!(status["logged_in"], true);
    let status = sandbox.run(&["auth", "status"]).succeeds();
    assert!(status.stdout.contains("ada") && !status.stdout.contains("hunter2"));
}

#[test]
fn a_login_replaces_the_old_session_whole() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    sandbox.log_in("https://old.example");
    log_in_with_token(&sandbox, "fresh", &["--server", &server.url()]).succeeds();
    let text = credentials(&sandbox);
    assert!(
        text.contains("fresh") && text.contains(&server.url()),
        "{text}"
    );
    for old in [
        ACCESS_TOKEN,
        "refresh",
        "old.example",
        "kit",
        "acme",
        "expires",
    ] {
        assert!(!text.contains(old), "{old} in {text}");
    }
}

#[test]
fn what_is_no_token_is_refused_and_the_old_session_stays() {
    let sandbox = Sandbox::new();
    sandbox.log_in("https://old.example");
    let before = credentials(&sandbox);
    for bytes in [
        &b""[..],
        b" \n",
        b"two words",
        b"two\nlines",
        b"caf\xc3\xa9",
        b"\xff",
        b"a\0b",
    ] {
        let output = sandbox.run_with_input(&["auth", "login", "--with-token", "--json"], bytes);
        output.error(2, "none");
        assert_eq!(credentials(&sandbox), before);
    }
    let arguments = ["auth", "login", "--with-token", "--team", ""];
    sandbox.run_with_input(&arguments, "token").error_text(2);
    assert_eq!(credentials(&sandbox), before);
}

#[test]
fn a_password_is_asked_for_on_a_terminal_only() {
    let sandbox = Sandbox::new();
    let arguments = [
        "auth",
        "login",
        "--server",
        "https://a.example",
        "--username",
        "ada",
    ];
    let output = sandbox.run_with_input(&arguments, "hunter2\n");
    let text = output.error_text(7);
    assert!(text.contains("--with-token"), "{text}");
    assert!(!sandbox.state().join("credentials").exists());
    let error = sandbox
        .run(&[&arguments[..], &["--json"]].concat())
        .error(7, "none");
    assert_eq!(error["code"], "input_required");
}

#[test]
fn a_server_must_be_named_and_be_one() {
    let sandbox = Sandbox::new();
    let error = log_in_with_token(&sandbox, "t", &["--json"]).error(10, "none");
    assert_eq!(error["code"], "not_configured");
    assert!(error["hint"].as_str().unwrap().contains("--server"));
    for url in [
        "http://example.com",
        "ftp://example.com",
        "nonsense",
        "https://u:p@example.com",
        "u:p@example.com",
    ] {
        let output = log_in_with_token(&sandbox, "t", &["--json", "--server", url]);
        output.error(2, "none");
        assert!(!output.stdout.contains("u:p"));
    }
    let mut sandbox = sandbox;
    sandbox.set("SPEC_KITTY_SERVER", "nonsense");
    log_in_with_token(&sandbox, "t", &["--json"]).error(10, "none");
    assert!(!sandbox.state().join("credentials").exists());
}

#[test]
fn a_file_of_the_repository_names_no_server() {
    let sandbox = Sandbox::with_project();
    sandbox.write(
        ".kittify/config.toml",
        "[sync]\nserver_url = 'https://evil.example'\n",
    );
    sandbox.write(
        "config.toml",
        "[sync]\nserver_url = 'https://evil.example'\n",
    );
    let config = sandbox.read(".kittify/config.yaml") + "server_url: https://evil.example\n";
    sandbox.write(".kittify/config.yaml", config);
    log_in_with_token(&sandbox, "t", &["--json"]).error(10, "none");
    let config = "[sync]\nserver_url = 'https://mine.example'\n";
    write_file(&sandbox.state().join("config.toml"), config);
    let answer = log_in_with_token(&sandbox, "t", &["--json"]).answer(LOGIN);
    assert_eq!(answer["server"], "https://mine.example");
}

#[test]
fn the_network_may_be_forbidden() {
    let mut sandbox = Sandbox::new();
    sandbox.set("SPEC_KITTY_ENABLE_SAAS_SYNC", "off");
    let arguments = ["auth", "login", "--json", "--server", "https://a.example"];
    let error = sandbox.run(&arguments).error(10, "none");
    assert_eq!(error["code"], "network_disabled");
}

#[test]
fn status_exits_4_where_nobody_is_logged_in() {
    let sandbox = Sandbox::new();
    let output = sandbox.run(&["auth", "status", "--json"]).exits(4);
    let status = output.json();
    assert_eq!(status["schema"], STATUS);
    assert_eq!(status["logged_in"], false);
    assert_eq!(status["standing"], "logged_out");
    let output = sandbox.run(&["auth", "status"]).exits(4);
    assert!(
        output.stdout.contains("spec-kitty auth login"),
        "{output:?}"
    );
    assert!(!sandbox.state().exists(), "a look makes nothing");
}

#[test]
fn status_tells_the_session_of_another_server_and_an_ended_one() {
    let sandbox = Sandbox::new();
    sandbox.log_in("https://a.example");
    let arguments = ["auth", "status", "--json", "--server", "https://b.example"];
    let status = sandbox.run(&arguments).exits(4).json();
    assert_eq!(status["standing"], "other_server");
    assert_eq!(status["username"], json!(null));

    let text =
        credentials(&sandbox).replace("refresh_expires_at = \"2", "refresh_expires_at = \"1");
    write_file(&sandbox.state().join("credentials"), text);
    let status = sandbox.run(&["auth", "status", "--json"]).exits(4).json();
    assert_eq!(status["standing"], "expired");
}

#[test]
fn status_knows_the_environments_token() {
    let mut sandbox = Sandbox::new();
    sandbox.set("SPEC_KITTY_TOKEN", "hunter2");
    let error = sandbox.run(&["auth", "status", "--json"]).error(10, "none");
    assert_eq!(error["code"], "not_configured");
    sandbox.set("SPEC_KITTY_SAAS_URL", "https://a.example");
    sandbox.set("SPEC_KITTY_TEAM", "ci");
    let output = sandbox.run(&["auth", "status", "--json"]);
    let status = output.answer(STATUS);
    assert_eq!(status["standing"], "environment_token");
    assert_eq!(status["team_slug"], "ci");
    assert!(!output.stdout.contains("hunter2"));
}

#[test]
fn logout_forgets_the_session_and_may_be_repeated() {
    let sandbox = Sandbox::new();
    sandbox.log_in(&dead_url());
    let answer = sandbox.run(&["auth", "logout", "--json"]).answer(LOGOUT);
    assert_eq!(answer["logged_in"], false);
    assert_eq!(answer["username"], "kit");
    assert!(!sandbox.state().join("credentials").exists());
    let answer = sandbox.run(&["auth", "logout", "--json"]).answer(LOGOUT);
    assert_eq!(answer["username"], json!(null));
    sandbox.run(&["auth", "logout"]).succeeds();
}

#[test]
fn logout_of_a_machine_without_state_makes_none() {
    let sandbox = Sandbox::new();
    sandbox.run(&["auth", "logout"]).succeeds();
    assert!(!sandbox.state().exists());
}

#[test]
fn broken_credentials_are_told_without_their_text_and_a_login_mends_them() {
    let sandbox = Sandbox::new();
    sandbox.make_state();
    let path = sandbox.state().join("credentials");
    let huge = "#".repeat(1024 * 1024 + 1);
    for bytes in [
        &b"access = hunter2"[..],
        b"\xff\xfehunter2",
        b"[tokens]\naccess = 'hunter2'\n",
    ] {
        write_file(&path, bytes);
        let output = sandbox.run(&["auth", "status", "--json"]);
        let error = output.error(10, "none");
        assert_eq!(error["code"], "credentials_broken");
        assert!(!output.stdout.contains("hunter2"), "{output:?}");
        assert!(error["message"].as_str().unwrap().contains("credentials"));
    }
    write_file(&path, huge);
    sandbox.run(&["auth", "status", "--json"]).error(10, "none");
    write_file(&path, "access = hunter2");
    log_in_with_token(&sandbox, "t", &["--server", "https://a.example"]).succeeds();
    sandbox.run(&["auth", "status"]).succeeds();
    write_file(&path, "access = hunter2");
    sandbox.run(&["auth", "logout"]).succeeds();
    assert!(!path.exists());
}

#[test]
fn a_home_that_is_a_file_is_told() {
    let sandbox = Sandbox::new();
    write_file(&sandbox.state(), "not a folder");
    let output = log_in_with_token(&sandbox, "t", &["--json", "--server", "https://a.example"]);
    let error = output.error(10, "none");
    assert!(
        error["message"].as_str().unwrap().contains(".spec-kitty"),
        "{error}"
    );
}

#[test]
fn a_team_from_outside_cannot_write_on_the_terminal() {
    let sandbox = Sandbox::new();
    let more = [
        "--server",
        "https://a.example",
        "--team",
        "we\u{1b}[31mb\u{202e}",
    ];
    let output = log_in_with_token(&sandbox, "t", &more).succeeds();
    assert!(
        !output.stdout.contains(['\u{1b}', '\u{202e}']),
        "{output:?}"
    );
}

/// Answers only the bearer of this token.
fn knows(server: &Server, token: &'static str) {
    server.handle(ME_PATH, move |request: &Request| {
        let bearer = format!("Bearer {token}");
        if request.header("authorization") == Some(bearer.as_str()) {
            Reply::json(
                200,
                &json!({"user_id": "ada@acme", "email": "ada@acme", "name": "ada", "teams": []}),
            )
        } else {
            let refused = json!({"error_code": "token_not_valid", "message": "unknown token",
                "hint": "ask the host to run: spec-kitty admin token create"});
            Reply::json(401, &refused)
        }
    });
}

#[test]
fn a_token_is_verified_before_it_replaces_a_session() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    knows(&server, "good");
    let url = server.url();
    let more = ["--server", &url, "--team", "web", "--json"];
    let answer = log_in_with_token(&sandbox, "good", &more).answer(LOGIN);
    assert_eq!(answer["warnings"], json!([]));
    let [asked] = server.requests().try_into().unwrap();
    assert_eq!((&*asked.method, &*asked.path), ("GET", ME_PATH));
    assert_eq!(asked.header("authorization"), Some("Bearer good"));
    assert_eq!(asked.header("x-team-slug"), Some("web"));

    let before = credentials(&sandbox);
    let output = log_in_with_token(&sandbox, "bad", &more);
    let error = output.error(4, "none");
    assert_eq!(error["code"], "login_refused");
    assert_eq!(
        error["hint"],
        "ask the host to run: spec-kitty admin token create"
    );
    assert!(!format!("{output:?}").contains("bad"), "{output:?}");
    assert_eq!(credentials(&sandbox), before);

    server.on(ME_PATH, Reply::refusal(403, "forbidden", "not in team web"));
    log_in_with_token(&sandbox, "good", &more).error(5, "none");
    assert_eq!(credentials(&sandbox), before);
}

#[test]
fn a_token_that_cannot_be_verified_is_stored_with_a_warning_unless_it_would_replace_a_session() {
    for (server, unknown) in [
        (Server::start(), None),
        (Server::start(), Some(Reply::html(500))),
        (Server::start(), Some(Reply::html(200))),
    ] {
        let sandbox = Sandbox::new();
        let lacks_the_path = unknown.is_none();
        if let Some(reply) = unknown {
            server.on(ME_PATH, reply);
        }
        let url = server.url();
        let log_in = |token| log_in_with_token(&sandbox, token, &["--server", &url, "--json"]);
        let warning = log_in("one").answer(LOGIN)["warnings"].to_string();
        assert!(warning.contains("not verified"), "{warning}");
        assert!(credentials(&sandbox).contains("one"));
        if lacks_the_path {
            log_in("two").answer(LOGIN);
            assert!(credentials(&sandbox).contains("two"));
        } else {
            log_in("two").error(8, "none");
            assert!(credentials(&sandbox).contains("one"));
        }
    }
    let sandbox = Sandbox::new();
    let dead = dead_url();
    let log_in = |token| log_in_with_token(&sandbox, token, &["--server", &dead]);
    let output = log_in("one").succeeds();
    assert!(
        output.stderr.contains("not verified: server unreachable"),
        "{output:?}"
    );
    let text = log_in("two");
    text.error_text(8);
    assert!(credentials(&sandbox).contains("one"));
}

#[test]
fn a_wait_for_another_process_is_said() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    sandbox.make_state();
    let lock_file = sandbox.state().join("credentials.lock");
    let lock = fs::File::create(&lock_file).unwrap();
    lock.lock().unwrap();
    let arguments = ["auth", "login", "--with-token", "--server", &server.url()];
    let mut child = sandbox
        .command(&arguments)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"token").unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let expected = format!(
        "waiting for another spec-kitty process, which holds {}\n",
        lock_file.display()
    );
    assert_eq!(line, expected);
    drop(lock);
    assert!(child.wait().unwrap().success());
    assert!(credentials(&sandbox).contains("token"));
}

/// Mutation check: without the time limit, this test does not end.
#[test]
fn a_secret_that_does_not_come_is_waited_for_only_until_the_time_limit() {
    let sandbox = Sandbox::new();
    for secret in [
        &["--with-token"][..],
        &["--password-stdin", "--username", "ada"],
    ] {
        let login = ["auth", "login", "--server", "http://127.0.0.1:9"];
        let arguments = [&login[..], secret, &["--timeout", "0.2"]].concat();
        let mut child = sandbox
            .command(&arguments)
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Stdin stays open until the command has ended.
        let stdin = child.stdin.take();
        assert_eq!(child.wait().unwrap().code(), Some(8));
        drop(stdin);
    }
}

#[test]
fn a_password_may_come_from_stdin() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    let expected = json!({"username": "ada", "password": " hunter2 ü"});
    server.handle(TOKEN_PATH, move |request| {
        if request.json() == expected {
            Reply::json(
                200,
                &json!({"access": "a", "refresh": "r", "team_slug": "web"}),
            )
        } else {
            Reply::refusal(401, "bad_credentials", "wrong password")
        }
    });
    let url = server.url();
    let login = ["auth", "login", "--password-stdin", "--server", &url];
    let with_name = [&login[..], &["--username", "ada", "--json"]].concat();
    let output = sandbox.run_with_input(&with_name, " hunter2 ü\nignored\n");
    let answer = output.answer(LOGIN);
    assert_eq!(
        (&answer["username"], &answer["team_slug"]),
        (&json!("ada"), &json!("web"))
    );
    assert!(!format!("{output:?}").contains("hunter2"));
    let before = credentials(&sandbox);
    sandbox
        .run_with_input(&with_name, "wrong\n")
        .error(4, "none");
    assert_eq!(credentials(&sandbox), before);
    for arguments in [
        [&login[..], &["--json"]].concat(),
        [&with_name[..], &["--with-token"]].concat(),
    ] {
        sandbox.run_with_input(&arguments, "x\n").error(2, "none");
    }
    sandbox.run_with_input(&with_name, "\n").error(2, "none");
}

#[test]
fn status_says_whether_the_server_accepts_the_session() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    sandbox.log_in(&server.url());
    knows(&server, ACCESS_TOKEN);
    let status = sandbox.run(&["auth", "status", "--json"]).answer(STATUS);
    assert_eq!(
        (&status["logged_in"], &status["verified"]),
        (&json!(true), &json!(true))
    );
    server.forget();
    let offline = ["auth", "status", "--offline", "--json"];
    let status = sandbox.run(&offline).answer(STATUS);
    assert_eq!(
        (&status["logged_in"], &status["verified"]),
        (&json!(true), &json!(null))
    );
    assert!(server.requests().is_empty());

    // The server no longer knows the session, and does not renew it either.
    knows(&server, "another");
    server.on(REFRESH_PATH, Reply::refusal(401, "reused", "reused"));
    let status = sandbox.run(&["auth", "status", "--json"]).exits(4).json();
    assert_eq!(
        (&status["logged_in"], &status["verified"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(status["standing"], "expired");
    let text = sandbox.run(&["auth", "status"]).exits(4).stdout;
    assert!(text.contains("run: spec-kitty auth login"), "{text}");
}

#[test]
fn status_renews_the_session_if_it_must() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    sandbox.log_in_expired(&server.url());
    knows(&server, "fresh");
    let tokens = json!({"access": "fresh", "refresh": "next"});
    server.on(REFRESH_PATH, Reply::json(200, &tokens));
    let status = sandbox.run(&["auth", "status", "--json"]).answer(STATUS);
    assert_eq!(status["verified"], true);
    assert!(credentials(&sandbox).contains("fresh"));
}

#[test]
fn status_without_an_answer_is_not_verified_and_no_error() {
    let sandbox = Sandbox::new();
    sandbox.log_in(&dead_url());
    let status = sandbox.run(&["auth", "status", "--json"]).answer(STATUS);
    assert_eq!(
        (&status["logged_in"], &status["verified"]),
        (&json!(true), &json!(null))
    );
    let warning = json!({"code": "not_verified", "message": "not verified: server unreachable"});
    assert_eq!(status["warnings"], json!([warning]));
    let text = sandbox.run(&["auth", "status"]).succeeds();
    let row = "verified\tnot verified: server unreachable\n";
    assert!(text.stdout.contains(row), "{text:?}");
    assert_eq!(text.stderr, "");
    let server = Server::start();
    sandbox.log_in(&server.url());
    for (reply, words) in [
        (
            Reply::html(404),
            "not verified: the server cannot check a token",
        ),
        (Reply::html(503), "not verified: "),
        (Reply::Drop, "not verified: "),
        (Reply::refusal(429, "x", "slow down"), "not verified: "),
        (Reply::refusal(403, "x", "no such team"), "not verified: "),
    ] {
        server.on(ME_PATH, reply);
        let status = sandbox.run(&["auth", "status", "--json"]).answer(STATUS);
        assert_eq!(status["verified"], json!(null));
        let warning = status["warnings"][0].as_str().unwrap();
        assert!(warning.starts_with(words), "{warning}");
    }
}

/// The server never answers: the command ends at its own limit, long before the one of commands.
#[test]
fn status_waits_only_a_short_time() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    server.on(ME_PATH, Reply::Never);
    sandbox.log_in(&server.url());
    let arguments = ["auth", "status", "--json", "--timeout", "3600"];
    let status = sandbox.run(&arguments).answer(STATUS);
    assert_eq!(status["verified"], json!(null));
}

#[test]
fn a_token_of_the_environment_that_the_server_refuses_is_no_login() {
    let (server, mut sandbox) = (Server::start(), Sandbox::new());
    knows(&server, "good");
    sandbox.set("SPEC_KITTY_SERVER", server.url());
    sandbox.set("SPEC_KITTY_TOKEN", "good");
    let status = sandbox.run(&["auth", "status", "--json"]).answer(STATUS);
    assert_eq!(
        (&status["logged_in"], &status["verified"]),
        (&json!(true), &json!(true))
    );
    sandbox.set("SPEC_KITTY_TOKEN", "bad");
    let status = sandbox.run(&["auth", "status", "--json"]).exits(4).json();
    assert_eq!(
        (&status["logged_in"], &status["verified"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(status["standing"], "environment_token");
    let text = sandbox.run(&["auth", "status"]).exits(4).stdout;
    assert!(text.contains("SPEC_KITTY_TOKEN"), "{text}");
    assert!(!text.contains("logged in by"), "{text}");
}

#[test]
fn a_server_needs_no_scheme() {
    let server = Server::start();
    let bare = server.url().replace("http://", "");
    let sandbox = Sandbox::new();
    let by_flag = log_in_with_token(&sandbox, "t", &["--json", "--server", &bare]);
    assert_eq!(by_flag.answer(LOGIN)["server"], server.url());

    let mut sandbox = Sandbox::new();
    let config = format!("[sync]\nserver_url = '{bare}'\n");
    write_file(&sandbox.state().join("config.toml"), config);
    let by_file = log_in_with_token(&sandbox, "t", &["--json"]);
    assert_eq!(by_file.answer(LOGIN)["server"], server.url());

    sandbox.set("SPEC_KITTY_SERVER", "control.example.com");
    let status = sandbox.run(&["auth", "status", "--json"]).exits(4).json();
    assert_eq!(status["server"], "https://control.example.com");
}

const SEARCH: [&str; 5] = ["tracker", "search-origin", "--key", "WEB-1", "--json"];

/// Answers a search only to the bearer of `fresh`, and issues that token once.
fn renewing_server() -> Server {
    let server = Server::start();
    server.handle(SEARCH_PATH, |request| {
        if request.header("authorization") == Some("Bearer fresh") {
            Reply::json(200, &search_answer(&[candidate("WEB-1", "Login", "exact")]))
        } else {
            Reply::refusal(401, "token_not_valid", "expired")
        }
    });
    let tokens = Reply::json(200, &json!({"access": "fresh", "refresh": "next"}));
    // Late, so that the other processes arrive before the first has its answer.
    let late = Reply::Late(Duration::from_millis(300), Box::new(tokens));
    server.on_each(
        REFRESH_PATH,
        [late, Reply::refusal(401, "reused", "reused")],
    );
    server
}

#[test]
fn twenty_processes_with_an_ended_token_renew_it_once() {
    let server = renewing_server();
    let sandbox = Sandbox::ready(&server);
    sandbox.log_in_expired(&server.url());
    let outputs: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| sandbox.run(&SEARCH)))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for output in outputs {
        output.answer("spec-kitty.search-origin/1");
    }
    assert_eq!(server.requests_to(REFRESH_PATH).len(), 1);
    let text = credentials(&sandbox);
    assert!(text.contains("fresh") && text.contains("next"), "{text}");
}

#[test]
fn an_ended_session_is_told_with_the_command_that_begins_another() {
    let server = Server::start();
    let sandbox = Sandbox::ready(&server);
    for path in [SEARCH_PATH, REFRESH_PATH] {
        server.on(path, Reply::refusal(401, "token_not_valid", "expired"));
    }
    let before = credentials(&sandbox);
    let output = sandbox.run(&SEARCH);
    let error = output.error(4, "none");
    assert_eq!(error["code"], "session_expired");
    assert_eq!(
        error["message"],
        "Session expired. Run `spec-kitty auth login`"
    );
    assert!(!output.stdout.contains(ACCESS_TOKEN));
    assert_eq!(credentials(&sandbox), before);
}

#[test]
fn a_command_ends_at_its_time_limit_whatever_the_server_does() {
    let server = Server::start();
    let sandbox = Sandbox::ready(&server);
    let limited = [&SEARCH[..], &["--timeout", "1"]].concat();
    server.on(SEARCH_PATH, Reply::Never);
    let error = sandbox.run(&limited).error(8, "none");
    assert_eq!(error["code"], "timed_out");
    server.on(
        SEARCH_PATH,
        Reply::refusal(401, "token_not_valid", "expired"),
    );
    server.on(REFRESH_PATH, Reply::Never);
    let error = sandbox.run(&limited).error(8, "none");
    assert_eq!(error["code"], "timed_out");
}

#[test]
fn no_error_shows_a_token() {
    let mut sandbox = Sandbox::ready(&Server::start());
    sandbox.set("SPEC_KITTY_LOG", "trace");
    for reply in [
        Reply::refusal(401, "x", "y"),
        Reply::refusal(403, "x", "y"),
        Reply::html(500),
        Reply::Garbage,
        Reply::redirect("https://elsewhere.example/?token=1"),
    ] {
        let server = Server::start_for(&reply);
        server.on(SEARCH_PATH, reply);
        server.on(REFRESH_PATH, Reply::html(500));
        sandbox.log_in(&server.url());
        let output = sandbox.run(&[&SEARCH[..], &["-vv"]].concat());
        assert_ne!(output.code, 0);
        for secret in [ACCESS_TOKEN, "refresh-token-is-secret"] {
            assert!(!format!("{output:?}").contains(secret), "{output:?}");
        }
    }
}

fn log_in_on_a_terminal(sandbox: &Sandbox, server: &Server) -> Terminal {
    let command = sandbox.command(&["auth", "login", "--server", &server.url()]);
    let mut terminal = Terminal::start(command);
    terminal.wait_for("User name");
    terminal.type_text("ada\r");
    terminal.wait_for("Password");
    terminal.wait_for_hidden_input();
    terminal
}

#[test]
fn a_password_is_asked_for_without_showing_it() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    server.handle(TOKEN_PATH, |request| {
        assert_eq!(
            request.json(),
            json!({"username": "ada", "password": "hunter2 ü"})
        );
        let body = json!({"access": "issued-access", "refresh": "issued-refresh",
            "access_lifetime": 900, "refresh_lifetime": "604800", "team_slug": "web"});
        Reply::json(200, &body)
    });
    let mut terminal = log_in_on_a_terminal(&sandbox, &server);
    terminal.type_text("hunter2 ü\r");
    terminal.wait_for("for team web");
    assert_eq!(terminal.finish(), 0);
    let screen = terminal.screen();
    for secret in ["hunter2", "issued-access", "issued-refresh"] {
        assert!(!screen.contains(secret), "{screen}");
    }
    assert!(terminal.shows_input());
    let status = sandbox.run(&["auth", "status", "--json"]).answer(STATUS);
    assert_eq!(status["username"], "ada");
    assert!(status["access_expires_at"].is_string());
}

#[test]
fn a_refused_login_is_told_in_three_lines_and_stores_nothing() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    server.on(
        TOKEN_PATH,
        Reply::refusal(401, "bad_credentials", "No such user"),
    );
    let mut terminal = log_in_on_a_terminal(&sandbox, &server);
    terminal.type_text("wrong\r");
    terminal.wait_for("hint:");
    assert_eq!(terminal.finish(), 4);
    assert!(terminal.screen().contains("No such user"));
    assert!(!sandbox.state().join("credentials").exists());
}

#[test]
fn an_interrupted_question_leaves_the_terminal_as_it_was() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    let mut terminal = log_in_on_a_terminal(&sandbox, &server);
    terminal.interrupt();
    assert_eq!(terminal.finish(), 130);
    assert!(terminal.shows_input());
    assert!(server.requests().is_empty());
}

#[test]
fn a_proxy_of_the_environment_is_not_asked_about_this_machine() {
    let (server, proxy) = (renewing_server(), Server::start());
    let mut sandbox = Sandbox::ready(&server);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"] {
        sandbox.set(name, proxy.url());
    }
    sandbox.run(&SEARCH).answer("spec-kitty.search-origin/1");
    assert!(proxy.requests().is_empty());
}
