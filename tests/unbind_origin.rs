//! `spec-kitty tracker unbind-origin`: control plane first, local second, and a lost answer is found
//! again.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::support::{
    BIND, BIND_PATH, Output, PROJECT_UUID, Reply, SEARCH_PATH, SPECIFY, Sandbox, Server, Terminal,
    UNBIND_PATH, candidate, origin_ticket, search_answer,
};

const SCHEMA: &str = "spec-kitty.unbind-origin/1";
const META: &str = "kitty-specs/060-search/meta.json";
const ID: &str = "01M82EBYAN55CA467NJEDVWYNZ";

/// A project whose mission `060-search` is bound to WEB-123, at a server that unbinds.
fn bound() -> (Server, Sandbox) {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox.run(&BIND).succeeds();
    server.forget();
    grant(&server);
    (server, sandbox)
}

fn grant(server: &Server) {
    server.on(UNBIND_PATH, Reply::json(200, &json!({"unbound": true})));
}

fn unbind(sandbox: &Sandbox, mission: &str, more: &[&str]) -> Output {
    let usual = ["tracker", "unbind-origin", "--mission", mission, "--json"];
    sandbox.run(&[&usual[..], more].concat())
}

/// The idempotency keys of the requests so far.
fn keys(server: &Server) -> BTreeSet<String> {
    let requests = server.requests_to(UNBIND_PATH);
    let key =
        |request: &crate::support::Request| request.header("idempotency-key").unwrap().to_owned();
    requests.iter().map(key).collect()
}

#[test]
fn the_answer_has_the_documented_keys() {
    let (server, sandbox) = bound();
    let answer = unbind(&sandbox, "60", &["--yes"]).answer(SCHEMA);
    assert_eq!(
        answer,
        json!({
            "schema": SCHEMA,
            "result": "success",
            "mission_id": "060-search",
            "feature_slug": "060-search",
            "feature_dir": "kitty-specs/060-search",
            "origin_ticket": origin_ticket("WEB-123", "Login page"),
            "commit": sandbox.git(&["rev-parse", "HEAD"]),
            "warnings": [],
        })
    );
    assert_eq!(
        server.requests_to(UNBIND_PATH)[0].json(),
        json!({
            "provider": "linear",
            "project_slug": "web",
            "mission_id": "060-search",
            "mission_slug": "060-search",
            "repository": PROJECT_UUID,
        })
    );
    assert_eq!(keys(&server).len(), 1);
}

#[test]
fn only_the_origin_leaves_meta_json_and_only_meta_json_is_committed() {
    let server = Server::with_ticket("WEB-123", "Login page");
    grant(&server);
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.read(META);
    sandbox.run(&BIND).succeeds();
    sandbox.write("staged.txt", "staged\n");
    sandbox.git(&["add", "staged.txt"]);
    unbind(&sandbox, "060-search", &["--yes"]).answer(SCHEMA);
    assert_eq!(sandbox.read(META), before);
    assert_eq!(
        sandbox.subjects()[0],
        "Unbind WEB-123 from mission 060-search"
    );
    assert_eq!(sandbox.paths_of("HEAD"), [META]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "A  staged.txt");
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
    sandbox.assert_no_leftovers();
}

#[test]
fn without_a_confirmation_nothing_is_sent() {
    let (server, sandbox) = bound();
    let before = sandbox.snapshot();
    let error = unbind(&sandbox, "60", &[]).error(7, "none");
    assert_eq!(error["code"], "input_required");
    let command = "spec-kitty tracker unbind-origin --mission 60 --json --yes";
    assert_eq!(error["details"]["confirm_command"], command);
    before.assert_same(&sandbox.snapshot());
    for (answer, exit) in [("n\r", 7), ("y\r", 0)] {
        assert_eq!(server.requests().len(), 0);
        let arguments = ["tracker", "unbind-origin", "--mission", "60"];
        let mut terminal = Terminal::start(sandbox.command(&arguments));
        terminal.wait_for("Unbind WEB-123 from mission 060-search?");
        terminal.type_text(answer);
        assert_eq!(terminal.finish(), exit, "{}", terminal.screen());
    }
    assert!(sandbox.meta("060-search").get("origin_ticket").is_none());
}

