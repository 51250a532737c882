//! `spec-kitty tracker bind-origin`: control plane first, local second.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::support::{
    BIND, BIND_PATH, ORIGIN_KEYS, Output, PROJECT_UUID, Reply, SEARCH_PATH, Sandbox, Server,
    bind_answer, candidate, case_table, expand, issue_id, origin_ticket, search_answer,
};

const SCHEMA: &str = "spec-kitty.bind-origin/1";
/// The candidate comes on standard input.
const BIND_DOCUMENT: [&str; 8] = [
    "tracker",
    "bind-origin",
    "--mission",
    "60",
    "--candidate",
    "-",
    "--yes",
    "--json",
];

fn bind(sandbox: &Sandbox, arguments: &[&str]) -> Output {
    sandbox.run(&[&["tracker", "bind-origin"], arguments].concat())
}

/// Binds WEB-123 to 060-search.
fn bind_web_123(sandbox: &Sandbox, more: &[&str]) -> Output {
    sandbox.run(&[&BIND[..], more].concat())
}

#[test]
fn the_answer_has_the_documented_keys() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let answer = bind_web_123(&sandbox, &[]).answer(SCHEMA);
    assert_eq!(
        answer,
        json!({
            "schema": SCHEMA,
            "result": "success",
            "feature_dir": "kitty-specs/060-search",
            "feature_slug": "060-search",
            "origin_ticket": origin_ticket("WEB-123", "Login page"),
            "origin_link_id": "link-1",
            "bound_at": "2026-11-22T10:00:00Z",
            "event_emitted": true,
            "queued_events": 1,
            "commit": sandbox.git(&["rev-parse", "HEAD"]),
            "warnings": [],
        })
    );
}

#[test]
fn the_origin_is_written_committed_and_announced() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    bind_web_123(&sandbox, &[]).answer(SCHEMA);
    let meta = sandbox.meta("060-search");
    assert_eq!(
        meta["origin_ticket"],
        origin_ticket("WEB-123", "Login page")
    );
    let keys: Vec<_> = meta["origin_ticket"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ORIGIN_KEYS);
    assert_eq!(sandbox.subjects()[0], "Bind WEB-123 to mission 060-search");
    assert_eq!(sandbox.commit_count(), 2);
    assert_eq!(
        sandbox.paths_of("HEAD"),
        ["kitty-specs/060-search/meta.json"]
    );
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    let events = sandbox.events();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["event_type"], "MissionOriginBound");
    assert_eq!(events[0]["aggregate_id"], "060-search");
    assert_eq!(events[0]["team_slug"], "acme");
    assert_eq!(
        events[0]["payload"],
        json!({
            "feature_slug": "060-search",
            "provider": "linear",
            "external_issue_id": issue_id("WEB-123"),
            "external_issue_key": "WEB-123",
            "external_issue_url": "https://linear.app/acme/issue/WEB-123",
            "title": "Login page",
        })
    );
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
    sandbox.assert_no_leftovers();
}

#[test]
fn the_request_is_the_documented_one() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    bind_web_123(&sandbox, &[]).answer(SCHEMA);
    let requests = server.requests_to(BIND_PATH);
    assert_eq!(requests.len(), 1);
    assert!(
        requests[0]
            .header("idempotency-key")
            .is_some_and(|key| !key.is_empty())
    );
    assert_eq!(requests[0].header("x-team-slug"), Some("acme"));
    assert_eq!(
        requests[0].json(),
        json!({
            "provider": "linear",
            "project_slug": "web",
            "mission_id": "060-search",
            "mission_slug": "060-search",
            "repository": PROJECT_UUID,
            "exclusive": true,
            "external_issue_id": issue_id("WEB-123"),
            "external_issue_key": "WEB-123",
            "external_issue_url": "https://linear.app/acme/issue/WEB-123",
            "external_title": "Login page",
            "external_status": "Todo",
        })
    );
}

