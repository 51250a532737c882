//! The main job: `spec-kitty specify --from-ticket` and `--candidate`.

use serde_json::{Value, json};

use crate::support::{
    ACCESS_TOKEN, BIND, BIND_PATH, ORIGIN_KEYS, Output, PROJECT_UUID, Reply, SEARCH_PATH, Sandbox,
    Server, candidate, case_table, dead_url, issue_id, origin_ticket, search_answer,
};

const SCHEMA: &str = "spec-kitty.specify/1";

fn specify(sandbox: &Sandbox, arguments: &[&str]) -> Output {
    sandbox.run(&[&["specify"], arguments].concat())
}

/// The usual run, confirmed, in JSON.
fn from_ticket(sandbox: &Sandbox, reference: &str, more: &[&str]) -> Output {
    let usual = ["--from-ticket", reference, "--yes", "--json"];
    specify(sandbox, &[&usual[..], more].concat())
}

#[test]
fn the_answer_has_the_documented_keys() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let answer = from_ticket(&sandbox, "WEB-123", &[]).answer(SCHEMA);
    let commits = sandbox.git(&["rev-list", "--reverse", "HEAD~2..HEAD"]);
    let commits: Vec<_> = commits.lines().collect();
    let next_step = answer["next_step"].clone();
    assert!(!next_step.as_str().unwrap().is_empty());
    assert_eq!(
        answer,
        json!({
            "schema": SCHEMA,
            "result": "success",
            "created": true,
            "feature_dir": "kitty-specs/061-web-123",
            "feature_slug": "061-web-123",
            "feature_number": "061",
            "spec_file": "kitty-specs/061-web-123/spec.md",
            "meta_file": "kitty-specs/061-web-123/meta.json",
            "target_branch": "main",
            "current_branch": "main",
            "origin_ticket": origin_ticket("WEB-123", "Login page"),
            "mission_id": sandbox.meta("061-web-123")["mission_id"],
            "origin_link_id": "link-1",
            "bound_at": "2026-11-22T10:00:00Z",
            "event_emitted": true,
            "queued_events": 2,
            "commits": commits,
            "next_step": next_step,
            "warnings": [],
        })
    );
}

#[test]
fn mission_bind_commits_and_events_are_made() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    from_ticket(&sandbox, "WEB-123", &[]).answer(SCHEMA);
    assert_eq!(sandbox.missions(), ["060-search", "061-web-123"]);
    let meta = sandbox.meta("061-web-123");
    assert_eq!(meta["friendly_name"], "Login page");
    assert_eq!(
        meta["origin_ticket"],
        origin_ticket("WEB-123", "Login page")
    );
    let keys: Vec<_> = meta["origin_ticket"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ORIGIN_KEYS);
    assert_eq!(
        sandbox.subjects(),
        [
            "Bind WEB-123 to mission 061-web-123",
            "Add mission 061-web-123",
            "Begin"
        ]
    );
    assert_eq!(
        sandbox.paths_of("HEAD"),
        ["kitty-specs/061-web-123/meta.json"]
    );
    let added = sandbox.paths_of("HEAD~1");
    assert!(
        added
            .iter()
            .all(|path| path.starts_with("kitty-specs/061-web-123/")),
        "{added:?}"
    );
    let first = sandbox.git(&["show", "HEAD~1:kitty-specs/061-web-123/meta.json"]);
    assert!(!first.contains("origin_ticket"), "{first}");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    let types: Vec<_> = sandbox
        .events()
        .iter()
        .map(|e| e["event_type"].clone())
        .collect();
    assert_eq!(types, ["FeatureCreated", "MissionOriginBound"]);
    let bound = &sandbox.events()[1];
    assert_eq!(bound["aggregate_id"], "061-web-123");
    assert_eq!(bound["payload"]["external_issue_key"], "WEB-123");
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
    sandbox.assert_no_leftovers();
}

