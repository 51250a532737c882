//! `spec-kitty tracker search-origin`.

use serde_json::{Value, json};

use crate::support::{
    ACCESS_TOKEN, Output, Reply, SEARCH_PATH, Sandbox, Server, candidate, case_table, expand,
    search_answer,
};

const SCHEMA: &str = "spec-kitty.search-origin/1";

fn search(sandbox: &Sandbox, arguments: &[&str]) -> Output {
    sandbox.run(&[&["tracker", "search-origin"], arguments].concat())
}

#[test]
fn the_answer_has_the_documented_keys() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let answer = search(&sandbox, &["WEB-123", "--json"]).answer(SCHEMA);
    assert_eq!(
        answer,
        json!({
            "schema": SCHEMA,
            "result": "success",
            "candidates": [candidate("WEB-123", "Login page", "exact")],
            "provider": "linear",
            "resource_type": "linear_team",
            "resource_id": "team-web",
            "query_used": "WEB-123",
            "warnings": [],
        })
    );
}

#[test]
fn the_request_carries_token_team_and_agent() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    search(&sandbox, &["WEB-123"]).succeeds();
    let requests = server.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    let request = &requests[0];
    assert_eq!(request.method, "POST");
    assert_eq!(request.path, SEARCH_PATH);
    let bearer = format!("Bearer {ACCESS_TOKEN}");
    assert_eq!(request.header("authorization"), Some(&*bearer));
    assert_eq!(request.header("x-team-slug"), Some("acme"));
    let agent = concat!("spec-kitty/", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.header("user-agent"), Some(agent));
    assert_eq!(request.header("content-type"), Some("application/json"));
}

#[test]
fn a_reference_is_a_key_search_and_anything_else_a_text_search() {
    let server = Server::start();
    let found = search_answer(&[candidate("WEB-123", "Login page", "exact")]);
    server.on(SEARCH_PATH, Reply::json(200, &found));
    let sandbox = Sandbox::ready(&server);
    let rows: [(&[&str], Option<&str>, Option<&str>); 12] = [
        (&["WEB-123"], Some("WEB-123"), None),
        (&["web-123"], Some("web-123"), None),
        (&["linear:WEB-123"], Some("WEB-123"), None),
        (
            &["https://linear.app/acme/issue/WEB-123/login-page"],
            Some("WEB-123"),
            None,
        ),
        (
            &["https://linear.app/acme/issue/WEB-123"],
            Some("WEB-123"),
            None,
        ),
        (&["login page"], None, Some("login page")),
        (&["login"], None, Some("login")),
        (&["WEB"], None, Some("WEB")),
        (&["--key", "login"], Some("login"), None),
        (&["--text", "WEB-123"], None, Some("WEB-123")),
        (
            &["--key", "WEB-123", "--text", "login"],
            Some("WEB-123"),
            Some("login"),
        ),
        (&["--text", " two  spaces "], None, Some(" two  spaces ")),
    ];
    for (arguments, key, text) in rows {
        server.forget();
        let answer = search(&sandbox, &[arguments, &["--json"]].concat()).answer(SCHEMA);
        let requests = server.requests_to(SEARCH_PATH);
        assert_eq!(requests.len(), 1, "{arguments:?}");
        let body = requests[0].json();
        // A reference is accepted in any letter case; which of them is sent is not fixed.
        let sent = body.get("query_key").and_then(Value::as_str);
        assert!(
            sent.map(str::to_uppercase) == key.map(str::to_uppercase),
            "{arguments:?}: {body}"
        );
        assert_eq!(
            body.get("query_text").and_then(Value::as_str),
            text,
            "{arguments:?}: {body}"
        );
        assert_eq!(body["provider"], "linear");
        assert_eq!(body["project_slug"], "web");
        assert!(body["limit"].is_u64(), "{body}");
        let used = answer["query_used"].as_str().unwrap();
        assert_eq!(used, sent.or(text).unwrap(), "{arguments:?}");
    }
}

