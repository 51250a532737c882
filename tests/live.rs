//! Live trackers: `spec-kitty admin connection`, and `serve` with tickets of a fake tracker.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{
    BIND_PATH, ControlPlane, LINEAR_TOKEN as TOKEN, LIST_PATH, Output, PASSWORD, Reply, Response,
    SEARCH_PATH, Sandbox, Server, WEB_TEAM as TEAM, issue, linear, linear_answer, linear_error,
};

/// `admin connection add NAME` with the token on standard input.
fn add(sandbox: &Sandbox, name: &str, flags: &[&str]) -> Output {
    let words = [
        "admin",
        "connection",
        "add",
        name,
        "--token-stdin",
        "--json",
    ];
    sandbox.run_with_input(&[&words[..], flags].concat(), TOKEN)
}

fn admin(sandbox: &Sandbox, words: &[&str]) -> Output {
    sandbox.run(&[&["admin"], words, &["--json"]].concat())
}

/// Adds the connection `work` to a fake Linear, and maps `web` to its team.
fn connect(sandbox: &Sandbox, tracker: &Server) {
    let url = format!("{}/graphql", tracker.url());
    let flags = ["--provider", "linear", "--url", &url];
    add(sandbox, "work", &flags).answer("spec-kitty.admin-connection-add/1");
    let map = ["project", "map", "web", "--connection", "work"];
    admin(sandbox, &[&map[..], &["--resource", "web"]].concat())
        .answer("spec-kitty.admin-project-map/1");
    ControlPlane::add_user(sandbox, "kit", "harbour", "linear");
}

/// A running server with a connection to this tracker, and a project that is bound to it.
fn whole(tracker: &Server) -> (Sandbox, ControlPlane) {
    let sandbox = Sandbox::with_project();
    connect(&sandbox, tracker);
    let server = ControlPlane::start(&sandbox, &[]);
    let login = ["auth", "login", "--username", "kit", "--password-stdin"];
    sandbox
        .run_with_input(
            &[&login[..], &["--server", server.url()]].concat(),
            PASSWORD,
        )
        .succeeds();
    sandbox.bind_tracker("linear", "web");
    sandbox.commit_all("Bind the project");
    tracker.forget();
    (sandbox, server)
}

fn search(server: &ControlPlane, token: &str, query: &Value) -> Response {
    let mut body = json!({"provider": "linear", "project_slug": "web", "limit": 10});
    body.as_object_mut()
        .unwrap()
        .extend(query.as_object().unwrap().clone());
    server.ask(token, SEARCH_PATH, &body)
}

fn keys(response: &Response) -> Vec<&str> {
    let candidates = response.is_ok()["candidates"].as_array().unwrap();
    let mut keys = Vec::new();
    for candidate in candidates {
        keys.push(candidate["external_issue_key"].as_str().unwrap());
    }
    keys
}

fn bind(
    server: &ControlPlane,
    token: &str,
    key: &str,
    mission: &str,
    ticket: (&str, &str),
) -> Response {
    let (id, issue_key) = ticket;
    let body = json!({
        "provider": "linear", "project_slug": "web", "mission_id": mission, "mission_slug": mission,
        "repository": "acme/web", "external_issue_id": id, "external_issue_key": issue_key,
        "external_issue_url": "https://elsewhere.example/x", "external_title": "Another title",
        "external_status": "Another status",
    });
    let headers = [
        ("authorization", &*format!("Bearer {token}")),
        ("idempotency-key", key),
    ];
    server.post(BIND_PATH, &headers, &body)
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push(path);
        }
    }
    all
}