#[test]
fn the_requests_are_one_search_and_one_bind() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    from_ticket(&sandbox, "WEB-123", &[]).answer(SCHEMA);
    let paths: Vec<_> = server.requests().iter().map(|r| r.path.clone()).collect();
    assert_eq!(paths, [SEARCH_PATH, BIND_PATH]);
    let bind = &server.requests()[1];
    let bearer = format!("Bearer {ACCESS_TOKEN}");
    assert_eq!(bind.header("authorization"), Some(&*bearer));
    assert_eq!(bind.header("x-team-slug"), Some("acme"));
    assert!(
        bind.header("idempotency-key")
            .is_some_and(|key| !key.is_empty())
    );
    assert_eq!(
        bind.json(),
        json!({
            "provider": "linear",
            "project_slug": "web",
            "mission_id": sandbox.meta("061-web-123")["mission_id"],
            "mission_slug": "061-web-123",
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
fn every_form_of_reference_finds_the_ticket() {
    let server = Server::with_ticket("WEB-123", "Login page");
    for reference in [
        "WEB-123",
        "web-123",
        "Web-123",
        "linear:WEB-123",
        "linear:web-123",
        "https://linear.app/acme/issue/WEB-123/login-page",
        "https://linear.app/acme/issue/WEB-123",
        "https://linear.app/acme/issue/web-123/",
    ] {
        server.forget();
        let sandbox = Sandbox::ready(&server);
        let answer = from_ticket(&sandbox, reference, &[]).answer(SCHEMA);
        assert_eq!(answer["feature_slug"], "061-web-123", "{reference}");
        let asked = server.requests_to(SEARCH_PATH)[0].json();
        let key = asked["query_key"].as_str().unwrap();
        assert!(key.eq_ignore_ascii_case("WEB-123"), "{reference}: {asked}");
        assert!(asked.get("query_text").is_none(), "{reference}: {asked}");
    }
}

#[test]
fn a_reference_that_is_none_is_a_usage_error() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    for reference in [
        "",
        " ",
        "../../etc/passwd",
        "WEB-123/../..",
        "linear:",
        "https://example.org/somewhere",
        "https://linear.app/acme",
        "javascript:alert(1)",
        "WEB-123\u{1b}[31m",
    ] {
        from_ticket(&sandbox, reference, &[]).error(2, "none");
    }
    assert_eq!(server.requests().len(), 0);
    before.assert_same(&sandbox.snapshot());
}

#[test]
fn a_reference_to_another_provider_is_a_conflict_that_names_both() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    let rows: [(&str, &[&str]); 3] = [
        ("jira:WEB-123", &[]),
        ("https://acme.atlassian.net/browse/IAM-42", &[]),
        ("WEB-123", &["--provider", "jira"]),
    ];
    for (reference, more) in rows {
        let error = from_ticket(&sandbox, reference, more).error(6, "none");
        let words = error.to_string().to_lowercase();
        assert!(
            words.contains("jira") && words.contains("linear"),
            "{error}"
        );
    }
    assert_eq!(server.requests().len(), 0);
    before.assert_same(&sandbox.snapshot());
}

#[test]
fn exactly_one_source_must_be_given() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    for arguments in [
        &[][..],
        &["name", "--from-ticket", "WEB-123"],
        &["--from-ticket", "WEB-123", "--candidate", "-"],
        &["name", "--candidate", "-"],
    ] {
        specify(&sandbox, &[arguments, &["--yes", "--json"]].concat()).error(2, "none");
    }
}

#[test]
fn a_ticket_that_moved_is_confirmed_by_yes() {
    let server = Server::with_ticket("APP-9", "Moved");
    let sandbox = Sandbox::ready(&server);
    let answer = from_ticket(&sandbox, "WEB-123", &[]).answer(SCHEMA);
    assert_eq!(answer["feature_slug"], "061-app-9");
    assert_eq!(answer["origin_ticket"]["external_issue_key"], "APP-9");
    assert_eq!(sandbox.subjects()[0], "Bind APP-9 to mission 061-app-9");
}