#[test]
fn jira_references_are_understood() {
    let server = Server::start();
    let mut ticket = candidate("IAM-42", "Login", "exact");
    ticket["url"] = "https://acme.atlassian.net/browse/IAM-42".into();
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&[ticket])));
    let sandbox = Sandbox::with_project();
    sandbox.bind_tracker("jira", "iam");
    sandbox.log_in(&server.url());
    for reference in [
        "IAM-42",
        "jira:IAM-42",
        "https://acme.atlassian.net/browse/IAM-42",
        "https://acme.atlassian.net/browse/IAM-42?focusedCommentId=7",
    ] {
        server.forget();
        let answer = search(&sandbox, &[reference, "--json"]).answer(SCHEMA);
        assert_eq!(answer["provider"], "jira");
        assert_eq!(
            server.requests()[0].json()["query_key"],
            "IAM-42",
            "{reference}"
        );
    }
}

#[test]
fn a_reference_to_another_provider_is_a_conflict_that_names_both() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    for reference in ["jira:WEB-123", "https://acme.atlassian.net/browse/IAM-42"] {
        let error = search(&sandbox, &[reference, "--json"]).error(6, "none");
        let words = error.to_string().to_lowercase();
        assert!(
            words.contains("jira") && words.contains("linear"),
            "{error}"
        );
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_binding_reference_of_the_control_plane_is_sent_where_there_is_one() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let config = sandbox.read(".kittify/config.yaml");
    let config = config.replace("  project_slug: web\n", "  binding_ref: bind-77\n");
    sandbox.write(".kittify/config.yaml", config);
    search(&sandbox, &["WEB-123"]).succeeds();
    let body = server.requests()[0].json();
    assert_eq!(body["binding_ref"], "bind-77");
    assert!(body.get("project_slug").is_none(), "{body}");
}

#[test]
fn the_order_of_the_server_is_kept_and_the_limit_is_sent_and_held() {
    let server = Server::start();
    let candidates: Vec<_> = [9, 3, 7, 1]
        .iter()
        .map(|n| candidate(&format!("WEB-{n}"), "T", "text"))
        .collect();
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&candidates)));
    let sandbox = Sandbox::ready(&server);
    let answer = search(&sandbox, &["words", "--limit", "3", "--json"]).answer(SCHEMA);
    assert_eq!(answer["candidates"], json!(candidates[..3]));
    assert_eq!(server.requests()[0].json()["limit"], 3);
    for limit in ["0", "101", "-1", "many"] {
        search(&sandbox, &["words", "--limit", limit, "--json"]).error(2, "none");
    }
}

#[test]
fn no_hits_are_fine_for_a_text_and_not_found_for_a_key() {
    let server = Server::start();
    server.on(SEARCH_PATH, Reply::json(200, &json!({"candidates": []})));
    let sandbox = Sandbox::ready(&server);
    let answer = search(&sandbox, &["no such words", "--json"]).answer(SCHEMA);
    assert_eq!(answer["candidates"], json!([]));
    // The server names no resource, so the answer names none.
    assert_eq!(answer["resource_type"], Value::Null);
    let error = search(&sandbox, &["WEB-404", "--json"]).error(3, "none");
    assert!(
        error["message"].as_str().unwrap().contains("WEB-404"),
        "{error}"
    );
    search(&sandbox, &["WEB-404"]).error_text(3);
}