#[test]
fn a_server_without_the_route_is_told_from_one_without_the_origin() {
    let not_supported = [
        Reply::refusal(404, "no_such_path", "no such path"),
        Reply::html(404),
        Reply::json(404, &json!({"detail": "Not Found"})),
        Reply::refusal(405, "method_not_allowed", "no"),
        Reply::refusal(501, "not_supported", "no"),
    ];
    for reply in not_supported {
        let (server, sandbox) = bound();
        server.on(UNBIND_PATH, reply.clone());
        let before = sandbox.snapshot();
        let error = unbind(&sandbox, "60", &["--yes"]).error(8, "none");
        assert_eq!(error["code"], "not_supported", "{reply:?}");
        assert_eq!(error["retryable"], false);
        before.assert_same(&sandbox.snapshot());
        assert_eq!(sandbox.intents(), [] as [Value; 0]);
    }
    for (status, code, exit, expected) in [
        (404, "no_mapping", 3, "not_found"),
        (403, "forbidden", 5, "forbidden"),
        (422, "invalid", 2, "invalid_request"),
    ] {
        let (server, sandbox) = bound();
        server.on(UNBIND_PATH, Reply::refusal(status, code, "no"));
        let before = sandbox.snapshot();
        let error = unbind(&sandbox, "60", &["--yes"]).error(exit, "none");
        assert_eq!(error["code"], expected);
        before.assert_same(&sandbox.snapshot());
        assert_eq!(sandbox.intents(), [] as [Value; 0]);
    }
}

#[test]
fn an_origin_that_the_server_does_not_know_is_not_found() {
    let (server, sandbox) = bound();
    server.on(
        UNBIND_PATH,
        Reply::refusal(404, "origin_not_found", "no origin"),
    );
    let before = sandbox.snapshot();
    let error = unbind(&sandbox, "60", &["--yes"]).error(3, "none");
    assert_eq!(error["code"], "origin_not_found");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("meta.json names WEB-123"), "{message}");
    let hint = error["hint"].as_str().unwrap();
    let bind = "spec-kitty tracker bind-origin --mission 060-search --key WEB-123";
    assert!(hint.contains("git pull") && hint.contains(bind), "{hint}");
    before.assert_same(&sandbox.snapshot());
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
    // A second time, too: no attempt of ours has removed it.
    unbind(&sandbox, "60", &["--yes"]).error(3, "none");
    let error = unbind(&sandbox, "099-nowhere", &["--yes"]).error(3, "none");
    assert_eq!(error["code"], "origin_not_found");
}

/// Mutation check: if an attempt is not kept, this test fails (another key, and exit 3).
#[test]
fn a_lost_answer_is_found_again() {
    let after = [
        Reply::json(200, &json!({"unbound": true})),
        Reply::refusal(404, "origin_not_found", "no origin"),
    ];
    for second in after {
        for lost in [Reply::Drop, Reply::html(200), Reply::json(204, &json!({}))] {
            let (server, sandbox) = bound();
            server.on(UNBIND_PATH, lost.clone());
            let before = sandbox.snapshot();
            unbind(&sandbox, "60", &["--yes"]).error(8, "unknown");
            before.assert_same(&sandbox.snapshot());
            assert_eq!(sandbox.intents().len(), 1, "{lost:?}");
            let doctor = sandbox.run(&["doctor", "--offline"]).succeeds().stdout;
            let advice = "run: spec-kitty tracker unbind-origin --mission 060-search --yes";
            assert!(doctor.contains(advice), "{doctor}");
            drop(sandbox.run(&["sync", "now"]));
            let refused = ["mission", "discard", "60", "--yes", "--json"];
            sandbox.run(&refused).error(6, "none");
            assert_eq!(sandbox.intents().len(), 1, "delivery leaves it alone");
            server.on(UNBIND_PATH, second.clone());
            unbind(&sandbox, "060", &["--yes"]).answer(SCHEMA);
            assert_eq!(keys(&server).len(), 1, "{lost:?}");
            assert!(sandbox.meta("060-search").get("origin_ticket").is_none());
            assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
            assert_eq!(sandbox.intents(), [] as [Value; 0]);
        }
    }
}

#[test]
fn a_removal_that_could_not_be_committed_is_committed_by_the_same_command() {
    let (server, sandbox) = bound();
    sandbox.hook("pre-commit", "exit 1");
    let error = unbind(&sandbox, "60", &["--yes"]).error(11, "applied");
    assert_eq!(error["code"], "commit_hook_rejected");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("unbound the ticket"), "{message}");
    assert!(sandbox.meta("060-search").get("origin_ticket").is_none());
    fs::remove_file(sandbox.path(".git/hooks/pre-commit")).unwrap();
    let answer = unbind(&sandbox, "60", &["--yes"]).answer(SCHEMA);
    assert_eq!(answer["commit"], sandbox.git(&["rev-parse", "HEAD"]));
    assert_eq!(
        sandbox.subjects()[0],
        "Unbind WEB-123 from mission 060-search"
    );
    assert_eq!(server.requests_to(UNBIND_PATH).len(), 1);
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
}

#[test]
fn no_commit_leaves_the_file_only() {
    let (_server, sandbox) = bound();
    let before = sandbox.snapshot();
    let answer = unbind(&sandbox, "60", &["--yes", "--no-commit"]).answer(SCHEMA);
    assert_eq!(answer["commit"], Value::Null);
    assert_eq!(
        before.changes(&sandbox.snapshot()),
        [format!("changed: {META}")]
    );
}