#[test]
fn yes_never_chooses() {
    let server = Server::start();
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    let exact = candidate("WEB-123", "One", "exact");
    let other = candidate("WEB-124", "Two", "exact");
    let text = candidate("WEB-123", "One", "text");
    let mut unnamed = text.clone();
    unnamed.as_object_mut().unwrap().remove("match_type");
    for candidates in [
        vec![exact.clone(), other],
        vec![exact, text.clone()],
        vec![text],
        vec![unnamed],
    ] {
        server.on(SEARCH_PATH, Reply::json(200, &search_answer(&candidates)));
        let error = from_ticket(&sandbox, "WEB-123", &[]).error(3, "none");
        let listed = error["details"]["candidates"].as_array().unwrap();
        assert_eq!(listed.len(), candidates.len(), "{error}");
        assert_eq!(listed[0]["external_issue_key"], "WEB-123");
    }
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&[])));
    let error = from_ticket(&sandbox, "WEB-123", &[]).error(3, "none");
    assert!(
        error["message"].as_str().unwrap().contains("WEB-123"),
        "{error}"
    );
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
    before.assert_same(&sandbox.snapshot());
}

#[test]
fn a_candidate_file_or_stdin_is_taken_without_a_search() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let document = search_answer(&[candidate("WEB-123", "Login page", "text")]);
    let sandbox = Sandbox::ready(&server);
    sandbox.write("../ticket.json", document.to_string());
    let arguments = ["--candidate", "../ticket.json", "--yes", "--json"];
    let answer = specify(&sandbox, &arguments).answer(SCHEMA);
    assert_eq!(
        answer["origin_ticket"],
        origin_ticket("WEB-123", "Login page")
    );

    let sandbox = Sandbox::ready(&server);
    let arguments = ["specify", "--candidate", "-", "--yes", "--json"];
    let answer = sandbox
        .run_with_input(&arguments, document.to_string())
        .answer(SCHEMA);
    assert_eq!(
        answer["origin_ticket"],
        origin_ticket("WEB-123", "Login page")
    );

    let sandbox = Sandbox::ready(&server);
    let arguments = [
        "specify",
        "--candidate",
        "-",
        "--yes",
        "--json",
        "--resource-type",
        "linear_team",
        "--resource-id",
        "team-web",
    ];
    let single = candidate("WEB-123", "Login page", "exact");
    let answer = sandbox
        .run_with_input(&arguments, single.to_string())
        .answer(SCHEMA);
    assert_eq!(
        answer["origin_ticket"],
        origin_ticket("WEB-123", "Login page")
    );
    assert_eq!(server.requests_to(SEARCH_PATH).len(), 0);
}

#[test]
fn a_candidate_that_breaks_a_rule_is_refused() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    let arguments = ["specify", "--candidate", "-", "--yes", "--json"];
    for field in ["external_issue_id", "external_issue_key", "title", "url"] {
        let mut broken = candidate("WEB-123", "Login page", "exact");
        broken[field] = "".into();
        let document = search_answer(&[broken]).to_string();
        let error = sandbox
            .run_with_input(&arguments, document)
            .error(2, "none");
        assert!(
            error["message"].as_str().unwrap().contains(field),
            "{error}"
        );
    }
    let many = search_answer(&[
        candidate("WEB-1", "One", "exact"),
        candidate("WEB-2", "Two", "exact"),
    ]);
    sandbox
        .run_with_input(&arguments, many.to_string())
        .error(2, "none");
    assert_eq!(server.requests().len(), 0);
    before.assert_same(&sandbox.snapshot());
}

#[test]
fn slugs_follow_the_table() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let mut number = 61;
    for case in case_table(include_str!("cases/slug_cases.json")) {
        let (key, title) = (
            case["key"].as_str().unwrap(),
            case["title"].as_str().unwrap(),
        );
        if key.is_empty() {
            continue; // such a candidate is refused; the unit tests have these rows
        }
        let mut ticket = candidate(key, title, "exact");
        ticket["external_issue_id"] = format!("case-{number}").into();
        ticket["url"] = "https://linear.app/x".into();
        let arguments = [
            "specify",
            "--candidate",
            "-",
            "--yes",
            "--json",
            "--no-commit",
        ];
        let document = search_answer(&[ticket]).to_string();
        let answer = sandbox.run_with_input(&arguments, document).answer(SCHEMA);
        let expected = format!("{number:03}-{}", case["slug"].as_str().unwrap());
        assert_eq!(answer["feature_slug"], expected, "{case}");
        number += 1;
    }
}