#[test]
fn a_question_without_words_is_a_usage_error() {
    let server = Server::start();
    let sandbox = Sandbox::ready(&server);
    for arguments in [&[][..], &[""], &["--key", ""], &["words", "--key", "WEB-1"]] {
        search(&sandbox, &[arguments, &["--json"]].concat()).error(2, "none");
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn answers_are_read_strictly() {
    let server = Server::start();
    let sandbox = Sandbox::ready(&server);
    for case in case_table(include_str!("cases/search_response_cases.json")) {
        let body = match (case.get("raw"), case.get("raw_b64")) {
            (Some(raw), _) => raw.as_str().unwrap().as_bytes().to_vec(),
            (_, Some(packed)) => decode_base64(packed.as_str().unwrap()),
            _ => expand(&case["body"]).to_string().into_bytes(),
        };
        server.on(SEARCH_PATH, Reply::raw(body));
        let output = search(&sandbox, &["--text", "WEB-1", "--limit", "10", "--json"]);
        if case["expect"] == "accepted" {
            let answer = output.answer(SCHEMA);
            let count = answer["candidates"].as_array().unwrap().len();
            assert_eq!(Some(count as u64), case["candidates"].as_u64(), "{case}");
        } else {
            let error = output.error(8, "none");
            assert_eq!(error["code"], "bad_response", "{case}");
        }
    }
}

#[test]
fn a_bad_answer_names_the_field() {
    let server = Server::start();
    let sandbox = Sandbox::ready(&server);
    let whole = candidate("WEB-1", "T", "exact");
    for field in [
        "external_issue_id",
        "external_issue_key",
        "title",
        "url",
        "status",
    ] {
        let mut broken = whole.clone();
        broken.as_object_mut().unwrap().remove(field);
        server.on(
            SEARCH_PATH,
            Reply::json(200, &search_answer(&[whole.clone(), broken])),
        );
        let error = search(&sandbox, &["WEB-1", "--json"]).error(8, "none");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(field), "{error}");
    }
    for bad in ["javascript:alert(1)", "ftp://x/1", "x", ""] {
        let mut broken = whole.clone();
        broken["url"] = bad.into();
        server.on(SEARCH_PATH, Reply::json(200, &search_answer(&[broken])));
        let error = search(&sandbox, &["WEB-1", "--json"]).error(8, "none");
        assert!(
            error["message"].as_str().unwrap().contains("url"),
            "{error}"
        );
    }
    let mut answer = search_answer(&[whole]);
    answer.as_object_mut().unwrap().remove("resource_id");
    server.on(SEARCH_PATH, Reply::json(200, &answer));
    let error = search(&sandbox, &["WEB-1", "--json"]).error(8, "none");
    assert!(
        error["message"].as_str().unwrap().contains("resource_id"),
        "{error}"
    );
}

#[test]
fn text_rows_are_tab_separated_and_safe() {
    let server = Server::start();
    let title = "\u{1b}[31mred\u{7}\u{202e}evil\nsecond\tline";
    let candidates = [
        candidate("WEB-1", title, "text"),
        candidate("WEB-2", &"long ".repeat(200), "text"),
    ];
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&candidates)));
    let sandbox = Sandbox::ready(&server);
    let output = search(&sandbox, &["words"]).succeeds();
    let rows: Vec<_> = output
        .stdout
        .lines()
        .filter(|line| line.contains("WEB-"))
        .collect();
    assert_eq!(rows.len(), 2, "{output:?}");
    let columns: Vec<_> = rows[0].split('\t').collect();
    assert!(columns.contains(&"WEB-1"), "{columns:?}");
    assert!(columns.contains(&"Todo"), "{columns:?}");
    assert!(
        columns.contains(&"https://linear.app/acme/issue/WEB-1"),
        "{columns:?}"
    );
    assert!(columns.contains(&"redevil second line"), "{columns:?}");
    assert!(
        rows[1].contains(&"long ".repeat(199)),
        "a title was cut: {output:?}"
    );
    assert!(
        !output.stdout.contains(['\u{1b}', '\u{7}', '\u{202e}']),
        "{output:?}"
    );
    // JSON is for programs: it contains the tracker's title unchanged.
    let answer = search(&sandbox, &["words", "--json"]).answer(SCHEMA);
    assert_eq!(answer["candidates"][0]["title"], title);
}

#[test]
fn nothing_is_written_by_a_search() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    search(&sandbox, &["WEB-123"]).succeeds();
    before.assert_same(&sandbox.snapshot());
    assert_eq!(sandbox.events(), [] as [Value; 0]);
}

#[test]
fn it_works_outside_git() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::new();
    sandbox.init_project();
    sandbox.bind_tracker("linear", "web");
    sandbox.log_in(&server.url());
    let answer = search(&sandbox, &["WEB-123", "--json"]).answer(SCHEMA);
    assert_eq!(answer["query_used"], "WEB-123");
}

fn decode_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for c in text.bytes().filter(|c| *c != b'=') {
        let value = ALPHABET.iter().position(|a| *a == c).unwrap();
        bits = (bits << 6) | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    bytes
}