#[test]
fn a_connection_is_added_listed_tested_and_removed() {
    let (tracker, sandbox) = (linear(), Sandbox::new());
    connect(&sandbox, &tracker);
    let url = format!("{}/graphql", tracker.url());
    let account = json!({"id": "u1", "name": "Ada Lovelace", "email": "ada@example.com"});

    let list =
        admin(&sandbox, &["connection", "list"]).answer("spec-kitty.admin-connection-list/1");
    assert_eq!(
        list["connections"],
        json!([{
            "id": 1, "name": "work", "provider": "linear", "url": url, "user": null,
            "token_file": null, "deployment": null, "projects": 1,
        }])
    );
    let test = admin(&sandbox, &["connection", "test", "work"]);
    let test = test.answer("spec-kitty.admin-connection-test/1");
    assert_eq!(test["account"], account);
    assert!(test["milliseconds"].is_u64(), "{test}");
    let resources = admin(&sandbox, &["connection", "resources", "work"]);
    let resources = resources.answer("spec-kitty.admin-connection-resources/1");
    let web = json!({"type": "linear_team", "id": TEAM, "key": "WEB", "name": "Web"});
    assert_eq!(resources["resources"][0], web);
    assert_eq!(resources["resources"].as_array().unwrap().len(), 2);
    let projects = admin(&sandbox, &["project", "list"]).answer("spec-kitty.admin-project-list/1");
    let project = &projects["projects"][0];
    assert_eq!(
        (&project["connection"], &project["resource_key"]),
        (&json!("work"), &json!("WEB"))
    );
    assert_eq!(project["resource_id"], TEAM);

    let again = add(&sandbox, "work", &["--provider", "linear", "--url", &url]);
    let again = again.answer("spec-kitty.admin-connection-add/1");
    assert_eq!(
        (&again["created"], &again["account"]),
        (&json!(false), &account)
    );
    let other = add(&sandbox, "work", &["--provider", "linear", "--no-check"]);
    assert_eq!(other.error(6, "none")["code"], "connection_in_use");

    let remove = ["connection", "remove", "work"];
    let refused = admin(&sandbox, &remove).error(6, "none");
    assert_eq!(
        (&refused["code"], &refused["details"]["projects"]),
        (&json!("connection_in_use"), &json!(1))
    );
    let forced = [&remove[..], &["--force"]].concat();
    assert_eq!(
        admin(&sandbox, &forced).error(7, "none")["code"],
        "input_required"
    );
    let forced = [&forced[..], &["--yes"]].concat();
    let removed = admin(&sandbox, &forced).answer("spec-kitty.admin-connection-remove/1");
    assert_eq!(removed["projects"], 1);
    assert_eq!(
        admin(&sandbox, &forced).error(3, "none")["code"],
        "not_found"
    );
    let projects = admin(&sandbox, &["project", "list"]).answer("spec-kitty.admin-project-list/1");
    assert_eq!(projects["projects"][0]["connection"], Value::Null);
}

#[test]
fn the_token_is_in_its_own_file_and_nowhere_else() {
    let (tracker, sandbox) = (linear(), Sandbox::new());
    connect(&sandbox, &tracker);
    let data = sandbox.state().join("control-plane");
    let token = data.join("connections/work.token");
    assert_eq!(fs::read_to_string(&token).unwrap(), format!("{TOKEN}\n"));
    assert_eq!(
        token.metadata().unwrap().permissions().mode() & 0o777,
        0o600
    );
    let folder = token.parent().unwrap().metadata().unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    for file in files(&data).into_iter().filter(|file| *file != token) {
        let bytes = fs::read(&file).unwrap();
        let found = bytes
            .windows(TOKEN.len())
            .any(|part| part == TOKEN.as_bytes());
        assert!(!found, "{}", file.display());
    }
    admin(
        &sandbox,
        &["connection", "remove", "work", "--force", "--yes"],
    )
    .succeeds();
    assert!(!token.exists());
}

#[test]
fn a_token_file_is_remembered_as_a_path() {
    let (tracker, sandbox) = (linear(), Sandbox::new());
    let file = sandbox.root().join("secret");
    let url = format!("{}/graphql", tracker.url());
    let words = [
        "connection",
        "add",
        "work",
        "--provider",
        "linear",
        "--url",
        &url,
    ];
    let words = [&words[..], &["--token-file", file.to_str().unwrap()]].concat();
    assert_eq!(
        admin(&sandbox, &words).error(10, "none")["code"],
        "io_error"
    );
    fs::write(&file, "two words\n").unwrap();
    assert_eq!(
        admin(&sandbox, &words).error(10, "none")["code"],
        "io_error"
    );
    fs::write(&file, format!(" {TOKEN}\n")).unwrap();
    let added = admin(&sandbox, &words).answer("spec-kitty.admin-connection-add/1");
    assert_eq!(added["token_file"], file.to_str().unwrap());
    assert!(!sandbox.state().join("control-plane/connections").exists());

    fs::write(&file, "lin_api_new").unwrap();
    tracker.forget();
    admin(&sandbox, &["connection", "test", "work"]).succeeds();
    assert_eq!(
        tracker.requests()[0].header("authorization"),
        Some("lin_api_new")
    );
}