#[test]
fn a_title_becomes_a_friendly_name_on_one_line() {
    let title = "Log in\n  with \u{1b}[31mred\u{1b}[0m\tbuttons “now”";
    let server = Server::with_ticket("WEB-123", title);
    let sandbox = Sandbox::ready(&server);
    from_ticket(&sandbox, "WEB-123", &[]).answer(SCHEMA);
    let meta = sandbox.meta("061-web-123");
    assert_eq!(
        meta["origin_ticket"]["title"], title,
        "as the tracker wrote it"
    );
    let name = meta["friendly_name"].as_str().unwrap();
    assert!(
        name.starts_with("Log in with ") && name.ends_with("buttons “now”"),
        "{name:?}"
    );
    assert!(!name.contains('\n'), "{name:?}");
}

#[test]
fn slug_and_number_can_be_chosen_and_taken_ones_are_conflicts() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    for (more, exit) in [
        (["--slug", "search"], 6),
        (["--number", "60"], 6),
        (["--slug", "Login"], 2),
        (["--slug", "../login"], 2),
        (["--slug", ""], 2),
        (["--number", "many"], 2),
        (["--number", "-1"], 2),
    ] {
        from_ticket(&sandbox, "WEB-123", &more).error(exit, "none");
    }
    before.assert_same(&sandbox.snapshot());
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
    let more = ["--slug", "login", "--number", "99"];
    let answer = from_ticket(&sandbox, "WEB-123", &more).answer(SCHEMA);
    assert_eq!(answer["feature_slug"], "099-login");
    assert_eq!(sandbox.meta("099-login")["feature_slug"], "099-login");
    assert_eq!(sandbox.subjects()[0], "Bind WEB-123 to mission 099-login");
}

#[test]
fn mission_type_and_target_branch_are_kept() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let more = [
        "--mission-type",
        "documentation",
        "--target-branch",
        "develop",
    ];
    let answer = from_ticket(&sandbox, "WEB-123", &more).answer(SCHEMA);
    assert_eq!(answer["target_branch"], "develop");
    let meta = sandbox.meta("061-web-123");
    assert_eq!(meta["mission"], "documentation");
    assert_eq!(meta["target_branch"], "develop");
    assert!(meta["documentation_state"].is_object());
}

#[test]
fn a_ticket_that_has_its_mission_gets_no_second_one() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let first = from_ticket(&sandbox, "WEB-123", &[]).answer(SCHEMA);
    let before = sandbox.snapshot();
    for reference in ["WEB-123", "linear:web-123"] {
        let answer = from_ticket(&sandbox, reference, &[]).answer(SCHEMA);
        assert_eq!(answer["created"], false);
        assert_eq!(answer["feature_slug"], "061-web-123");
        assert_eq!(answer["feature_dir"], "kitty-specs/061-web-123");
        assert_eq!(
            answer["origin_ticket"],
            origin_ticket("WEB-123", "Login page")
        );
        assert_eq!(answer["commits"], first["commits"]);
        assert_eq!(
            answer["origin_link_id"],
            Value::Null,
            "the server does not say"
        );
    }
    before.assert_same(&sandbox.snapshot());
    assert_eq!(server.requests_to(BIND_PATH).len(), 1);
    assert_eq!(sandbox.events_of("MissionOriginBound").len(), 1);
}