#[test]
fn a_mission_is_named_by_slug_number_or_path() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let absolute = sandbox.path("kitty-specs/060-search");
    for name in [
        "060-search",
        "060",
        "60",
        "kitty-specs/060-search",
        "kitty-specs/060-search/",
        "./kitty-specs/060-search",
        absolute.to_str().unwrap(),
    ] {
        for flag in ["--mission", "--feature"] {
            let arguments = [flag, name, "--key", "WEB-123", "--yes", "--json"];
            let answer = bind(&sandbox, &arguments).answer(SCHEMA);
            assert_eq!(answer["feature_slug"], "060-search", "{flag} {name}");
        }
    }
}

#[test]
fn a_mission_that_is_not_there_is_not_found_before_any_request() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    for name in [
        "999",
        "061-nothing",
        "kitty-specs/061-nothing",
        "search-not",
        "../060-search",
    ] {
        let arguments = ["--mission", name, "--key", "WEB-123", "--yes", "--json"];
        let output = bind(&sandbox, &arguments);
        assert!([2, 3].contains(&output.code), "{output:?}");
        output.error(output.code, "none");
    }
    assert_eq!(
        bind(&sandbox, &["--mission", "999", "--key", "WEB-123", "--yes"]).code,
        3
    );
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
}

#[test]
fn a_search_result_can_be_piped_in() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let output = sandbox
        .run_line(
            "spec-kitty tracker search-origin --key WEB-123 --json | \
             spec-kitty tracker bind-origin --mission 60 --candidate - --yes --json",
        )
        .succeeds();
    let answer = output.answer(SCHEMA);
    assert_eq!(
        answer["origin_ticket"],
        origin_ticket("WEB-123", "Login page")
    );
    assert_eq!(server.requests_to(SEARCH_PATH).len(), 1);
}

#[test]
fn a_candidate_alone_needs_its_routing_from_flags() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let document = candidate("WEB-123", "Login page", "exact");
    sandbox.write("ticket.json", document.to_string());
    let usual = [
        "--mission",
        "60",
        "--candidate",
        "ticket.json",
        "--yes",
        "--json",
    ];
    let error = bind(&sandbox, &usual).error(2, "none");
    assert!(error.to_string().contains("resource"), "{error}");
    assert_eq!(server.requests().len(), 0);
    let flags = [
        "--resource-type",
        "linear_team",
        "--resource-id",
        "elsewhere",
    ];
    let answer = bind(&sandbox, &[&usual[..], &flags].concat()).answer(SCHEMA);
    assert_eq!(answer["origin_ticket"]["resource_id"], "elsewhere");
    assert_eq!(server.requests_to(SEARCH_PATH).len(), 0);
}

#[test]
fn flags_win_over_the_document() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let document = search_answer(&[candidate("WEB-123", "Login page", "exact")]);
    let flags = [
        "--resource-id",
        "flagged",
        "--idempotency-key",
        "my-own-key",
    ];
    let arguments = [&BIND_DOCUMENT[..], &flags].concat();
    let answer = sandbox
        .run_with_input(&arguments, document.to_string())
        .answer(SCHEMA);
    assert_eq!(answer["origin_ticket"]["resource_id"], "flagged");
    assert_eq!(answer["origin_ticket"]["resource_type"], "linear_team");
    let requests = server.requests_to(BIND_PATH);
    assert_eq!(requests[0].header("idempotency-key"), Some("my-own-key"));
}

