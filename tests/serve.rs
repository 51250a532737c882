//! `spec-kitty serve`, over the wire.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, prlimit};
use serde_json::{Value, json};

use crate::support::{
    BIND_PATH, ControlPlane, EVENTS_PATH, LINEAR_TEAM, PASSWORD, REFRESH_PATH, Response,
    SEARCH_PATH, Sandbox, Server, TOKEN_PATH, read_response, tokens,
};

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn keys(response: &Response) -> Vec<&str> {
    let candidates = response.is_ok()["candidates"].as_array().unwrap();
    let key = |candidate: &'_ Value| candidate["external_issue_key"].as_str().map(str::to_owned);
    assert!(candidates.iter().all(|c| key(c).is_some()));
    candidates
        .iter()
        .map(|c| c["external_issue_key"].as_str().unwrap())
        .collect()
}

/// Prints its address in one line at once; exits with 0 and without more output.
#[test]
fn starts_and_stops() {
    let sandbox = Sandbox::new();
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = ControlPlane::start(&sandbox, &[]);
        server.call("GET", "/healthz", &[], b"").is_ok();
        server.signal(signal);
        assert_eq!(server.wait(), (Some(0), String::new()));
        assert!(server.log().contains("stopped"), "{}", server.log());
    }
    let mut child = sandbox
        .command(&["serve", "--json", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut documents =
        serde_json::Deserializer::from_reader(child.stdout.take().unwrap()).into_iter::<Value>();
    let document = documents.next().unwrap().unwrap();
    let url = document["url"].as_str().unwrap();
    assert_eq!(
        document,
        json!({"schema": "spec-kitty.serve/1", "result": "success", "url": url, "warnings": []})
    );
    let id = Pid::from_child(&child);
    rustix::process::kill_process(id, Signal::TERM).unwrap();
    assert!(documents.next().is_none(), "nothing at the end");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

/// Mutation check: with `log_internal_errors(true)`, which prints failed writes to stderr, all of
/// this panics.
#[test]
fn a_log_that_cannot_be_written_changes_nothing() {
    let sandbox = Sandbox::new();
    fill(&sandbox);
    let (reader, gone) = std::io::pipe().unwrap();
    drop(reader);
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    for log in [Stdio::from(full()), Stdio::from(gone)] {
        let mut server = ControlPlane::start_with_log(&sandbox, log);
        let (access, _) = server.log_in();
        bind(&server, &access, "a", &bind_body("061-web-1", "1")).is_ok();
        server.call("GET", "/healthz", &[], b"").is_ok();
        server.signal(Signal::TERM);
        assert_eq!(server.wait(), (Some(0), String::new()));
    }

    let server = Server::start();
    let client = Sandbox::ready(&server);
    let search = ["tracker", "search-origin", "--key", "WEB-1"];
    let quietly = client.run(&search).code;
    let mut command = client.command(&[&search[..], &["-v"]].concat());
    let run = command.stderr(full()).output().unwrap();
    assert_eq!(run.status.code(), Some(quietly), "{run:?}");
}

#[test]
fn refuses_to_start_where_it_should_not() {
    let sandbox = Sandbox::new();
    let serve = |address: &str, more: &[&str]| {
        sandbox.run(&[&["serve", "--json", "--listen", address][..], more].concat())
    };
    let error = serve("0.0.0.0:0", &[]).error(2, "none");
    assert_eq!(error["code"], "insecure_address");
    serve("nowhere", &[]).error(2, "none");

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let error = serve(&taken.local_addr().unwrap().to_string(), &[]).error(6, "none");
    assert_eq!(error["code"], "address_in_use");

    let file = sandbox.root().join("file");
    fs::write(&file, "").unwrap();
    serve("127.0.0.1:0", &["--data", file.to_str().unwrap()]).error(10, "none");

    let folder = sandbox.root().join("store");
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("control-plane.sqlite3"),
        "no database at all".repeat(99),
    )
    .unwrap();
    let error = serve("127.0.0.1:0", &["--data", folder.to_str().unwrap()]).error(10, "none");
    assert_eq!(error["code"], "store_unusable");

    let everywhere = ControlPlane::start_at(&sandbox, "0.0.0.0:0", &["--behind-tls-proxy"]);
    assert!(everywhere.url().starts_with("http://0.0.0.0:"));
}

#[test]
fn a_port_alone_is_a_port_of_loopback() {
    let sandbox = Sandbox::new();
    for address in ["0", ":0", "localhost:0", "127.0.0.1:0"] {
        let server = ControlPlane::start_at(&sandbox, address, &[]);
        assert!(server.url().starts_with("http://127.0.0.1:"), "{address}");
        server.call("GET", "/healthz", &[], b"").is_ok();
    }
    for wrong in [
        "",
        ":",
        "65536",
        "localhost",
        "example.org:8460",
        "::1",
        "0.0.0.0",
    ] {
        let run = sandbox.run(&["serve", "--json", "--listen", wrong]);
        assert_eq!(run.error(2, "none")["code"], "usage", "{wrong}");
    }
}

#[test]
fn every_error_wears_the_envelope() {
    let sandbox = Sandbox::new();
    let server = ControlPlane::filled(&sandbox);
    let (access, _) = server.log_in();
    server
        .call("GET", "/", &[], b"")
        .refuses(404, "no_such_path");
    server
        .call("POST", "/api/v1/token", &[], b"")
        .refuses(404, "no_such_path");
    for (method, path) in [
        ("GET", TOKEN_PATH),
        ("PUT", SEARCH_PATH),
        ("POST", "/healthz"),
    ] {
        let refused = server.call(method, path, &[], b"");
        refused.refuses(405, "method_not_allowed");
        assert!(refused.headers.contains_key("allow"), "{refused:?}");
    }
    let log_in = |body: &[u8]| server.call("POST", TOKEN_PATH, &[], body);
    log_in(b"").refuses(400, "bad_request");
    log_in(b"{\"username\": ").refuses(400, "bad_request");
    log_in(b"\xff\xfe").refuses(400, "bad_request");
    log_in(b"[]").refuses(422, "validation_error");
    log_in(b"[\"kit\", \"x\"]").refuses(422, "validation_error");
    log_in(b"{\"username\": \"kit\"}").refuses(422, "validation_error");
    log_in(b"{\"username\": 1, \"password\": \"x\"}").refuses(422, "validation_error");
    log_in(&vec![b' '; 64 * 1024]).refuses(400, "bad_request");
    log_in(&vec![b' '; 64 * 1024 + 1]).refuses(413, "too_large");
    log_in(&vec![b' '; 16 * 1024 * 1024]).refuses(413, "too_large");
    let token = bearer(&access);
    for (path, encoding) in [(SEARCH_PATH, "gzip"), (EVENTS_PATH, "br")] {
        let headers = [("authorization", &*token), ("content-encoding", encoding)];
        server
            .call("POST", path, &headers, b"")
            .refuses(415, "unsupported_encoding");
    }
    // The server still works.
    server.call("GET", "/healthz", &[], b"").is_ok();
}

/// A client that writes to a closed connection may never read the answer: a delivery with an expired
/// token would then not refresh its session.
#[test]
fn a_refused_client_may_finish_first() {
    let sandbox = Sandbox::new();
    let server = ControlPlane::start(&sandbox, &[]);
    let body = vec![b' '; 8 * 1024 * 1024];
    for (path, status) in [(EVENTS_PATH, "401"), (TOKEN_PATH, "413"), ("/", "404")] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(answer, format!("HTTP/1.1 {status}").as_bytes());
    }
}

