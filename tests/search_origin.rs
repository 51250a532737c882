//! `spec-kitty tracker search-origin`.

use serde_json::{Value, json};

use crate::support::{
    ACCESS_TOKEN, Output, Reply, SEARCH_PATH, Sandbox, Server, Terminal, candidate, case_table,
    expand, search_answer,
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
            "has_more": null,
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

/// A ticket in the answer of a search, with its kind of status.
fn ticket(key: &str, status: &str, kind: Option<&str>) -> Value {
    let mut ticket = candidate(key, "Waiting list", "text");
    ticket["status"] = status.into();
    if let Some(kind) = kind {
        ticket["status_kind"] = kind.into();
    }
    ticket
}

/// The keys of the candidates, in order.
fn keys(answer: &Value) -> Vec<&str> {
    let candidates = answer["candidates"].as_array().unwrap().iter();
    let keys = candidates.map(|candidate| candidate["external_issue_key"].as_str());
    keys.map(Option::unwrap).collect()
}

#[test]
fn a_search_says_when_more_tickets_match() {
    let server = Server::start();
    let sandbox = Sandbox::ready(&server);
    let found: Vec<_> = (1..=3)
        .map(|n| ticket(&format!("WEB-{n}"), "Todo", None))
        .collect();
    let rows: [(Value, &[&str], Value, Option<&str>); 5] = [
        (
            json!(true),
            &[],
            json!(true),
            Some("3 shown, more match: --limit 50"),
        ),
        (
            json!(true),
            &["--limit", "50"],
            json!(true),
            Some("3 shown, more match: --limit 100"),
        ),
        (json!(false), &[], json!(false), None),
        (json!(null), &[], json!(null), None),
        // A server that sends more than it was asked for has more.
        (
            json!(null),
            &["--limit", "2"],
            json!(true),
            Some("2 shown, more match: --limit 10"),
        ),
    ];
    for (sent, flags, has_more, note) in rows {
        let mut answer = search_answer(&found);
        answer["has_more"] = sent;
        server.on(SEARCH_PATH, Reply::json(200, &answer));
        let arguments = [&["waiting"], flags].concat();
        let text = search(&sandbox, &arguments).succeeds();
        let expected = note.map(|note| format!("{note}\n")).unwrap_or_default();
        assert_eq!(text.stderr, expected, "{text:?}");
        let answer = search(&sandbox, &[&arguments[..], &["--json"]].concat()).answer(SCHEMA);
        assert_eq!(answer["has_more"], has_more);
    }
}

#[test]
fn more_than_the_largest_limit_needs_more_words() {
    let server = Server::start();
    let mut answer = search_answer(&[ticket("WEB-1", "Todo", None)]);
    answer["has_more"] = true.into();
    server.on(SEARCH_PATH, Reply::json(200, &answer));
    let sandbox = Sandbox::ready(&server);
    let text = search(&sandbox, &["waiting", "--limit", "100"]).succeeds();
    assert_eq!(text.stderr, "1 shown, more match: use more words\n");
}

#[test]
fn open_tickets_come_first_in_the_order_of_the_server() {
    let server = Server::start();
    let found = [
        ticket("WEB-1", "Done", None),
        ticket("WEB-2", "Shipped", Some("done")),
        ticket("WEB-3", "In Progress", Some("started")),
        ticket("WEB-4", "Closed", Some("unstarted")),
        ticket("WEB-5", "cancelled", None),
        ticket("WEB-6", "Todo", None),
    ];
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&found)));
    let sandbox = Sandbox::ready(&server);
    let answer = search(&sandbox, &["waiting", "--json"]).answer(SCHEMA);
    assert_eq!(
        keys(&answer),
        ["WEB-3", "WEB-4", "WEB-6", "WEB-1", "WEB-2", "WEB-5"]
    );
    assert_eq!(answer["candidates"][0]["status_kind"], "started");
    assert_eq!(answer["candidates"][2].get("status_kind"), None);
    let text = search(&sandbox, &["waiting"]).succeeds().stdout;
    let first: Vec<_> = text
        .lines()
        .map(|line| line.split('\t').next().unwrap())
        .collect();
    assert_eq!(
        first,
        ["WEB-3", "WEB-4", "WEB-6", "WEB-1", "WEB-2", "WEB-5"]
    );
}