#[test]
fn unknown_keys_of_meta_json_survive() {
    let server = Server::with_ticket("WEB-123", "Login “page” – ü");
    let sandbox = Sandbox::ready(&server);
    let text = "{\n  \"a_number\": 12345678901234567890.50,\n  \"big\": 9007199254740993,\n  \
                \"created_at\": \"2026-11-01T09:00:00+00:00\",\n  \
                \"feature_number\": \"060\",\n  \"feature_slug\": \"060-search\",\n  \
                \"friendly_name\": \"Grüße 日本\",\n  \"mission\": \"software-dev\",\n  \
                \"nested\": {\n    \"a\": null,\n    \"z\": [\n      1,\n      2.0\n    ]\n  },\n  \
                \"slug\": \"search\",\n  \"target_branch\": \"main\"\n}\n";
    sandbox.write("kitty-specs/060-search/meta.json", text);
    sandbox.commit_all("Write by hand");
    bind_web_123(&sandbox, &[]).answer(SCHEMA);
    let after = sandbox.read("kitty-specs/060-search/meta.json");
    let inserted = "\"origin_ticket\": {\n    \"external_issue_id\": \"id-of-web-123\",\n    \
                    \"external_issue_key\": \"WEB-123\",\n    \
                    \"external_issue_url\": \"https://linear.app/acme/issue/WEB-123\",\n    \
                    \"provider\": \"linear\",\n    \"resource_id\": \"team-web\",\n    \
                    \"resource_type\": \"linear_team\",\n    \
                    \"title\": \"Login “page” – ü\"\n  },\n  \"slug\"";
    assert_eq!(after, text.replace("\"slug\"", inserted));
}

#[test]
fn mode_and_link_of_meta_json_survive() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let link = sandbox.path("kitty-specs/060-search/meta.json");
    let target = sandbox.path("kitty-specs/060-search/real.json");
    fs::rename(&link, &target).unwrap();
    std::os::unix::fs::symlink("real.json", &link).unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
    bind_web_123(&sandbox, &["--no-commit"]).answer(SCHEMA);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let mode = fs::metadata(&target).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert!(sandbox.meta("060-search")["origin_ticket"].is_object());
}

#[test]
fn a_mission_of_a_newer_version_is_bound_and_kept() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let folder = "web-search-01M82EBY";
    let meta = json!({
        "created_at": "2026-11-01T09:00:00+00:00",
        "friendly_name": "web search",
        "mission_id": "01M82EBYAN55CA467NJEDVWYNZ",
        "mission_number": null,
        "mission_slug": folder,
        "mission_type": "software-dev",
        "slug": "web-search",
        "target_branch": "main",
    });
    sandbox.write_meta(folder, &meta);
    sandbox.commit_all("Add a newer mission");
    let arguments = ["--mission", folder, "--key", "WEB-123", "--yes", "--json"];
    let answer = bind(&sandbox, &arguments).answer(SCHEMA);
    assert_eq!(answer["feature_slug"], folder);
    let mut expected = meta;
    expected["origin_ticket"] = origin_ticket("WEB-123", "Login page");
    assert_eq!(sandbox.meta(folder), expected);
    let body = server.requests_to(BIND_PATH)[0].json();
    assert_eq!(body["mission_id"], "01M82EBYAN55CA467NJEDVWYNZ");
    assert_eq!(body["mission_slug"], folder);
    assert_eq!(sandbox.events()[0]["payload"]["feature_slug"], folder);
}

#[test]
fn the_server_is_asked_again_even_where_the_origin_stands() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    bind_web_123(&sandbox, &[]).answer(SCHEMA);
    let before = sandbox.snapshot();
    let answer = bind_web_123(&sandbox, &[]).answer(SCHEMA);
    assert_eq!(answer["origin_link_id"], "link-1");
    assert_eq!(answer["commit"], Value::Null, "nothing to commit");
    assert_eq!(server.requests_to(BIND_PATH).len(), 2);
    before.assert_same(&sandbox.snapshot());
}

#[test]
fn a_local_origin_does_not_answer_for_the_server() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    bind_web_123(&sandbox, &[]).answer(SCHEMA);
    // The control plane decides, not meta.json, in both directions.
    server.on(
        BIND_PATH,
        Reply::refusal(409, "origin_conflict", "bound to WEB-9"),
    );
    let before = sandbox.snapshot();
    let error = bind_web_123(&sandbox, &[]).error(6, "none");
    assert!(
        error.to_string().contains("one origin per mission"),
        "{error}"
    );
    assert!(error.to_string().contains("bound to WEB-9"), "{error}");
    before.assert_same(&sandbox.snapshot());
    let found = search_answer(&[candidate("WEB-9", "Other", "exact")]);
    server.on(SEARCH_PATH, Reply::json(200, &found));
    server.on(BIND_PATH, Reply::json(200, &bind_answer()));
    let arguments = ["--mission", "60", "--key", "WEB-9", "--yes", "--json"];
    bind(&sandbox, &arguments).answer(SCHEMA);
    assert_eq!(
        sandbox.meta("060-search")["origin_ticket"]["external_issue_key"],
        "WEB-9"
    );
}