#[test]
fn logs_in_who_knows_the_password() {
    let sandbox = Sandbox::new();
    let server = ControlPlane::filled(&sandbox);
    let log_in = |user: &str, password: &str, team: &[(&str, &str)]| {
        let body = json!({"username": user, "password": password});
        server.post(TOKEN_PATH, team, &body)
    };
    log_in("kit", "wrong", &[]).refuses(401, "invalid_credentials");
    log_in("kit", "", &[]).refuses(401, "invalid_credentials");
    log_in("Kit", PASSWORD, &[]).refuses(401, "invalid_credentials");
    log_in("nobody", PASSWORD, &[]).refuses(401, "invalid_credentials");
    log_in("kit' OR 1=1 --", PASSWORD, &[]).refuses(401, "invalid_credentials");
    log_in("kit", PASSWORD, &[("x-team-slug", "office")]).refuses(403, "not_in_team");

    let session = log_in("kit", PASSWORD, &[("x-team-slug", "harbour")]);
    let body = session.is_ok();
    assert_eq!(body["team_slug"], "harbour");
    assert_eq!(
        (&body["access_lifetime"], &body["refresh_lifetime"]),
        (&900.into(), &604_800.into())
    );
    let (access, refresh) = tokens(&session);
    assert_eq!((access.len(), refresh.len()), (64, 64));
    let (other, _) = server.log_in();
    assert_ne!(access, other);

    let search = json!({"provider": "linear", "project_slug": "web", "limit": 1, "query_key": "x"});
    server.ask(&access, SEARCH_PATH, &search).is_ok();
    for path in [SEARCH_PATH, BIND_PATH, EVENTS_PATH] {
        let refused = server.post(path, &[], &json!({}));
        refused.refuses(401, "not_authenticated");
        server
            .ask(&refresh, path, &json!({}))
            .refuses(401, "token_not_valid");
        server
            .ask("", path, &json!({}))
            .refuses(401, "not_authenticated");
        let basic = [("authorization", format!("Basic {access}"))];
        let basic = basic
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        server
            .post(path, &basic, &json!({}))
            .refuses(401, "not_authenticated");
        let foreign = [
            ("authorization", &*bearer(&access)),
            ("x-team-slug", "office"),
        ];
        server
            .post(path, &foreign, &json!({}))
            .refuses(403, "not_in_team");
    }
    // Neither the log nor the store contains a token or a password.
    let log = server.stop();
    let mut kept = log.into_bytes();
    for entry in fs::read_dir(sandbox.state().join("control-plane")).unwrap() {
        kept.extend(fs::read(entry.unwrap().path()).unwrap());
    }
    for secret in [&access, &refresh, PASSWORD] {
        let found = kept.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(!found, "{secret} was kept");
    }
}