#[test]
fn a_status_is_sent_and_holds_even_if_the_server_ignores_it() {
    let server = Server::start();
    let names = ["Done", "closed", "Resolved", "Cancelled", "Canceled"];
    let mut found: Vec<_> = (1..)
        .zip(names)
        .map(|(n, name)| ticket(&format!("OLD-{n}"), name, None))
        .collect();
    found.extend([
        ticket("WEB-1", "Todo", None),
        ticket("WEB-2", "Doing", Some("started")),
        ticket("WEB-3", "Later", Some("backlog")),
        ticket("WEB-4", "Shipped", Some("done")),
        ticket("WEB-5", "Dropped", Some("canceled")),
        ticket("WEB-6", "Done, almost", None),
    ]);
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&found)));
    let sandbox = Sandbox::ready(&server);
    let old = ["OLD-1", "OLD-2", "OLD-3", "OLD-4", "OLD-5"];
    let rows: [(&str, Vec<&str>); 4] = [
        ("open", vec!["WEB-1", "WEB-2", "WEB-3", "WEB-6"]),
        ("started", vec!["WEB-2"]),
        ("done", [&old[..], &["WEB-4", "WEB-5"]].concat()),
        (
            "all",
            [
                &["WEB-1", "WEB-2", "WEB-3", "WEB-6"],
                &old[..],
                &["WEB-4", "WEB-5"],
            ]
            .concat(),
        ),
    ];
    for (status, expected) in rows {
        server.forget();
        let arguments = ["waiting", "--status", status, "--limit", "20", "--json"];
        let answer = search(&sandbox, &arguments).answer(SCHEMA);
        assert_eq!(keys(&answer), expected, "{status}");
        assert_eq!(server.requests()[0].json()["status"], status);
    }
    server.forget();
    search(&sandbox, &["waiting", "--json"]).answer(SCHEMA);
    assert_eq!(server.requests()[0].json().get("status"), None);
    search(&sandbox, &["waiting", "--status", "blocked", "--json"]).error(2, "none");
}

#[test]
fn a_ticket_with_a_mission_shows_it() {
    let server = Server::start();
    let mission = json!({
        "mission_id": "01JD0000000000000000000000",
        "mission_slug": "013-web-1",
        "repository": "acme/web",
        "bound_by": "ada",
        "bound_at": "2026-11-20T10:00:00Z",
    });
    let mut bound = ticket("WEB-1", "Todo", None);
    bound["missions"] = json!([mission]);
    let mut free = ticket("WEB-2", "Todo", None);
    free["missions"] = json!([]);
    let found = [bound, free, ticket("WEB-3", "Todo", None)];
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&found)));
    let sandbox = Sandbox::ready(&server);
    let answer = search(&sandbox, &["waiting", "--json"]).answer(SCHEMA);
    assert_eq!(answer["candidates"], json!(found));
    let text = search(&sandbox, &["waiting"]).succeeds().stdout;
    let rows: Vec<Vec<_>> = text
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(rows[0][0], "WEB-1");
    assert!(rows[0].contains(&"013-web-1"), "{text}");
    assert!(!rows[1].contains(&"013-web-1"), "{text}");
}

/// The lines of a search on a terminal of this width, without colours.
fn lines_on_terminal(sandbox: &Sandbox, columns: u16) -> Vec<String> {
    let mut command = sandbox.command(&["tracker", "search-origin", "waiting"]);
    command.env("TERM", "xterm");
    let mut terminal = Terminal::start_sized(command, 24, columns);
    assert_eq!(terminal.finish(), 0);
    terminal.wait_for("WEB-3");
    let screen = console::strip_ansi_codes(&terminal.screen()).into_owned();
    let rows = screen.lines().map(|line| line.trim_end().to_owned());
    rows.filter(|line| line.contains("WEB-") || line.contains("KEY"))
        .collect()
}

#[test]
fn a_row_fits_the_terminal_and_wide_characters_align() {
    let server = Server::start();
    let title = |title: &str, n: u32| {
        let mut ticket = candidate(&format!("WEB-{n}"), title, "text");
        ticket["status"] = if n == 2 { "進行中" } else { "In Progress" }.into();
        ticket
    };
    let found = [
        title(&"long title ".repeat(40), 1),
        title(&"待ち行列".repeat(40), 2),
        title("short \u{1b}[31m\u{202e}\u{7}title", 3),
    ];
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&found)));
    let sandbox = Sandbox::ready(&server);
    for columns in [40, 60, 80, 120] {
        let lines = lines_on_terminal(&sandbox, columns);
        assert_eq!(lines.len(), 4, "{lines:#?}");
        let starts = ["TITLE", "long", "待", "short"];
        let mut at = Vec::new();
        for (line, start) in lines.iter().zip(starts) {
            let width = console::measure_text_width(line);
            assert!(width <= usize::from(columns), "{width} > {columns}: {line}");
            let (before, _) = line
                .split_once(start)
                .unwrap_or_else(|| panic!("{lines:#?}"));
            at.push(console::measure_text_width(before));
        }
        assert!(at.iter().all(|start| *start == at[0]), "{at:?} {lines:#?}");
        assert!(
            lines[1].ends_with('…') && lines[2].ends_with('…'),
            "{lines:#?}"
        );
        assert!(lines[3].ends_with("title"), "{lines:#?}");
    }
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