#[test]
fn a_connection_that_does_not_work_is_not_stored() {
    let (tracker, sandbox) = (Server::start(), Sandbox::new());
    let url = format!("{}/graphql", tracker.url());
    let flags = ["--provider", "linear", "--url", &url];
    for (reply, exit, code) in [
        (
            linear_error(401, "AUTHENTICATION_ERROR"),
            5,
            "tracker_credential_refused",
        ),
        (linear_error(200, "FORBIDDEN"), 5, "tracker_forbidden"),
        (
            linear_error(400, "RATELIMITED").header("retry-after", "9"),
            9,
            "tracker_rate_limited",
        ),
        (Reply::html(503), 8, "tracker_unavailable"),
        (Reply::html(200), 8, "tracker_bad_answer"),
        (
            linear_error(200, "INVALID_INPUT"),
            2,
            "tracker_query_refused",
        ),
    ] {
        tracker.on("/graphql", reply);
        let error = add(&sandbox, "work", &flags).error(exit, "none");
        assert_eq!(error["code"], code);
    }
    let data = sandbox.state().join("control-plane");
    assert!(!data.join("connections").exists());
    let list =
        admin(&sandbox, &["connection", "list"]).answer("spec-kitty.admin-connection-list/1");
    assert_eq!(list["connections"], json!([]));
    tracker.forget();
    let stored = add(&sandbox, "work", &[&flags[..], &["--no-check"]].concat());
    let stored = stored.answer("spec-kitty.admin-connection-add/1");
    assert_eq!(
        (&stored["created"], &stored["account"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(tracker.requests().len(), 0);
}

#[test]
fn arguments_of_a_connection_are_checked() {
    let sandbox = Sandbox::new();
    let jira = ["--provider", "jira", "--no-check"];
    let linear = ["--provider", "linear", "--no-check"];
    for (name, flags) in [
        ("work", &jira[..]),
        (
            "work",
            &[&jira[..], &["--url", "http://jira.example.com"]].concat(),
        ),
        (
            "work",
            &[&jira[..], &["--url", "https://ada:pw@jira.example.com"]].concat(),
        ),
        ("work", &[&jira[..], &["--url", "jira"]].concat()[..5]),
        (
            "work",
            &[&linear[..], &["--user", "ada@example.com"]].concat(),
        ),
        ("../work", &linear[..]),
        (".work", &linear[..]),
        ("", &linear[..]),
        ("work", &[&linear[..], &["--token-file", "x"]].concat()),
    ] {
        let error = add(&sandbox, name, flags).error(2, "none");
        assert_eq!(error["code"], "usage", "{name} {flags:?}");
    }
    let none = ["connection", "add", "work", "--provider", "linear"];
    assert_eq!(admin(&sandbox, &none).error(2, "none")["code"], "usage");
    let words = [
        "admin",
        "connection",
        "add",
        "work",
        "--token-stdin",
        "--json",
    ];
    let empty = sandbox.run_with_input(&[&words[..], &linear].concat(), "\n");
    assert_eq!(empty.error(2, "none")["code"], "usage");
}

#[test]
fn a_project_is_mapped_to_a_key_that_the_connection_has() {
    let (tracker, sandbox) = (linear(), Sandbox::new());
    connect(&sandbox, &tracker);
    let map = |words: &[&str]| admin(&sandbox, &[&["project", "map", "api"], words].concat());
    let error = map(&["--connection", "work", "--resource", "OPS"]).error(3, "none");
    assert_eq!(error["code"], "not_found");
    assert_eq!(error["details"]["keys"], json!(["WEB", "API"]));
    let error = map(&["--connection", "home", "--resource", "WEB"]).error(3, "none");
    assert_eq!(error["code"], "not_found");
    for words in [
        &["--connection", "work"][..],
        &["--resource", "WEB"],
        &["--provider", "linear"],
        &[
            "--connection",
            "work",
            "--resource",
            "WEB",
            "--provider",
            "linear",
        ],
        &[],
    ] {
        assert_eq!(map(words).error(2, "none")["code"], "usage", "{words:?}");
    }
    let mapped = map(&["--connection", "work", "--resource", "api"]);
    let mapped = mapped.answer("spec-kitty.admin-project-map/1");
    assert_eq!(mapped["resource_id"], "t2");
    let imported = ["--provider", "linear", "--resource-type", "linear_team"];
    let imported = map(&[&imported[..], &["--resource-id", "t9"]].concat());
    let imported = imported.answer("spec-kitty.admin-project-map/1");
    assert_eq!(
        (&imported["created"], &imported["connection"]),
        (&json!(false), &Value::Null)
    );
}

#[test]
fn a_live_ticket_becomes_a_mission() {
    let tracker = linear();
    let (sandbox, server) = whole(&tracker);
    let found = sandbox.run(&["tracker", "search-origin", "sign in", "--json"]);
    let found = found.answer("spec-kitty.search-origin/1");
    let found: Vec<_> = found["candidates"].as_array().unwrap().iter().collect();
    assert_eq!(
        (found.len(), &found[0]["external_issue_key"]),
        (2, &json!("WEB-2"))
    );
    let started = sandbox.run(&["specify", "--from-ticket", "web-1", "--yes", "--json"]);
    started.answer("spec-kitty.specify/1");
    let origins = admin(&sandbox, &["origin", "list"]).answer("spec-kitty.admin-origin-list/1");
    let origin = &origins["origins"][0];
    assert_eq!(origin["external_issue_id"], "id-of-WEB-1");
    assert_eq!(origin["title"], "Ticket WEB-1");
    assert!(!server.log().contains(TOKEN) && !server.log().contains("Ticket"));
}

/// What Linear says about WEB-1, with this text.
fn with_text(tracker: &Server, text: &'static str) {
    tracker.handle("/graphql", move |request| {
        let body = request.json();
        if body["variables"]["id"] != "WEB-1" {
            return linear_answer(request);
        }
        let mut ticket = issue("WEB-1");
        ticket["description"] = text.into();
        ticket["branchName"] = "ada/web-1-ticket".into();
        Reply::json(200, &json!({"data": {"issue": ticket}}))
    });
}

#[test]
fn a_live_tickets_text_and_branch_are_the_missions() {
    let tracker = linear();
    let (sandbox, _server) = whole(&tracker);
    with_text(&tracker, "Because of the *tide*.");
    let start = ["specify", "--from-ticket", "web-1", "--branch", "--yes"];
    let started = sandbox.run(&[&start[..], &["--json"]].concat());
    let started = started.answer("spec-kitty.specify/1");
    assert_eq!(started["branch"], "ada/web-1-ticket");
    assert_eq!(started["target_branch"], "main");
    let folder = started["feature_dir"].as_str().unwrap();
    let file = sandbox.read(&format!("{folder}/research/ticket.md"));
    assert!(
        file.contains("\n```\nBecause of the *tide*.\n```\n"),
        "{file}"
    );
    let changed = || {
        let show = ["mission", "show", "web-1", "--refresh", "--json"];
        let answer = sandbox.run(&show).answer("spec-kitty.mission-show/1");
        answer["mission"]["changed"].clone()
    };
    let changes = |body: bool| json!({"title": false, "status": false, "body": body});
    assert_eq!(changed(), changes(false));
    for text in ["Because of the *moon*.", ""] {
        with_text(&tracker, text);
        // After a change of the connection, the server asks the tracker again at once.
        let url = format!("{}/graphql", tracker.url());
        let flags = ["--provider", "linear", "--url", &url];
        add(&sandbox, "work", &flags).succeeds();
        assert_eq!(changed(), changes(true), "{text:?}");
    }
}

/// Each failure of the tracker ends the command before anything is written.
#[test]
fn a_failure_of_the_tracker_leaves_the_repository_alone() {
    let tracker = linear();
    let (sandbox, server) = whole(&tracker);
    let before = sandbox.snapshot();
    let partial = json!({
        "data": {"issue": issue("WEB-1")}, "errors": [{"message": "half"}],
    });
    for (reply, exit, code) in [
        (
            linear_error(401, "AUTHENTICATION_ERROR"),
            5,
            "tracker_credential_refused",
        ),
        (Reply::html(401), 5, "tracker_credential_refused"),
        (linear_error(200, "FORBIDDEN"), 5, "tracker_forbidden"),
        (
            linear_error(400, "RATELIMITED").header("retry-after", "600"),
            9,
            "tracker_rate_limited",
        ),
        (Reply::html(502), 8, "tracker_unavailable"),
        (Reply::Drop, 8, "tracker_unavailable"),
        (Reply::html(200), 8, "tracker_bad_answer"),
        (Reply::json(200, &partial), 8, "tracker_bad_answer"),
        (
            Reply::redirect("https://elsewhere.example/"),
            8,
            "tracker_bad_answer",
        ),
        (
            linear_error(400, "INVALID_INPUT"),
            2,
            "tracker_query_refused",
        ),
    ] {
        tracker.on("/graphql", reply);
        let run = sandbox.run(&["specify", "--from-ticket", "WEB-1", "--yes", "--json"]);
        let error = run.error(exit, "none");
        assert_eq!(
            (&error["code"], &error["details"]["server_code"]),
            (&json!(code), &json!(code))
        );
        assert_eq!(error["user_action_required"], exit == 5, "{code}");
        if exit == 9 {
            assert_eq!(error["retry_after_seconds"], 600);
        }
        before.assert_same(&sandbox.snapshot());
    }
    tracker.on("/graphql", linear_error(200, "INPUT_ERROR"));
    let missing = sandbox.run(&["specify", "--from-ticket", "WEB-9", "--yes", "--json"]);
    assert_eq!(missing.error(3, "none")["code"], "ticket_not_found");
    tracker.on("/graphql", linear_error(401, "AUTHENTICATION_ERROR"));
    let refused = sandbox.run(&["tracker", "search-origin", "WEB-1"]);
    let text = refused.error_text(5);
    assert!(
        text.contains("work") && text.contains("admin connection add work"),
        "{text}"
    );
    assert!(!server.log().contains(TOKEN), "{}", server.log());
}

/// The server repeats a call that fails; the client must not repeat that.
#[test]
fn a_tracker_that_is_down_is_called_twice_for_one_command() {
    let tracker = linear();
    let (sandbox, _server) = whole(&tracker);
    for (reply, calls) in [
        (Reply::html(503), 2),
        (Reply::html(200), 1),
        (linear_error(401, "AUTHENTICATION_ERROR"), 1),
    ] {
        tracker.on("/graphql", reply);
        tracker.forget();
        let run = sandbox.run(&["tracker", "search-origin", "WEB-1", "--json"]);
        assert_ne!(run.code, 0);
        assert_eq!(tracker.requests().len(), calls, "{run:?}");
    }
}

#[test]
fn a_former_key_starts_a_mission_from_the_ticket_it_names_now() {
    let tracker = linear();
    let (sandbox, _server) = whole(&tracker);
    let started = sandbox.run(&["specify", "--from-ticket", "OLD-1", "--yes", "--json"]);
    let started = started.answer("spec-kitty.specify/1");
    assert_eq!(started["origin_ticket"]["external_issue_key"], "WEB-1");
}

#[test]
fn the_api_answers_failures_of_the_tracker_with_their_own_codes() {
    let tracker = linear();
    let (_sandbox, server) = whole(&tracker);
    let (token, _) = server.log_in();
    let text = json!({"query_text": "sign in"});
    for (reply, status, code, action) in [
        (
            linear_error(401, "AUTHENTICATION_ERROR"),
            403,
            "tracker_credential_refused",
            true,
        ),
        (
            linear_error(200, "FORBIDDEN"),
            403,
            "tracker_forbidden",
            true,
        ),
        (Reply::html(503), 503, "tracker_unavailable", false),
        (Reply::html(200), 502, "tracker_bad_answer", false),
        (
            linear_error(200, "INVALID_INPUT"),
            422,
            "tracker_query_refused",
            false,
        ),
    ] {
        tracker.on("/graphql", reply);
        let response = search(&server, &token, &text);
        assert_eq!(
            (response.status, &response.body["error_code"]),
            (status, &json!(code))
        );
        assert_eq!(response.body["user_action_required"], action, "{code}");
        assert_eq!(response.body["retryable"], status == 503, "{code}");
        let message = response.body["message"].as_str().unwrap();
        assert!(message.contains("connection work"), "{message}");
    }
    tracker.on(
        "/graphql",
        linear_error(200, "RATELIMITED").header("retry-after", "17"),
    );
    let response = search(&server, &token, &text);
    response.refuses(429, "tracker_rate_limited");
    assert_eq!(response.headers["retry-after"], "17");
    assert_eq!(response.body["retry_after_seconds"], 17);
    tracker.on("/graphql", linear_error(200, "INVALID_INPUT"));
    let message = search(&server, &token, &text).body["message"].clone();
    assert!(
        message
            .as_str()
            .unwrap()
            .contains("Linear says INVALID_INPUT"),
        "{message}"
    );
}

#[test]
fn a_search_by_key_takes_any_case_and_follows_a_move() {
    let tracker = linear();
    let (_sandbox, server) = whole(&tracker);
    let (token, _) = server.log_in();
    for (key, expected) in [("web-1", "WEB-1"), ("OLD-1", "WEB-1"), ("WEB-2", "WEB-2")] {
        let found = search(&server, &token, &json!({"query_key": key}));
        assert_eq!(keys(&found), [expected]);
        let candidate = &found.body["candidates"][0];
        assert_eq!(
            (&candidate["match_type"], &candidate["status_kind"]),
            (&json!("exact"), &json!("unstarted"))
        );
        assert_eq!(candidate["missions"], json!([]));
    }
    for key in ["WEB-9", "not a key", "../WEB-1"] {
        assert_eq!(
            keys(&search(&server, &token, &json!({"query_key": key}))),
            [""; 0]
        );
    }
    let done = json!({"query_key": "WEB-1", "status": "done"});
    assert_eq!(keys(&search(&server, &token, &done)), [""; 0]);
}

#[test]
fn the_same_question_is_asked_once_while_its_answer_is_fresh() {
    let tracker = linear();
    let (_sandbox, server) = whole(&tracker);
    let (token, _) = server.log_in();
    let text = |words: &str| search(&server, &token, &json!({"query_text": words}));
    assert_eq!(keys(&text("sign in")), ["WEB-2", "WEB-1"]);
    assert_eq!(keys(&text("sign in")), ["WEB-2", "WEB-1"]);
    assert_eq!(tracker.requests().len(), 1);
    assert_eq!(keys(&text("sign out")), ["WEB-2", "WEB-1"]);
    assert_eq!(tracker.requests().len(), 2);
    for _ in 0..2 {
        let missing = search(&server, &token, &json!({"query_key": "WEB-9"}));
        assert_eq!(keys(&missing), [""; 0]);
    }
    assert_eq!(tracker.requests().len(), 4);
}

#[test]
fn only_a_ticket_of_the_tracker_is_bound_and_with_its_own_fields() {
    let tracker = linear();
    let (sandbox, server) = whole(&tracker);
    let (token, _) = server.log_in();
    let bind = |key, mission, ticket| bind(&server, &token, key, mission, ticket);
    let missing = bind("k1", "1-a", ("id-of-WEB-9", "WEB-9"));
    missing.refuses(404, "ticket_not_found");
    // An import would not help.
    assert_eq!(missing.body["hint"], "search for the ticket again");
    bind("k2", "1-a", ("id-of-WEB-2", "WEB-1")).refuses(404, "ticket_not_found");
    bind("k3", "1-a", ("id-of-WEB-1", "WEB-1")).is_ok();
    let origins = admin(&sandbox, &["origin", "list"]).answer("spec-kitty.admin-origin-list/1");
    let origin = &origins["origins"][0];
    assert_eq!(origin["title"], "Ticket WEB-1");
    assert_eq!(origin["url"], "https://linear.app/acme/issue/WEB-1");

    // A ticket that was shown is not looked up again; a repeated bind needs no tracker.
    tracker.on("/graphql", Reply::html(503));
    bind("k3", "1-a", ("id-of-WEB-1", "WEB-1")).is_ok();
    bind("k4", "2-b", ("id-of-WEB-1", "web-1")).is_ok();
    bind("k5", "3-c", ("id-of-WEB-2", "WEB-2")).refuses(503, "tracker_unavailable");
    let origins = admin(&sandbox, &["origin", "list"]).answer("spec-kitty.admin-origin-list/1");
    assert_eq!(origins["origins"].as_array().unwrap().len(), 2);
    tracker.handle("/graphql", linear_answer);
    bind("k5", "3-c", ("id-of-WEB-2", "WEB-2")).is_ok();
}

#[test]
fn a_list_shows_the_tickets_of_the_tracker_page_by_page() {
    let tracker = linear();
    let (_sandbox, server) = whole(&tracker);
    let (token, _) = server.log_in();
    let list = |cursor: Value| {
        let body = json!({
            "provider": "linear", "project_slug": "web", "limit": 1, "status": "open",
            "cursor": cursor,
        });
        server.ask(&token, LIST_PATH, &body)
    };
    let first = list(Value::Null);
    let first = first.is_ok();
    assert_eq!(first["tickets"][0]["external_issue_key"], "WEB-2");
    assert_eq!(first["tickets"][0]["updated_at"], "2026-11-20T10:00:00Z");
    assert_eq!(first["tickets"][0]["missions"], json!([]));
    assert_eq!(
        (&first["has_more"], &first["next_cursor"]),
        (&json!(true), &json!("next"))
    );
    let last = list(json!("next"));
    let last = last.is_ok();
    assert_eq!(last["tickets"][0]["external_issue_key"], "WEB-1");
    assert_eq!(
        (&last["has_more"], &last["next_cursor"]),
        (&json!(false), &Value::Null)
    );
    // The owner of the credential is not the user of a team's server.
    let filter = &tracker.requests()[0].json()["variables"]["filter"];
    assert_eq!(filter["assignee"], Value::Null);
    assert_eq!(first["mine"], false);
    tracker.forget();
    let mine = json!({"provider": "linear", "project_slug": "web", "limit": 1, "mine": true});
    let refused = server.ask(&token, LIST_PATH, &mine);
    refused.refuses(422, "mine_unknown");
    assert!(refused.body["hint"].is_string(), "{refused:?}");
    assert_eq!(tracker.requests().len(), 0);
    tracker.on("/graphql", linear_error(401, "AUTHENTICATION_ERROR"));
    list(Value::Null).refuses(403, "tracker_credential_refused");
}

#[test]
fn a_search_by_key_has_the_text_of_the_ticket() {
    let tracker = linear();
    let (_sandbox, server) = whole(&tracker);
    let (token, _) = server.log_in();
    let found = |number: u32, description: &Value| {
        let key = format!("WEB-{number}");
        let mut issue = issue(&key);
        issue["description"] = description.clone();
        issue["assignee"] = json!({"name": "Ada\u{1b}[31m"});
        issue["branchName"] = json!("ada/web");
        tracker.on(
            "/graphql",
            Reply::json(200, &json!({"data": {"issue": issue}})),
        );
        let found = search(&server, &token, &json!({"query_key": key}));
        found.is_ok()["candidates"][0].clone()
    };
    let clean = found(1, &json!("one\u{1b}[2Jtwo\u{0}\r\nthree"));
    assert_eq!(clean["body"], "onetwo\nthree");
    assert_eq!(
        [
            &clean["assignee"],
            &clean["updated_at"],
            &clean["branch_name"]
        ],
        [
            &json!("Ada"),
            &json!("2026-11-20T10:00:00Z"),
            &json!("ada/web")
        ]
    );
    let cut = found(2, &json!("x".repeat(70_000)));
    let cut = cut["body"].as_str().unwrap();
    assert!(cut.len() <= 64 * 1024, "{}", cut.len());
    assert!(cut.ends_with("[cut: the rest of the description is not shown]\n"));
    assert_eq!(found(3, &Value::Null).get("body"), None);
}

#[test]
fn a_new_token_is_used_at_once() {
    let tracker = linear();
    let (sandbox, server) = whole(&tracker);
    let (token, _) = server.log_in();
    let ask = |key: &str| search(&server, &token, &json!({"query_key": key}));
    assert_eq!(keys(&ask("WEB-1")), ["WEB-1"]);
    let url = format!("{}/graphql", tracker.url());
    let words = [
        "admin",
        "connection",
        "add",
        "work",
        "--provider",
        "linear",
        "--url",
        &url,
    ];
    let words = [&words[..], &["--token-stdin"]].concat();
    sandbox.run_with_input(&words, "lin_api_new\n").succeeds();
    tracker.forget();
    assert_eq!(keys(&ask("WEB-1")), ["WEB-1"]);
    let requests = tracker.requests();
    assert_eq!(requests[0].header("authorization"), Some("lin_api_new"));
}

#[test]
fn a_jira_site_is_asked_what_it_is() {
    for (kind, deployment, version) in [("Cloud", "cloud", 3), ("Server", "data_center", 2)] {
        let (tracker, sandbox) = (Server::start(), Sandbox::new());
        let on =
            |path: &str, body: &Value| tracker.on(&format!("/jira{path}"), Reply::json(200, body));
        on("/rest/api/2/serverInfo", &json!({"deploymentType": kind}));
        let user = json!({"accountId": "5b10", "name": "ada", "displayName": "Ada"});
        on(&format!("/rest/api/{version}/myself"), &user);
        let project = json!({"id": "10042", "key": "IAM", "name": "Identity"});
        on(
            "/rest/api/3/project/search",
            &json!({"values": [project], "isLast": true}),
        );
        on("/rest/api/2/project", &json!([project]));
        on(
            &format!("/rest/api/{version}/issue/IAM-1"),
            &json!({
                "id": "7", "key": "IAM-1", "fields": {
                    "summary": "Log in", "project": {"id": "10042"},
                    "status": {"name": "Open", "statusCategory": {"key": "new"}},
                },
            }),
        );
        let site = format!("{}/jira/", tracker.url());
        let flags = [
            "--provider",
            "jira",
            "--url",
            &site,
            "--user",
            "ada@example.com",
        ];
        let flags = if version == 3 {
            &flags[..]
        } else {
            &flags[..4]
        };
        // Without a check, the kind is found out at the first call.
        let unchecked = [flags, &["--no-check"]].concat();
        let added = add(&sandbox, "work", &unchecked).answer("spec-kitty.admin-connection-add/1");
        assert_eq!(added["deployment"], Value::Null);
        let map = [
            "project",
            "map",
            "web",
            "--connection",
            "work",
            "--resource",
            "IAM",
        ];
        admin(&sandbox, &map).answer("spec-kitty.admin-project-map/1");
        let added = add(&sandbox, "work", flags).answer("spec-kitty.admin-connection-add/1");
        assert_eq!(
            (&added["deployment"], &added["created"]),
            (&json!(deployment), &json!(false))
        );

        ControlPlane::add_user(&sandbox, "kit", "harbour", "jira");
        let server = ControlPlane::start(&sandbox, &[]);
        let (token, _) = server.log_in();
        let found = search(
            &server,
            &token,
            &json!({"provider": "jira", "query_key": "iam-1"}),
        );
        assert_eq!(keys(&found), ["IAM-1"]);
        assert_eq!(
            found.body["candidates"][0]["url"],
            format!("{site}browse/IAM-1")
        );
        let scheme = if version == 3 { "Basic " } else { "Bearer " };
        let last = tracker.requests().pop().unwrap();
        assert!(last.header("authorization").unwrap().starts_with(scheme));
        // A refused credential looks like a missing ticket.
        let gone = json!({"errorMessages": ["Issue does not exist"], "errors": {}});
        let gone = Reply::json(404, &gone).header("x-seraph-loginreason", "AUTHENTICATED_FAILED");
        tracker.on(&format!("/jira/rest/api/{version}/issue/IAM-2"), gone);
        let refused = search(
            &server,
            &token,
            &json!({"provider": "jira", "query_key": "IAM-2"}),
        );
        assert_eq!(
            (refused.status, &refused.body["error_code"]),
            (403, &json!("tracker_credential_refused"))
        );
    }
}