#[test]
fn a_refresh_token_is_good_for_one_use() {
    let sandbox = Sandbox::new();
    let server = ControlPlane::filled(&sandbox);
    let search = json!({"provider": "linear", "project_slug": "web", "limit": 1, "query_key": "x"});
    let works = |access: &str| server.ask(access, SEARCH_PATH, &search).status == 200;
    let renew = |refresh: &str| server.post(REFRESH_PATH, &[], &json!({"refresh": refresh}));
    let (first_access, first_refresh) = server.log_in();
    let (bystander, _) = server.log_in();

    // The answer may be lost, so the same token can be sent again for a while.
    let (lost_access, lost_refresh) = tokens(&renew(&first_refresh));
    assert!(works(&lost_access) && !works(&first_access));
    let (second_access, second_refresh) = tokens(&renew(&first_refresh));
    renew(&lost_refresh).refuses(401, "token_not_valid");
    assert!(!works(&lost_access));
    assert!(works(&second_access) && !works(&first_access));
    let (third_access, third_refresh) = tokens(&renew(&second_refresh));
    assert!(works(&third_access));

    renew(&first_refresh).refuses(401, "token_not_valid");
    assert!(!works(&third_access), "the session outlived the theft");
    renew(&third_refresh).refuses(401, "token_not_valid");
    assert!(works(&bystander), "another session ended with it");
    renew("unknown").refuses(401, "token_not_valid");
    renew(&bystander).refuses(401, "token_not_valid");
    server
        .post(REFRESH_PATH, &[], &json!({}))
        .refuses(422, "validation_error");
}