/// Also in a project without a tracker, where nobody is logged in.
#[test]
fn the_metadata_is_read_before_anything_else() {
    let sandbox = Sandbox::with_project();
    fs::remove_file(sandbox.path("kitty-specs/060-search/meta.json")).unwrap();
    let error = sandbox.run(&BIND).error(10, "none");
    let message = error["message"].as_str().unwrap();
    let folder = sandbox.path("kitty-specs/060-search");
    let expected = format!("No meta.json in {}", folder.display());
    assert!(message.contains(&expected), "{message}");
    let path = folder.join("meta.json");
    let hint = format!("run: git checkout -- {}", path.display());
    assert_eq!(error["hint"], hint);
    sandbox.write("kitty-specs/060-search/meta.json", "{");
    let error = sandbox.run(&BIND).error(10, "none");
    assert_eq!(error["code"], "meta_invalid");
}

/// The search comes before the question, so a ticket that does not exist is not asked about.
#[test]
fn the_server_is_asked_before_the_person() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&[])));
    let sandbox = Sandbox::ready(&server);
    let error = sandbox
        .run(&[&BIND[..6], &["--json"]].concat())
        .error(3, "none");
    assert_eq!(error["code"], "ticket_not_found");
}

#[test]
fn no_commit_and_dry_run() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    bind_web_123(&sandbox, &["--dry-run"]).succeeds().json();
    before.assert_same(&sandbox.snapshot());
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
    assert_eq!(sandbox.events(), [] as [Value; 0]);
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
    let answer = bind_web_123(&sandbox, &["--no-commit"]).answer(SCHEMA);
    assert_eq!(answer["commit"], Value::Null);
    assert_eq!(
        before.changes(&sandbox.snapshot()),
        ["changed: kitty-specs/060-search/meta.json"]
    );
}

#[test]
fn it_binds_outside_git_without_a_commit() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::new();
    sandbox.init_project();
    sandbox.bind_tracker("linear", "web");
    sandbox.add_mission("060-search");
    sandbox.log_in(&server.url());
    let answer = bind_web_123(&sandbox, &[]).answer(SCHEMA);
    assert_eq!(answer["commit"], Value::Null);
    assert_eq!(answer["event_emitted"], true);
    assert!(sandbox.meta("060-search")["origin_ticket"].is_object());
}

#[test]
fn an_ignored_mission_is_bound_without_a_commit() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox.git(&["rm", "-r", "--quiet", "--cached", "kitty-specs"]);
    sandbox.write(".gitignore", "kitty-specs/\n");
    sandbox.commit_all("Ignore the missions");
    let answer = bind_web_123(&sandbox, &[]).answer(SCHEMA);
    assert_eq!(answer["commit"], Value::Null);
    assert_eq!(sandbox.commit_count(), 2);
}