#[test]
fn the_number_of_a_mission_of_a_newer_version_is_read() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let meta = json!({
        "created_at": "2026-11-01T09:00:00+00:00",
        "friendly_name": "web search",
        "mission_id": "01M82EBYAN55CA467NJEDVWYNZ",
        "mission_number": 7,
        "mission_slug": "web-search-01M82EBY",
        "mission_type": "software-dev",
        "origin_ticket": origin_ticket("WEB-123", "Login page"),
        "slug": "web-search",
        "target_branch": "main",
    });
    for (number, shown) in [(json!(7), json!("007")), (json!(null), json!(null))] {
        let mut meta = meta.clone();
        meta["mission_number"] = number;
        sandbox.write_meta("web-search-01M82EBY", &meta);
        let answer = from_ticket(&sandbox, "WEB-123", &[]).answer(SCHEMA);
        assert_eq!(answer["created"], false);
        assert_eq!(answer["feature_number"], shown);
        assert_eq!(answer["mission_id"], meta["mission_id"]);
    }
}

#[test]
fn a_duplicate_is_told_by_provider_and_id_not_by_key() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    from_ticket(&sandbox, "WEB-123", &[]).answer(SCHEMA);
    // Renamed at the tracker: the same ticket.
    let mut renamed = candidate("APP-9", "Moved", "exact");
    renamed["external_issue_id"] = issue_id("WEB-123").into();
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&[renamed])));
    let answer = from_ticket(&sandbox, "APP-9", &[]).answer(SCHEMA);
    assert_eq!(answer["created"], false);
    assert_eq!(answer["feature_slug"], "061-web-123");
    // The same key on another ticket.
    let mut other = candidate("WEB-123", "Another", "exact");
    other["external_issue_id"] = "other-id".into();
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&[other])));
    let answer = from_ticket(&sandbox, "WEB-123", &["--slug", "another"]).answer(SCHEMA);
    assert_eq!(answer["created"], true);
    assert_eq!(answer["feature_slug"], "062-another");
}

#[test]
fn allow_duplicate_makes_another_mission() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    from_ticket(&sandbox, "WEB-123", &[]).answer(SCHEMA);
    let more = ["--allow-duplicate", "--slug", "login-again"];
    let answer = from_ticket(&sandbox, "WEB-123", &more).answer(SCHEMA);
    assert_eq!(answer["created"], true);
    assert_eq!(answer["feature_slug"], "062-login-again");
    assert_eq!(
        sandbox.meta("062-login-again")["origin_ticket"],
        origin_ticket("WEB-123", "Login page")
    );
    assert_eq!(server.requests_to(BIND_PATH).len(), 2);
    let keys: Vec<_> = server
        .requests_to(BIND_PATH)
        .iter()
        .map(|request| request.header("idempotency-key").unwrap().to_owned())
        .collect();
    assert_ne!(keys[0], keys[1], "another mission is another bind");
    let bodies = server.requests_to(BIND_PATH);
    assert_eq!(bodies[0].json()["exclusive"], true);
    assert_eq!(bodies[1].json().get("exclusive"), None);
}

#[test]
fn a_bind_names_the_repository_of_the_remote() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox.git(&["remote", "add", "origin", "git@github.com:Acme/Web_App.git"]);
    from_ticket(&sandbox, "WEB-123", &[]).answer(SCHEMA);
    let body = server.requests_to(BIND_PATH)[0].json();
    assert_eq!(body["repository"], "Acme/Web_App");
}