#[test]
fn searches_by_key_and_by_text() {
    let sandbox = Sandbox::new();
    let server = ControlPlane::filled(&sandbox);
    let (access, _) = server.log_in();
    let search = |more: Value| {
        let mut body = json!({"provider": "linear", "project_slug": "web", "limit": 10});
        let Value::Object(more) = more else { panic!() };
        body.as_object_mut().unwrap().extend(more);
        server.ask(&access, SEARCH_PATH, &body)
    };
    let found = search(json!({"query_key": "web-123"}));
    let body = found.is_ok();
    assert_eq!(body["resource_type"], "linear_team");
    assert_eq!(body["resource_id"], LINEAR_TEAM);
    let candidate = &body["candidates"][0];
    assert_eq!(candidate["external_issue_key"], "WEB-123");
    assert_eq!(candidate["match_type"], "exact");
    assert_eq!(candidate["status"], "Todo");
    assert!(candidate["url"].as_str().unwrap().ends_with("/WEB-123"));

    for (query, expected) in [
        (json!({"query_key": "WEB-12"}), &[][..]),
        (json!({"query_key": "IAM-42"}), &[]),
        (json!({"query_key": "WEB-%"}), &[]),
        (
            json!({"query_key": "WEB-123", "query_text": "tooltip"}),
            &["WEB-123"],
        ),
        (
            json!({"query_key": "WEB-999", "query_text": "tooltip"}),
            &[],
        ),
        (
            json!({"query_key": "", "query_text": "tooltip"}),
            &["WEB-145"],
        ),
        (json!({"query_text": "TOOLTIP"}), &["WEB-145"]),
        (json!({"query_text": "web-145"}), &["WEB-145"]),
        (json!({"query_text": "grossenangaben"}), &[]),
        (json!({"query_text": "großenangaben cafe"}), &["WEB-127"]),
        (json!({"query_text": "港の地図"}), &["WEB-131"]),
        (json!({"query_text": "albatross"}), &["WEB-112"]),
        (json!({"query_text": "passkey"}), &[]),
        (json!({"query_text": "\"title\" OR body:* NOT ("}), &[]),
        (json!({"query_text": "?!"}), &[]),
    ] {
        assert_eq!(keys(&search(query.clone())), expected, "{query}");
    }
    // A match in the title ranks above one in the body.
    let ranked = search(json!({"query_text": "waiting list"}));
    assert_eq!(ranked.body["candidates"][0]["match_type"], "text");
    assert!(
        keys(&ranked).starts_with(&["WEB-124", "WEB-123"]),
        "{ranked:?}"
    );
    let ranked = search(json!({"query_text": "booking form"}));
    assert_eq!(keys(&ranked)[0], "WEB-117");
    assert_eq!(
        keys(&search(json!({"query_text": "the", "limit": 3}))).len(),
        3
    );

    for query in [
        json!({}),
        json!({"query_key": " ", "query_text": ""}),
        json!({"query_key": null}),
        json!({"query_text": "x", "limit": 0}),
        json!({"query_text": "x", "limit": 101}),
        json!({"query_text": "x", "limit": -1}),
        json!({"query_text": "x", "limit": "10"}),
        json!({"query_text": "x", "provider": "github"}),
        json!({"query_text": "x", "project_slug": ""}),
        json!({"query_text": "x", "project_slug": null}),
    ] {
        search(query).refuses(422, "validation_error");
    }
    let refused = search(json!({"query_text": "x", "project_slug": "moon"}));
    refused.refuses(404, "no_mapping");
    search(json!({"query_text": "x", "provider": "jira"})).refuses(404, "no_mapping");
    let jira = json!({"query_text": "x", "provider": "jira", "project_slug": "identity"});
    let refused = search(jira);
    refused.refuses(403, "account_not_linked");
    assert_eq!(refused.body["user_action_required"], true);

    let map = [
        "admin",
        "project",
        "map",
        "web",
        "--provider",
        "linear",
        "--json",
    ];
    let resource = [
        "--resource-type",
        "linear_team",
        "--resource-id",
        LINEAR_TEAM,
    ];
    let mapped = sandbox
        .run(&[&map[..], &resource[..]].concat())
        .answer("spec-kitty.admin-project-map/1");
    let by_reference = json!({"binding_ref": mapped["binding_ref"], "project_slug": null,
        "query_key": "WEB-101"});
    assert_eq!(keys(&search(by_reference)), ["WEB-101"]);
}

/// Also imports the tickets that [`bind_body`] names.
fn fill(sandbox: &Sandbox) {
    ControlPlane::fill(sandbox);
    ControlPlane::import_numbered(sandbox, 16);
}

fn bind_body(mission: &str, issue: &str) -> Value {
    json!({
        "provider": "linear", "project_slug": "web", "mission_id": mission, "mission_slug": mission,
        "external_issue_id": issue, "external_issue_key": format!("WEB-{issue}"),
        "external_issue_url": "https://linear.app/x", "external_title": "T", "external_status": "",
    })
}

fn bind(server: &ControlPlane, access: &str, key: &str, body: &Value) -> Response {
    let headers = [
        ("authorization", &*bearer(access)),
        ("idempotency-key", key),
    ];
    server.post(BIND_PATH, &headers, body)
}

