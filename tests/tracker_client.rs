//! The tracker calls: the request, and the meaning of each answer.

use std::time::Duration;

use serde_json::{Value, json};
use spec_kitty::internals::Session;
use spec_kitty::internals::World;
use spec_kitty::internals::{BindRequest, SearchRequest};
use spec_kitty::internals::{BindResponse, SearchResponse};
use spec_kitty::internals::{ControlPlaneClient, TrackerError};
use spec_kitty::internals::{Deadline, RefusalKind};

use crate::support::{
    BIND_PATH, REFRESH_PATH, Reply, SEARCH_PATH, Sandbox, Server, bind_answer, case_table, expand,
};

fn with_client<T>(server: &Server, use_it: impl FnOnce(&ControlPlaneClient<'_>) -> T) -> T {
    let sandbox = Sandbox::new();
    sandbox.log_in(&server.url());
    let state = sandbox.state();
    let world = World::with_variables("/".into(), [("SPEC_KITTY_HOME", &state)]);
    let deadline = Deadline::after(&world, Duration::from_mins(1));
    use_it(&ControlPlaneClient::new(
        Session::open(&world, None, deadline).unwrap(),
    ))
}

fn search(server: &Server) -> Result<SearchResponse, TrackerError> {
    let request = SearchRequest {
        provider: "linear".to_owned(),
        project_slug: Some("web".to_owned()),
        binding_ref: None,
        limit: 10,
        query_key: Some(" web-1 ".to_owned()),
        query_text: None,
        status: None,
    };
    with_client(server, |client| client.search_issues(&request))
}

fn bind(server: &Server) -> Result<BindResponse, TrackerError> {
    let request = BindRequest {
        provider: "linear".to_owned(),
        project_slug: None,
        binding_ref: Some("ref".to_owned()),
        mission_id: "061-web-1".to_owned(),
        mission_slug: Some("061-web-1".to_owned()),
        repository: None,
        exclusive: false,
        external_issue_id: "1".to_owned(),
        external_issue_key: "WEB-1".to_owned(),
        external_issue_url: "https://x/1".to_owned(),
        external_title: "T\u{202e}".to_owned(),
        external_status: String::new(),
    };
    with_client(server, |client| {
        client.bind_mission_origin(&request, "key-1")
    })
}

#[test]
fn a_search_sends_the_query_as_given() {
    let server = Server::start();
    let body = json!({"candidates": [], "resource_type": "", "resource_id": ""});
    server.on(SEARCH_PATH, Reply::json(200, &body));
    assert!(search(&server).unwrap().candidates.is_empty());
    let sent = json!({"provider": "linear", "project_slug": "web", "limit": 10,
        "query_key": " web-1 "});
    assert_eq!(server.requests()[0].json(), sent);
}

#[test]
fn a_bind_carries_its_key_through_every_repetition() {
    let server = Server::start();
    server.on_each(
        BIND_PATH,
        [
            Reply::Drop,
            Reply::html(502),
            Reply::json(200, &bind_answer()),
        ],
    );
    assert_eq!(
        bind(&server).unwrap().origin_link_id.as_deref(),
        Some("link-1")
    );
    let requests = server.requests_to(BIND_PATH);
    assert_eq!(requests.len(), 3);
    for request in requests {
        assert_eq!(request.header("idempotency-key"), Some("key-1"));
        assert_eq!(request.json()["binding_ref"], "ref");
        assert_eq!(request.json().get("project_slug"), None);
    }
}

#[test]
fn each_answer_to_a_search_is_read_as_its_case_says() {
    let server = Server::start();
    for case in case_table(include_str!("cases/search_response_cases.json")) {
        let name = &case["name"];
        let body = match (&case["raw"], &case["raw_b64"]) {
            (Value::String(raw), _) => raw.clone().into_bytes(),
            (_, Value::String(_)) => b"\xff\xfe{\0}\0".to_vec(),
            _ => expand(&case["body"]).to_string().into_bytes(),
        };
        server.on(SEARCH_PATH, Reply::raw(body));
        match (search(&server), case["expect"].as_str()) {
            (Ok(found), Some("accepted")) => {
                assert_eq!(json!(found.candidates.len()), case["candidates"], "{name}");
            }
            (Err(TrackerError::BadResponse(_)), Some("bad_response")) => {}
            (result, _) => panic!("{name}: {result:?}"),
        }
    }
}

#[test]
fn each_refusal_of_a_bind_is_told_apart() {
    let name = |error: &TrackerError| match error {
        TrackerError::Session(_) => "session",
        TrackerError::NotSupported => "not_supported",
        TrackerError::BadResponse(_) => "bad_response",
        TrackerError::Refused(refusal) => match refusal.kind {
            RefusalKind::Unauthenticated => "unauthenticated",
            RefusalKind::Forbidden => "forbidden",
            RefusalKind::NotFound => "not_found",
            RefusalKind::Conflict => "conflict",
            RefusalKind::Invalid => "invalid",
            RefusalKind::RateLimited => "rate_limited",
            RefusalKind::Unavailable => "unavailable",
            RefusalKind::Unexpected => "unexpected",
        },
    };
    let refusal = |status| Reply::refusal(status, "the_code", "the words");
    let act = |status| Reply::json(status, &json!({"user_action_required": true}));
    // What it is, whether it is a definite no, whether the bind may stand.
    let table = [
        (refusal(400), "unexpected", false, false),
        (refusal(403), "forbidden", true, false),
        (refusal(404), "not_found", true, false),
        (refusal(409), "conflict", true, false),
        (refusal(422), "invalid", true, false),
        (
            refusal(429).header("retry-after", "3600"),
            "rate_limited",
            false,
            false,
        ),
        (refusal(500), "unavailable", false, true),
        (refusal(503), "unavailable", false, true),
        (act(400), "forbidden", true, false),
        (act(404), "forbidden", true, false),
        (act(409), "conflict", true, false),
        (act(500), "forbidden", true, false),
        (refusal(401), "session", false, false),
        (
            Reply::redirect("https://elsewhere.example"),
            "session",
            false,
            true,
        ),
        (Reply::Drop, "session", false, true),
        (Reply::html(200), "bad_response", false, true),
        (
            Reply::json(201, &json!({"origin_link_id": "1"})),
            "bad_response",
            false,
            true,
        ),
        (Reply::Garbage, "session", false, true),
    ];
    for (reply, expected, definite, may_stand) in table {
        let server = Server::start_for(&reply);
        server.on(BIND_PATH, reply.clone());
        let error = bind(&server).unwrap_err();
        assert_eq!(name(&error), expected, "{reply:?}");
        assert_eq!(error.is_definite_refusal(), definite, "{reply:?}");
        assert_eq!(error.may_have_arrived(), may_stand, "{reply:?}");
    }
}

/// Whatever the last attempt was told, an earlier one without an answer may have made the bind.
#[test]
fn an_earlier_attempt_without_an_answer_leaves_a_refusal_uncertain() {
    let refusal = |status| Reply::refusal(status, "no", "no");
    for last in [refusal(409), refusal(404), refusal(401)] {
        let server = Server::start();
        server.on_each(BIND_PATH, [Reply::Drop, last.clone()]);
        server.on(REFRESH_PATH, refusal(401));
        let error = bind(&server).unwrap_err();
        assert!(error.may_have_arrived(), "{last:?}: {error:?}");
        assert!(!error.is_definite_refusal(), "{last:?}: {error:?}");
    }
}

#[test]
fn the_servers_words_and_wait_are_kept() {
    let server = Server::start();
    let reply = Reply::refusal(429, "slow_down", "Too many").header("retry-after", "3600");
    server.on(SEARCH_PATH, reply);
    match search(&server) {
        Err(TrackerError::Refused(refusal)) => {
            assert_eq!(refusal.message, "Too many");
            assert_eq!(refusal.code.as_deref(), Some("slow_down"));
            assert_eq!(refusal.wait, Some(Duration::from_hours(1)));
        }
        other => panic!("{other:?}"),
    }
}