/// Only a JSON object with status 200 proves the bind; its fields may be missing or odd.
#[test]
fn a_bind_without_a_link_id_is_a_bind_with_a_warning() {
    for (answer, link, time, warns) in [
        (json!({}), Value::Null, Value::Null, true),
        (
            json!({"origin_link_id": 7, "bound_at": null}),
            Value::Null,
            Value::Null,
            true,
        ),
        (
            json!({"origin_link_id": "l-1"}),
            "l-1".into(),
            Value::Null,
            true,
        ),
        (
            json!({"origin_link_id": "l-1", "bound_at": "2026-11-22T10:00:00Z"}),
            "l-1".into(),
            "2026-11-22T10:00:00Z".into(),
            false,
        ),
    ] {
        let server = Server::with_ticket("WEB-123", "Login page");
        server.on(BIND_PATH, Reply::json(200, &answer));
        let sandbox = Sandbox::ready(&server);
        let started = from_ticket(&sandbox, "WEB-123", &[]).answer(SCHEMA);
        assert_eq!(started["origin_link_id"], link, "{answer}");
        assert_eq!(started["bound_at"], time, "{answer}");
        assert_eq!(started["warnings"] != json!([]), warns, "{started}");
        assert!(sandbox.meta("061-web-123")["origin_ticket"].is_object());
        assert_eq!(sandbox.intents(), [] as [Value; 0]);
    }
    for answer in [
        Reply::json(201, &json!({"origin_link_id": "l-1"})),
        Reply::Answer {
            status: 204,
            headers: Vec::new(),
            body: Vec::new(),
        },
        Reply::json(200, &json!(["l-1"])),
        Reply::html(200),
    ] {
        let server = Server::with_ticket("WEB-123", "Login page");
        server.on(BIND_PATH, answer.clone());
        let sandbox = Sandbox::ready(&server);
        let error = sandbox.run(&BIND).error(8, "unknown");
        assert_eq!(error["code"], "bad_response", "{answer:?}");
    }
}

#[test]
fn a_dry_run_changes_nothing() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    let answer = from_ticket(&sandbox, "WEB-123", &["--dry-run"]).answer(SCHEMA);
    assert_eq!(answer["feature_slug"], "061-web-123");
    let arguments = ["--from-ticket", "WEB-123", "--yes", "--dry-run"];
    let text = specify(&sandbox, &arguments).succeeds();
    assert!(text.stdout.contains("061-web-123"), "{text:?}");
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
    assert_eq!(sandbox.events(), [] as [Value; 0]);
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
    before.assert_same(&sandbox.snapshot());
}

#[test]
fn no_commit_leaves_the_files_only() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    let answer = from_ticket(&sandbox, "WEB-123", &["--no-commit"]).answer(SCHEMA);
    assert_eq!(answer["commits"], json!([]));
    let below = "kitty-specs";
    before
        .clone()
        .without(below)
        .assert_same(&sandbox.snapshot().without(below));
    assert!(sandbox.meta("061-web-123")["origin_ticket"].is_object());
    assert_eq!(sandbox.events().len(), 2);
}

#[test]
fn what_can_be_refused_is_refused_before_anything_is_written() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let logged_out = Sandbox::with_project();
    logged_out.bind_tracker("linear", "web");
    let unbound = Sandbox::with_project();
    unbound.log_in(&server.url());
    let unsupported = Sandbox::with_project();
    unsupported.bind_tracker("github", "web");
    unsupported.log_in(&server.url());
    let mut forbidden = Sandbox::ready(&server);
    forbidden.set("SPEC_KITTY_ENABLE_SAAS_SYNC", "0");
    let unreachable = Sandbox::ready(&server);
    unreachable.log_in(&dead_url());
    let detached = Sandbox::ready(&server);
    detached.git(&["checkout", "--quiet", "--detach"]);
    for (sandbox, exit, word) in [
        (&logged_out, 4, "auth login"),
        (&unbound, 10, "tracker bind"),
        (&unsupported, 10, "Only Jira and Linear"),
        (&forbidden, 10, "SPEC_KITTY_ENABLE_SAAS_SYNC"),
        (&unreachable, 8, ""),
        (&detached, 10, "detached"),
    ] {
        let before = sandbox.snapshot();
        let error = from_ticket(sandbox, "WEB-123", &[]).error(exit, "none");
        let text = specify(sandbox, &["--from-ticket", "WEB-123", "--yes"]);
        let text = text.error_text(exit).to_lowercase();
        assert!(text.contains(&word.to_lowercase()), "{word}: {text}");
        let words = error.to_string().to_lowercase();
        assert!(words.contains(&word.to_lowercase()), "{word}: {error}");
        before.assert_same(&sandbox.snapshot());
        assert_eq!(sandbox.intents(), [] as [Value; 0]);
    }
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
}