#[test]
fn binds_one_origin_a_mission() {
    let sandbox = Sandbox::new();
    fill(&sandbox);
    let server = ControlPlane::start(&sandbox, &[]);
    let (access, _) = server.log_in();
    let body = bind_body("061-web-1", "1");
    let first = bind(&server, &access, "a", &body);
    let link = first.is_ok();
    assert!(link["origin_link_id"].is_string() && link["bound_at"].is_string());

    let again = bind(&server, &access, "a", &body);
    assert_eq!(again.is_ok(), link, "the same key");
    let mut spelled = body.clone();
    spelled["something_new"] = json!(1);
    assert_eq!(
        bind(&server, &access, "a", &spelled).is_ok(),
        link,
        "an unknown field"
    );
    assert_eq!(
        bind(&server, &access, "b", &body).is_ok(),
        link,
        "another key"
    );
    bind(&server, &access, "a", &bind_body("062-web-1", "1"))
        .refuses(422, "idempotency_key_reused");

    let other = bind_body("061-web-1", "2");
    let refused = bind(&server, &access, "c", &other);
    refused.refuses(409, "origin_conflict");
    assert!(
        refused.body["message"].as_str().unwrap().contains("WEB-1"),
        "{refused:?}"
    );
    assert_eq!(
        bind(&server, &access, "c", &other).body,
        refused.body,
        "the same refusal"
    );
    // A ticket may be the origin of more than one mission.
    let second = bind(&server, &access, "d", &bind_body("062-web-1", "1"));
    assert_ne!(second.is_ok()["origin_link_id"], link["origin_link_id"]);

    for field in [
        "mission_id",
        "mission_slug",
        "external_issue_id",
        "external_issue_key",
        "external_issue_url",
        "external_title",
    ] {
        let mut broken = bind_body("063-x", "1");
        broken[field] = json!("");
        let refused = bind(&server, &access, "e", &broken);
        refused.refuses(422, "validation_error");
        let message = refused.body["message"].as_str().unwrap();
        assert!(message.starts_with(field), "{field}: {message}");
        // Clients of 3.1 send no slug.
        if field != "mission_slug" {
            broken.as_object_mut().unwrap().remove(field);
            bind(&server, &access, "e", &broken).refuses(422, "validation_error");
        }
    }
    let mut broken = bind_body("063-x", "1");
    broken["external_issue_url"] = json!("javascript:alert(1)");
    bind(&server, &access, "e", &broken).refuses(422, "validation_error");
    broken = bind_body("063-x", "1");
    broken["project_slug"] = json!("moon");
    bind(&server, &access, "e", &broken).refuses(404, "no_mapping");
    broken["provider"] = json!("jira");
    broken["project_slug"] = json!("identity");
    bind(&server, &access, "e", &broken).refuses(403, "account_not_linked");
    let unkeyed = server.ask(&access, BIND_PATH, &bind_body("063-x", "1"));
    unkeyed.refuses(422, "idempotency_key_required");
    bind(&server, &access, "", &body).refuses(422, "idempotency_key_required");
    bind(&server, &access, &"k".repeat(256), &body).refuses(422, "idempotency_key_required");
    // A refusal does not use up the key.
    bind(&server, &access, "e", &bind_body("063-x", "1")).is_ok();

    server.stop();
    let server = ControlPlane::start(&sandbox, &[]);
    assert_eq!(
        bind(&server, &access, "f", &body).is_ok(),
        link,
        "after a restart"
    );
    assert_eq!(
        bind(&server, &access, "a", &body).is_ok(),
        link,
        "after a restart"
    );
}

/// A file that may not grow is a full disk. Mutation check: without a handler for SIGXFSZ the first
/// refused write ends the server.
#[test]
fn a_full_disk_heals_without_a_restart() {
    let sandbox = Sandbox::new();
    fill(&sandbox);
    let server = ControlPlane::start(&sandbox, &[]);
    let (access, _) = server.log_in();
    let bind = |n: usize| {
        let (mission, key) = (format!("061-web-{n}"), format!("key-{n}"));
        bind(&server, &access, &key, &bind_body(&mission, "1"))
    };
    bind(0).is_ok();
    let process = Pid::from_raw(server.id().cast_signed());
    let unlimited = getrlimit(Resource::Fsize);
    // Enough for the log, and for no bind.
    let full = Rlimit {
        current: Some(16 * 1024),
        ..unlimited
    };
    prlimit(process, Resource::Fsize, full).unwrap();
    for n in 1..9 {
        bind(n).refuses(503, "store_unavailable");
    }
    prlimit(process, Resource::Fsize, unlimited).unwrap();
    for n in 1..9 {
        bind(n).is_ok();
    }
    server.call("GET", "/healthz", &[], b"").is_ok();
    let log = server.stop();
    assert!(log.contains("a query of the store failed: "), "{log}");
}