/// After a `git reset` the ticket would be stranded.
#[test]
fn a_mission_that_only_the_server_knows_is_unbound_there() {
    let server = Server::with_ticket("WEB-123", "Login page");
    grant(&server);
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    for (name, id, slug) in [
        ("061-web-123", "061-web-123", json!("061-web-123")),
        (ID, ID, Value::Null),
        (
            "web-search-01M82EBY",
            "web-search-01M82EBY",
            json!("web-search-01M82EBY"),
        ),
    ] {
        server.forget();
        let answer = unbind(&sandbox, name, &["--yes"]).answer(SCHEMA);
        assert_eq!(answer["mission_id"], id);
        assert_eq!(answer["feature_slug"], slug);
        for key in ["feature_dir", "origin_ticket", "commit"] {
            assert_eq!(answer[key], Value::Null, "{key}");
        }
        let body = server.requests_to(UNBIND_PATH)[0].json();
        assert_eq!(body["mission_id"], id);
        assert_eq!(
            body.get("mission_slug"),
            Some(&slug).filter(|slug| !slug.is_null())
        );
        assert_eq!(body["repository"], PROJECT_UUID);
    }
    before.assert_same(&sandbox.snapshot());
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
    // What can be no mission of a server is asked about nowhere.
    server.forget();
    for name in ["99", "serch", "../060-search"] {
        let error = unbind(&sandbox, name, &["--yes"]).error(3, "none");
        assert_eq!(error["code"], "mission_not_found", "{name}");
    }
    assert_eq!(server.requests().len(), 0);
}

/// Its `meta.json` lost the origin, for example by a reset.
#[test]
fn a_mission_without_an_origin_in_its_metadata_is_unbound_on_the_server() {
    let (server, sandbox) = bound();
    sandbox.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let before = sandbox.snapshot();
    let answer = unbind(&sandbox, "60", &["--yes"]).answer(SCHEMA);
    assert_eq!(answer["commit"], Value::Null);
    assert_eq!(server.requests_to(UNBIND_PATH).len(), 1);
    before.assert_same(&sandbox.snapshot());
}

#[test]
fn an_unbound_mission_takes_another_ticket_or_is_discarded() {
    let (server, sandbox) = bound();
    unbind(&sandbox, "60", &["--yes"]).answer(SCHEMA);
    let found = search_answer(&[candidate("WEB-9", "Other", "exact")]);
    server.on(SEARCH_PATH, Reply::json(200, &found));
    let other = [
        "tracker",
        "bind-origin",
        "--mission",
        "60",
        "--key",
        "WEB-9",
    ];
    sandbox.run(&[&other[..], &["--yes"]].concat()).succeeds();
    let origin = &sandbox.meta("060-search")["origin_ticket"];
    assert_eq!(origin["external_issue_key"], "WEB-9");
    unbind(&sandbox, "60", &["--yes"]).answer(SCHEMA);
    assert_eq!(keys(&server).len(), 2, "another unbind is another request");
    let discard = ["mission", "discard", "60", "--yes"];
    sandbox.run(&discard).succeeds();
    assert_eq!(sandbox.missions(), [] as [&str; 0]);
}

/// What an unfinished bind of the mission still owes ends with it. Mutation check: if only the
/// journey of the unbind ends, this test fails (`doctor` advises to bind it again).
#[test]
fn an_unfinished_bind_ends_with_the_unbind() {
    let server = Server::with_ticket("WEB-123", "Login page");
    grant(&server);
    let sandbox = Sandbox::ready(&server);
    server.on(BIND_PATH, Reply::Drop);
    sandbox.run(&SPECIFY).error(11, "applied");
    unbind(&sandbox, "061-web-123", &["--yes"]).answer(SCHEMA);
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_bind_ends_an_unfinished_unbind() {
    let (server, sandbox) = bound();
    server.on(UNBIND_PATH, Reply::Drop);
    unbind(&sandbox, "60", &["--yes"]).error(8, "unknown");
    sandbox.run(&BIND).succeeds();
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
    grant(&server);
    unbind(&sandbox, "60", &["--yes"]).answer(SCHEMA);
    assert_eq!(keys(&server).len(), 2);
}

#[test]
fn what_can_be_refused_is_refused_before_a_request() {
    let (server, sandbox) = bound();
    sandbox.git(&[
        "sparse-checkout",
        "set",
        "--no-cone",
        "/*",
        "!/kitty-specs/060-search",
    ]);
    let error = unbind(&sandbox, "060-search", &["--yes"]).error(10, "none");
    assert!(
        error["message"].as_str().unwrap().contains("sparse"),
        "{error}"
    );
    sandbox.git(&["sparse-checkout", "disable"]);
    sandbox.write(META, "{");
    let error = unbind(&sandbox, "060-search", &["--yes"]).error(10, "none");
    assert_eq!(error["code"], "meta_invalid");
    assert_eq!(server.requests().len(), 0);
}