#[test]
fn a_failed_bind_leaves_a_mission_without_origin_and_says_how_to_go_on() {
    let refusals = [
        Reply::refusal(403, "forbidden", "no permission for this project"),
        Reply::refusal(404, "no_mapping", "no resource mapping"),
        Reply::refusal(409, "origin_conflict", "bound to WEB-9"),
        Reply::refusal(422, "invalid", "external_title is too long"),
        Reply::refusal(500, "internal", "oops"),
        Reply::html(200),
        Reply::Drop,
    ];
    for reply in refusals {
        let server = Server::with_ticket("WEB-123", "Login page");
        server.on(BIND_PATH, reply.clone());
        let sandbox = Sandbox::ready(&server);
        let output = from_ticket(&sandbox, "WEB-123", &[]);
        let error = output.error(11, output.json()["error"]["effect"].as_str().unwrap());
        assert_ne!(error["effect"], "none", "{reply:?}");
        assert_eq!(error["code"], "partial", "{reply:?}");
        assert_eq!(error["details"]["feature_slug"], "061-web-123", "{reply:?}");
        let hint = error["hint"].as_str().unwrap();
        assert!(hint.contains("spec-kitty "), "{reply:?}: {hint}");
        let meta = sandbox.meta("061-web-123");
        assert!(meta.get("origin_ticket").is_none(), "{meta}");
        assert_eq!(sandbox.subjects()[0], "Add mission 061-web-123");
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
        assert_eq!(sandbox.events_of("MissionOriginBound").len(), 0);
    }
}

/// Two `--allow-duplicate` at once may make missions of the same name in two clones.
#[test]
fn a_mission_that_can_never_be_bound_is_to_be_discarded() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(
        BIND_PATH,
        Reply::refusal(409, "origin_conflict", "another mission is 061-web-123"),
    );
    let sandbox = Sandbox::ready(&server);
    let error = from_ticket(&sandbox, "WEB-123", &["--allow-duplicate"]).error(11, "applied");
    assert_eq!(error["details"]["cause_code"], "origin_conflict");
    let command = "spec-kitty mission discard 061-web-123";
    let drop = format!("to drop mission 061-web-123, which the server refuses, run: {command}");
    let again = "spec-kitty specify --from-ticket WEB-123 --yes --json --allow-duplicate";
    assert_eq!(error["hint"], format!("{drop}; then run: {again}"));
    sandbox
        .run(&["mission", "discard", "061-web-123", "--yes"])
        .succeeds();
    assert_eq!(sandbox.missions(), ["060-search"]);
}

#[test]
fn in_text_the_mission_and_the_ticket_are_named() {
    let server = Server::with_ticket("WEB-123", "Login \u{1b}[31mpage");
    let sandbox = Sandbox::ready(&server);
    let output = specify(&sandbox, &["--from-ticket", "WEB-123", "--yes"]).succeeds();
    assert!(output.stdout.contains("061-web-123"), "{output:?}");
    assert!(output.stdout.contains("WEB-123"), "{output:?}");
    assert!(!output.stdout.contains('\u{1b}'), "{output:?}");
    assert!(!output.stderr.contains('\u{1b}'), "{output:?}");
}

#[test]
fn a_token_from_the_environment_needs_no_credentials() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let mut sandbox = Sandbox::with_project();
    sandbox.bind_tracker("linear", "web");
    sandbox.commit_all("Bind the tracker");
    sandbox.set("SPEC_KITTY_TOKEN", "ci-token");
    sandbox.set("SPEC_KITTY_TEAM", "ci-team");
    sandbox.set("SPEC_KITTY_SERVER", server.url());
    from_ticket(&sandbox, "WEB-123", &[]).answer(SCHEMA);
    for request in server.requests() {
        assert_eq!(request.header("authorization"), Some("Bearer ci-token"));
        assert_eq!(request.header("x-team-slug"), Some("ci-team"));
    }
    assert_eq!(server.requests().len(), 2);
    assert_eq!(sandbox.events()[0]["team_slug"], "ci-team");
}