#[test]
fn of_binds_that_race_one_wins() {
    let sandbox = Sandbox::new();
    fill(&sandbox);
    let server = ControlPlane::start(&sandbox, &[]);
    let (access, _) = server.log_in();
    let racing: Vec<_> = (0..16)
        .map(|n| (format!("key-{n}"), bind_body("061-race", &n.to_string())))
        .collect();
    let answers: Vec<Response> = std::thread::scope(|scope| {
        let threads: Vec<_> = racing
            .iter()
            .map(|(key, body)| scope.spawn(|| bind(&server, &access, key, body)))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let won = answers.iter().filter(|a| a.status == 200).count();
    let lost = answers.iter().filter(|a| a.status == 409).count();
    assert_eq!((won, lost), (1, 15), "{answers:?}");
    // The same request from everywhere is one bind.
    let body = bind_body("062-race", "7");
    let links: Vec<Value> = std::thread::scope(|scope| {
        let ask = |_| scope.spawn(|| bind(&server, &access, "one", &body).is_ok().clone());
        let threads: Vec<_> = (0..16).map(ask).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(links.iter().all(|link| *link == links[0]), "{links:?}");
    let status = sandbox.run(&["admin", "status", "--json"]);
    assert_eq!(
        status.answer("spec-kitty.admin-status/1")["origin_links"],
        2
    );
}

fn event(id: &str) -> Value {
    json!({
        "event_id": id, "event_type": "MissionOriginBound", "aggregate_id": "061-web-123",
        "aggregate_type": "Feature", "node_id": "0123456789ab", "lamport_clock": 7,
        "causation_id": null, "timestamp": "2026-11-22T10:00:00+00:00", "team_slug": "local",
        "project_uuid": "6f1a3a52-94cb-4ab1-9e3e-2f8d5b1c7a90", "project_slug": "p",
        "git_branch": null, "head_commit_sha": null, "repo_slug": null,
        "payload": {
            "feature_slug": "061-web-123", "provider": "linear", "external_issue_id": "9f1c",
            "external_issue_key": "WEB-123", "external_issue_url": "https://linear.app/x",
            "title": "T\u{1b}[31m",
        },
    })
}

const ONE: &str = "01M82EBYAN55CA467NJEDVWYNA";
const TWO: &str = "01M82EBYAN55CA467NJEDVWYNB";

#[test]
fn receives_events_once() {
    let sandbox = Sandbox::new();
    let server = ControlPlane::filled(&sandbox);
    let (access, _) = server.log_in();
    let send = |events: &Value| server.ask(&access, EVENTS_PATH, &json!({"events": events}));
    let verdicts = |response: &Response| -> Vec<(String, String)> {
        let results = response.is_ok()["results"].as_array().unwrap();
        let word = |result: &Value, key: &str| result[key].as_str().unwrap().to_owned();
        results
            .iter()
            .map(|r| (word(r, "event_id"), word(r, "status")))
            .collect()
    };
    let pairs = |expected: &[(&str, &str)]| -> Vec<(String, String)> {
        expected
            .iter()
            .map(|(id, status)| ((*id).to_owned(), (*status).to_owned()))
            .collect()
    };
    assert_eq!(verdicts(&send(&json!([]))), []);
    let mut broken = event("not-a-ulid");
    broken["event_id"] = json!("not-a-ulid");
    let mixed = send(&json!([event(ONE), broken, event(ONE), event(TWO)]));
    assert_eq!(
        verdicts(&mixed),
        pairs(&[
            (ONE, "success"),
            ("not-a-ulid", "rejected"),
            (ONE, "duplicate"),
            (TWO, "success")
        ])
    );
    assert_eq!(
        mixed.body["results"][1]["error_message"],
        "event_id must be a ULID"
    );
    assert_eq!(
        verdicts(&send(&json!([event(TWO)]))),
        pairs(&[(TWO, "duplicate")])
    );

    let packed = gzip(json!({"events": [event(ONE)]}).to_string().as_bytes());
    let headers = [
        ("authorization", &*bearer(&access)),
        ("content-encoding", "gzip"),
    ];
    let unpacked = server.call("POST", EVENTS_PATH, &headers, &packed);
    assert_eq!(verdicts(&unpacked), pairs(&[(ONE, "duplicate")]));

    // An event without an id cannot get a verdict: the whole batch is refused and nothing is stored.
    let third = "01M82EBYAN55CA467NJEDVWYNC";
    for nameless in [
        json!(1),
        json!("x"),
        json!([]),
        json!({}),
        json!({"event_id": ""}),
    ] {
        let refused = send(&json!([event(third), nameless]));
        refused.refuses(400, "bad_request");
        let message = refused.body["message"].as_str().unwrap();
        assert!(message.starts_with("events[1]: "), "{message}");
    }
    assert_eq!(
        verdicts(&send(&json!([event(third)]))),
        pairs(&[(third, "success")])
    );

    let status = sandbox.run(&["admin", "status", "--json"]);
    assert_eq!(status.answer("spec-kitty.admin-status/1")["events"], 3);
}

#[test]
fn an_event_of_another_user_does_not_count_as_sent() {
    let sandbox = Sandbox::new();
    let server = ControlPlane::filled(&sandbox);
    ControlPlane::add_user(&sandbox, "ada", "office", "linear");
    let (kit, _) = server.log_in();
    let (ada, _) = server.log_in_as("ada");
    let send = |token: &str, event: &Value| {
        let sent = server.ask(token, EVENTS_PATH, &json!({"events": [event]}));
        let result = sent.is_ok()["results"][0].clone();
        let message = result["error_message"].as_str().unwrap_or_default();
        (result["status"].clone(), message.to_owned())
    };
    let squatted = event(ONE);
    let mut real = event(ONE);
    real["payload"]["title"] = json!("Another title");
    assert_eq!(send(&ada, &squatted).0, "success");
    let (status, message) = send(&kit, &real);
    assert_eq!(status, "rejected");
    assert!(message.contains("event_id"), "{message}");
    // The same bytes are the same event, from any sender.
    assert_eq!(send(&kit, &squatted).0, "duplicate");
    // A user may send an event again in other words.
    assert_eq!(send(&ada, &real).0, "duplicate");
}

#[test]
fn bounds_a_batch_of_events() {
    let sandbox = Sandbox::new();
    let server = ControlPlane::filled(&sandbox);
    let (access, _) = server.log_in();
    let token = bearer(&access);
    let plain = [("authorization", &*token)];
    let packed = [("authorization", &*token), ("content-encoding", "gzip")];
    let send =
        |headers: &[(&str, &str)], body: &[u8]| server.call("POST", EVENTS_PATH, headers, body);
    let many = |n: usize| json!({"events": vec![event(ONE); n]}).to_string();
    send(&plain, many(1000).as_bytes()).is_ok();
    send(&plain, many(1001).as_bytes()).refuses(413, "too_large");
    send(&packed, &gzip(many(1001).as_bytes())).refuses(413, "too_large");

    let limit = 8 * 1024 * 1024;
    let padded = |length: usize| {
        let mut body = b"{\"events\":[]".to_vec();
        body.resize(length - 1, b' ');
        body.push(b'}');
        body
    };
    send(&plain, &padded(limit)).is_ok();
    send(&plain, &padded(limit + 1)).refuses(413, "too_large");
    send(&packed, &gzip(&padded(limit))).is_ok();
    send(&packed, &gzip(&padded(limit + 1))).refuses(413, "too_large");
    send(&packed, &gzip(&vec![b' '; 512 * 1024 * 1024])).refuses(413, "too_large");

    let tiny = format!("{{\"events\":[{}0]}}", "0,".repeat(4_000_000));
    send(&packed, &gzip(tiny.as_bytes())).refuses(413, "too_large");
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.unwrap().trim().trim_end_matches(" kB");
    let megabytes = peak.parse::<u64>().unwrap() / 1024;
    assert!(megabytes < 150, "{megabytes} MB");

    send(&packed, b"not gzip").refuses(400, "bad_request");
    let half = gzip(many(9).as_bytes());
    send(&packed, &half[..half.len() / 2]).refuses(400, "bad_request");
    send(&plain, b"{\"events\": {}}").refuses(422, "validation_error");
    send(&plain, b"{}").refuses(422, "validation_error");
    send(&plain, b"{\"events\": [").refuses(400, "bad_request");
    let deep = format!("{{\"events\": [{}]}}", "[".repeat(100_000));
    send(&plain, deep.as_bytes()).refuses(400, "bad_request");
}

#[test]
fn limits_how_often_a_user_asks() {
    let sandbox = Sandbox::new();
    ControlPlane::fill(&sandbox);
    let server = ControlPlane::start(&sandbox, &["--rate-limit", "5"]);
    let search = json!({"provider": "linear", "project_slug": "web", "limit": 1, "query_key": "x"});
    let (access, _) = server.log_in();
    for _ in 0..5 {
        server.ask(&access, SEARCH_PATH, &search).is_ok();
    }
    let refused = server.ask(&access, SEARCH_PATH, &search);
    refused.refuses(429, "rate_limited");
    assert_eq!(refused.body["retryable"], true);
    let seconds = refused.body["retry_after_seconds"].as_u64().unwrap();
    assert!((1..=12).contains(&seconds), "{refused:?}");
    assert_eq!(refused.headers["retry-after"], seconds.to_string());

    let wrong = json!({"username": "nobody", "password": "x"});
    let guess = || server.post(TOKEN_PATH, &[], &wrong).status;
    assert!(
        (0..80).map(|_| guess()).any(|status| status == 429),
        "guesses are not limited"
    );
}

/// Guessing passwords does not keep the owner out.
#[test]
fn limits_wrong_passwords_by_name_and_address() {
    let sandbox = Sandbox::new();
    ControlPlane::fill(&sandbox);
    let log_in = |server: &ControlPlane, password: &str, forwarded: &str| {
        let body = json!({"username": "kit", "password": password});
        let headers = [("x-forwarded-for", forwarded)];
        server.post(TOKEN_PATH, &headers, &body)
    };
    let server = ControlPlane::start(&sandbox, &["--behind-tls-proxy"]);
    // The proxy adds the last address; the client can send any others.
    let guess = |n: usize| log_in(&server, "wrong", &format!("192.0.2.{n}, 203.0.113.9"));
    assert!((0..80).any(|n| guess(n).status == 429));
    for _ in 0..70 {
        log_in(&server, PASSWORD, "203.0.113.9, 198.51.100.7").is_ok();
    }
    let server = ControlPlane::start(&sandbox, &[]);
    let guess = |n: usize| log_in(&server, "wrong", &format!("192.0.2.{n}"));
    assert!((0..80).any(|n| guess(n).status == 429), "without a proxy");
}

/// A request that is in progress at the signal is answered before the exit.
#[test]
fn stops_without_cutting_anybody_off() {
    let sandbox = Sandbox::new();
    let mut server = ControlPlane::filled(&sandbox);
    let body = json!({"username": "kit", "password": PASSWORD}).to_string();
    let (early, late) = body.split_at(10);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST {TOKEN_PATH} HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\n"
    )
    .unwrap();
    write!(stream, "content-length: {length}\r\n\r\n{early}").unwrap();
    // The server sends 100-continue once it handles the request.
    let mut interim = [0; 25];
    std::io::Read::read_exact(&mut stream, &mut interim).unwrap();
    assert_eq!(&interim[..], b"HTTP/1.1 100 Continue\r\n\r\n");
    let mut idle = TcpStream::connect(server.address()).unwrap();
    server.signal(Signal::TERM);
    while TcpStream::connect(server.address()).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(late.as_bytes()).unwrap();
    tokens(&read_response(&mut stream));
    let mut nothing = Vec::new();
    drop(std::io::Read::read_to_end(&mut idle, &mut nothing));
    assert_eq!(server.wait(), (Some(0), String::new()));
}

#[test]
fn a_second_signal_stops_at_once() {
    for signal in [Signal::INT, Signal::TERM] {
        second_signal_stops_at_once(signal);
    }
}

fn second_signal_stops_at_once(second: Signal) {
    let sandbox = Sandbox::new();
    let mut server = ControlPlane::start(&sandbox, &[]);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = "POST /api/v1/token/ HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n";
    write!(stream, "{head}content-length: 9\r\n\r\n").unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    server.signal(Signal::TERM);
    while TcpStream::connect(server.address()).is_ok() {
        std::thread::yield_now();
    }
    server.signal(second);
    assert_eq!(server.wait(), (Some(0), String::new()));
    let log = server.log();
    assert!(log.contains("stopped at once"), "{log}");
    assert!(!log.contains("connections cut off"), "{log}");
}

#[test]
fn the_log_holds_ids_and_nothing_of_what_was_said() {
    let sandbox = Sandbox::new();
    fill(&sandbox);
    let server = ControlPlane::start(&sandbox, &[]);
    let (access, refresh) = server.log_in();
    let search = json!({"provider": "linear", "project_slug": "web", "limit": 9, "query_text": "waiting list"});
    server.ask(&access, SEARCH_PATH, &search).is_ok();
    bind(&server, &access, "the-key", &bind_body("061-web-1", "1")).is_ok();
    server
        .ask(&access, EVENTS_PATH, &json!({"events": [event(ONE)]}))
        .is_ok();
    let unknown = server.call("GET", "/secret-in-a-path?token=secret", &[], b"");
    assert_eq!(unknown.status, 404);
    let log = server.stop();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert!(
            line["timestamp"].is_string() && line["level"].is_string(),
            "{line}"
        );
    }
    for present in [
        "\"session\":1",
        "\"user\":1",
        SEARCH_PATH,
        "\"status\":200",
        "milliseconds",
    ] {
        assert!(log.contains(present), "{present} is not in\n{log}");
    }
    for absent in [
        &*access,
        &*refresh,
        PASSWORD,
        "waiting",
        "berth",
        "secret",
        "the-key",
        "linear.app",
        "Bearer",
    ] {
        assert!(!log.contains(absent), "{absent} is in\n{log}");
    }
}