#[test]
fn the_event_obeys_the_payload_table() {
    let server = Server::with_ticket("WEB-123", "Login page");
    for case in case_table(include_str!("cases/payload_cases.json")) {
        let payload = expand(&case["payload"]);
        let text = |field: &str| payload.get(field).and_then(Value::as_str);
        let (Some(slug), Some(id), Some(key), Some(url), Some(title)) = (
            text("feature_slug"),
            text("external_issue_id"),
            text("external_issue_key"),
            text("external_issue_url"),
            text("title"),
        ) else {
            continue; // cannot come about: every field is a string here
        };
        // The other documents have rules of their own, which hold before an event is thought of.
        if slug.is_empty() || id.is_empty() || !url.starts_with("http") {
            continue;
        }
        if case["field"] == "provider" || slug.split_once('-').is_none() {
            continue;
        }
        let sandbox = Sandbox::ready(&server);
        let mut meta = sandbox.meta("060-search");
        meta["feature_slug"] = slug.into();
        meta["feature_number"] = slug.split('-').next().unwrap().into();
        sandbox.write_meta(slug, &meta);
        let document = json!({
            "candidates": [{
                "external_issue_id": id, "external_issue_key": key, "title": title,
                "status": "", "url": url,
            }],
            "resource_type": "t", "resource_id": "r",
        });
        let arguments = [
            "tracker",
            "bind-origin",
            "--mission",
            &format!("kitty-specs/{slug}"),
            "--candidate",
            "-",
            "--yes",
            "--json",
        ];
        let output = sandbox.run_with_input(&arguments, document.to_string());
        let events = sandbox.events();
        if case["accepted"] == true {
            assert_eq!(
                output.answer(SCHEMA)["event_emitted"],
                true,
                "{}",
                case["name"]
            );
            assert_eq!(events.len(), 1, "{}", case["name"]);
            assert_eq!(events[0]["payload"]["title"], title);
        } else {
            assert_eq!(events.len(), 0, "{}: {output:?}", case["name"]);
        }
    }
}

#[test]
fn a_document_that_breaks_a_rule_is_refused_before_any_request() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let good = candidate("WEB-123", "Login page", "exact");
    let with = |field: &str, value: Value| {
        let mut broken = good.clone();
        broken[field] = value;
        search_answer(&[broken]).to_string()
    };
    let without = |field: &str| {
        let mut broken = good.clone();
        broken.as_object_mut().unwrap().remove(field);
        search_answer(&[broken]).to_string()
    };
    let rows = [
        (with("external_issue_id", json!("")), "external_issue_id"),
        (with("external_issue_id", json!(7)), "external_issue_id"),
        (without("external_issue_key"), "external_issue_key"),
        (with("title", json!(null)), "title"),
        (without("status"), "status"),
        (with("url", json!("javascript:x")), "url"),
        (with("url", json!("https://x/\n")), "url"),
        (with("match_type", json!("EXACT")), "match_type"),
        (search_answer(&[]).to_string(), "candidates"),
        (
            search_answer(&[good.clone(), good.clone()]).to_string(),
            "candidates",
        ),
        ("[]".to_owned(), ""),
        ("null".to_owned(), ""),
        (String::new(), ""),
        ("{\"candidates\": [".to_owned(), ""),
    ];
    let before = sandbox.snapshot();
    for (document, field) in rows {
        let error = sandbox
            .run_with_input(&BIND_DOCUMENT, &document)
            .error(2, "none");
        assert!(
            error["message"].as_str().unwrap().contains(field),
            "{document}: {error}"
        );
    }
    let raw: [&[u8]; 2] = [b"\xff\xfe{}", b"\xef\xbb\xbf{}"];
    for document in raw {
        sandbox
            .run_with_input(&BIND_DOCUMENT, document)
            .error(2, "none");
    }
    let missing = [
        "--mission",
        "60",
        "--candidate",
        "no-such-file",
        "--yes",
        "--json",
    ];
    let error = bind(&sandbox, &missing).error(2, "none");
    assert!(
        error["message"].as_str().unwrap().contains("no-such-file"),
        "{error}"
    );
    before.assert_same(&sandbox.snapshot());
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_provider_that_contradicts_the_binding_is_a_conflict() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let error = bind_web_123(&sandbox, &["--provider", "jira"]).error(6, "none");
    let words = error.to_string().to_lowercase();
    assert!(
        words.contains("jira") && words.contains("linear"),
        "{error}"
    );
    let mut document = search_answer(&[candidate("WEB-123", "Login page", "exact")]);
    document["provider"] = "jira".into();
    sandbox
        .run_with_input(&BIND_DOCUMENT, document.to_string())
        .error(6, "none");
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
    bind_web_123(&sandbox, &["--provider", "linear"]).answer(SCHEMA);
}
