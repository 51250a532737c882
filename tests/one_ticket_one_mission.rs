//! One ticket, one mission, also across clones and repositories: what the control plane says about a
//! ticket's missions, before a command writes and at the bind.

use serde_json::{Value, json};

use crate::support::{
    BIND, BIND_PATH, Output, PROJECT_UUID, Reply, SEARCH_PATH, SPECIFY, Sandbox, Server, candidate,
    envelope, origin_ticket, search_answer,
};

const SCHEMA: &str = "spec-kitty.specify/1";
const ID: &str = "01M82EBYAN55CA467NJEDVWYNZ";

/// A mission as the control plane knows it.
fn known(mission_id: &str, slug: &str, repository: Option<&str>) -> Value {
    json!({
        "mission_id": mission_id,
        "mission_slug": slug,
        "repository": repository,
        "bound_by": "ada",
        "bound_at": "2026-11-22T10:00:00Z",
    })
}

/// WEB-123 with these missions.
fn ticket_with(missions: &[Value]) -> Value {
    let mut ticket = candidate("WEB-123", "Login page", "exact");
    ticket["missions"] = missions.into();
    ticket
}

/// A project whose ticket WEB-123 has these missions on the control plane.
fn project_with(missions: &[Value]) -> (Server, Sandbox) {
    let server = Server::with_ticket("WEB-123", "Login page");
    let found = search_answer(&[ticket_with(missions)]);
    server.on(SEARCH_PATH, Reply::json(200, &found));
    let sandbox = Sandbox::ready(&server);
    (server, sandbox)
}

/// The server's answer to the second of two binds.
fn taken() -> Reply {
    let mut body = envelope("ticket_has_mission", "WEB-123 has mission 013-web-123");
    body["missions"] = json!([known(ID, "013-web-123", Some(PROJECT_UUID))]);
    Reply::json(409, &body)
}

/// The command is refused with exit 6, and nothing was written or bound.
#[track_caller]
fn refused(server: &Server, sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let before = sandbox.snapshot();
    let error = sandbox.run(arguments).error(6, "none");
    assert_eq!(error["code"], "ticket_has_mission");
    before.assert_same(&sandbox.snapshot());
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
    error
}

#[track_caller]
fn contains(text: &Value, words: &[&str]) {
    let text = text.as_str().unwrap();
    for word in words {
        assert!(text.contains(word), "{word} not in {text}");
    }
}

/// Mutation check: if only `meta.json` is asked, this test fails (a second mission).
#[test]
fn a_mission_that_is_not_in_this_checkout_is_named_before_anything_is_written() {
    let mission = known(ID, "013-web-123", Some(PROJECT_UUID));
    let (server, sandbox) = project_with(std::slice::from_ref(&mission));
    let asking = &SPECIFY[..3];
    for arguments in [
        SPECIFY.to_vec(),
        [asking, &["--dry-run", "--json"]].concat(),
        // It is refused before the question.
        [asking, &["--json"]].concat(),
    ] {
        let error = refused(&server, &sandbox, &arguments);
        let words = ["WEB-123", "013-web-123", "ada", "2026-11-22T10:00:00Z"];
        contains(&error["message"], &words);
        contains(&error["hint"], &["git pull", "--allow-duplicate"]);
        assert_eq!(error["details"]["missions"], json!([mission]));
    }
}

#[test]
fn a_mission_of_another_repository_is_named_with_it() {
    let (server, sandbox) = project_with(&[known(ID, "004-web-123", Some("acme/other"))]);
    let error = refused(&server, &sandbox, &SPECIFY);
    contains(&error["message"], &["004-web-123", "acme/other"]);
    contains(&error["hint"], &["acme/other", "--allow-duplicate"]);
    assert!(!error["hint"].as_str().unwrap().contains("git pull"));
    // The same slug in another repository is another mission.
    let (server, sandbox) = project_with(&[known("060-search", "060-search", Some("acme/other"))]);
    refused(&server, &sandbox, &SPECIFY);
}

#[test]
fn a_mission_on_another_branch_is_named_with_it() {
    let (server, sandbox) = project_with(&[known(ID, "013-web-123", Some(PROJECT_UUID))]);
    sandbox.git(&["switch", "--quiet", "--create", "elsewhere"]);
    sandbox.add_mission("013-web-123");
    sandbox.commit_all("Add a mission");
    sandbox.git(&["switch", "--quiet", "main"]);
    let error = refused(&server, &sandbox, &SPECIFY);
    contains(
        &error["hint"],
        &["git switch elsewhere", "--allow-duplicate"],
    );
}

#[test]
fn a_candidate_document_with_missions_is_refused_too() {
    let (server, sandbox) = project_with(&[]);
    let mission = known(ID, "013-web-123", None);
    let document = search_answer(&[ticket_with(&[mission])]);
    sandbox.write("../ticket.json", document.to_string());
    let arguments = [
        "specify",
        "--candidate",
        "../ticket.json",
        "--yes",
        "--json",
    ];
    refused(&server, &sandbox, &arguments);
}

/// A mission of this checkout, and the id that its `meta.json` has: known by its id, or by its slug in
/// this repository or in one that the server does not know.
fn here() -> [(Value, Option<&'static str>); 5] {
    [
        (known(ID, "005-old-name", Some("acme/other")), Some(ID)),
        (
            known("060-search", "060-search", Some(PROJECT_UUID)),
            Some(ID),
        ),
        (known("060-search", "060-search", None), None),
        (
            known("060-search", "060-search", Some("Acme/Web_App")),
            None,
        ),
        (known(ID, "060-search", Some("Acme/Web_App")), None),
    ]
}

/// A project whose mission `060-search` has this id.
fn project_here(mission: Value, id: Option<&str>) -> (Server, Sandbox) {
    let (server, sandbox) = project_with(&[mission]);
    sandbox.git(&["remote", "add", "origin", "git@github.com:acme/web_app.git"]);
    let mut meta = sandbox.meta("060-search");
    if let Some(id) = id {
        meta["mission_id"] = id.into();
    }
    meta["friendly_name"] = "Written by hand".into();
    sandbox.write_meta("060-search", &meta);
    sandbox.commit_all("Write by hand");
    (server, sandbox)
}

#[test]
fn a_mission_of_this_checkout_is_found_again() {
    for (mission, id) in here() {
        let (server, sandbox) = project_here(mission, id);
        let mut meta = sandbox.meta("060-search");
        meta["origin_ticket"] = origin_ticket("WEB-123", "Login page");
        sandbox.write_meta("060-search", &meta);
        sandbox.commit_all("Bind by hand");
        let before = sandbox.snapshot();
        let answer = sandbox.run(&SPECIFY).answer(SCHEMA);
        assert_eq!(answer["created"], false);
        assert_eq!(answer["feature_slug"], "060-search");
        before.assert_same(&sandbox.snapshot());
        assert_eq!(sandbox.intents(), [] as [Value; 0]);
        assert_eq!(server.requests_to(SEARCH_PATH).len(), 1);
    }
}

/// Link, time and commits are those of the first answer. The server knows the link, so it is asked;
/// a dry run sends no bind.
#[test]
fn a_mission_found_again_answers_as_fully_as_the_first_time() {
    let (server, sandbox) = project_with(&[]);
    let first = sandbox.run(&SPECIFY).answer(SCHEMA);
    let id = first["mission_id"].as_str().unwrap();
    let mut mission = known(id, "061-web-123", Some(PROJECT_UUID));
    mission["bound_at"] = first["bound_at"].clone();
    let found = search_answer(&[ticket_with(&[mission])]);
    server.on(SEARCH_PATH, Reply::json(200, &found));
    sandbox.write("kitty-specs/061-web-123/spec.md", "Written later");
    sandbox.commit_all("Write the specification");
    sandbox.git(&["clone", "--quiet", ".", "../clone"]);
    server.forget();
    let clone = sandbox.root().join("clone");
    for folder in [sandbox.project(), clone] {
        let dry = sandbox.run_in(&folder, &[&SPECIFY[..], &["--dry-run"]].concat());
        assert_eq!(dry.answer(SCHEMA)["bound_at"], first["bound_at"]);
        assert_eq!(server.requests_to(BIND_PATH).len(), 0);
        let again = sandbox.run_in(&folder, &SPECIFY).answer(SCHEMA);
        assert_eq!(again["created"], false);
        for key in [
            "origin_ticket",
            "origin_link_id",
            "bound_at",
            "commits",
            "mission_id",
        ] {
            assert_eq!(again[key], first[key], "{key}");
        }
        assert_eq!(again["warnings"], json!([]));
        assert_eq!(server.requests_to(BIND_PATH).len(), 1);
        server.forget();
    }
    // Without an answer the mission is still the answer.
    server.on(BIND_PATH, Reply::refusal(500, "down", "down"));
    let again = sandbox.run(&SPECIFY).answer(SCHEMA);
    assert_eq!(again["origin_link_id"], Value::Null);
    assert_eq!(again["bound_at"], first["bound_at"]);
    assert_ne!(again["warnings"], json!([]));
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
}

/// Its bind reached the control plane, but not this checkout. Mutation check: if only missions with
/// an origin count, this test fails (a second mission).
#[test]
fn a_mission_of_this_checkout_gets_the_origin_that_the_server_holds() {
    for (mission, id) in here() {
        let (server, sandbox) = project_here(mission, id);
        let dry = sandbox.run(&[&SPECIFY[..], &["--dry-run"]].concat());
        assert_eq!(dry.answer(SCHEMA)["feature_slug"], "060-search");
        let answer = sandbox.run(&SPECIFY).answer(SCHEMA);
        assert_eq!(answer["created"], false);
        assert_eq!(answer["feature_slug"], "060-search");
        assert_eq!(sandbox.missions(), ["060-search"]);
        let origin = &sandbox.meta("060-search")["origin_ticket"];
        assert_eq!(*origin, origin_ticket("WEB-123", "Login page"));
        assert_eq!(server.requests_to(BIND_PATH).len(), 1);
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
        assert_eq!(sandbox.intents(), [] as [Value; 0]);
    }
}

/// Two ids are two missions, also if their folders have one name: another clone chose it, too.
#[test]
fn a_mission_of_the_same_name_is_not_the_ticket_s() {
    let other = known(
        "01M82EBYAN55CA467NJEDVWYNY",
        "060-search",
        Some(PROJECT_UUID),
    );
    let (server, sandbox) = project_here(other, Some(ID));
    let error = refused(&server, &sandbox, &SPECIFY);
    contains(&error["hint"], &["spec-kitty mission discard 060-search"]);
    refused(&server, &sandbox, &BIND);
}

/// A server that does not send `missions` does not say that there are none.
#[test]
fn a_ticket_without_missions_gets_its_mission() {
    let (_server, sandbox) = project_with(&[]);
    let answer = sandbox.run(&SPECIFY).answer(SCHEMA);
    assert_eq!(answer["created"], true);
}

/// Otherwise both would have the folder 062-web-123.
#[test]
fn a_duplicate_avoids_the_numbers_and_slugs_that_the_server_names() {
    let missions = [
        known(ID, "063-web-123", Some(PROJECT_UUID)),
        known("x", "064-login", None),
        known("y", "070-other", Some("acme/other")),
    ];
    let (server, sandbox) = project_with(&missions);
    let duplicate = [&SPECIFY[..], &["--allow-duplicate"]].concat();
    for (more, code) in [
        (["--number", "63"], "number_taken"),
        (["--slug", "login"], "slug_taken"),
    ] {
        let error = sandbox.run(&[&duplicate[..], &more].concat());
        assert_eq!(error.error(6, "none")["code"], code);
    }
    let answer = sandbox.run(&duplicate).answer(SCHEMA);
    assert_eq!(answer["feature_slug"], "065-web-123");
    let body = server.requests_to(BIND_PATH)[0].json();
    assert_eq!(body.get("exclusive"), None);
}

/// The loser of a race has made its mission before the server refuses the bind.
#[test]
fn the_second_of_two_binds_ends_with_its_mission_and_the_way_to_drop_it() {
    let (server, sandbox) = project_with(&[]);
    server.on(BIND_PATH, taken());
    let error = sandbox.run(&SPECIFY).error(6, "applied");
    assert_eq!(error["code"], "ticket_has_mission");
    contains(&error["message"], &["013-web-123", "ada"]);
    contains(&error["hint"], &["spec-kitty mission discard 061-web-123"]);
    assert_eq!(error["details"]["feature_slug"], "061-web-123");
    assert_eq!(error["details"]["feature_dir"], "kitty-specs/061-web-123");
    assert_eq!(
        error["details"]["missions"],
        json!([known(ID, "013-web-123", Some(PROJECT_UUID))])
    );
    assert!(sandbox.meta("061-web-123").get("origin_ticket").is_none());
    let [intent] = &sandbox.intents()[..] else {
        panic!("{:?}", sandbox.intents());
    };
    assert_eq!(intent["attempt"], Value::Null);
    let doctor = sandbox.run(&["doctor"]).succeeds().stdout;
    let advice = "run: spec-kitty mission discard 061-web-123";
    assert!(doctor.contains(advice), "{doctor}");
    // Again: no second mission, and the same advice.
    let again = sandbox.run(&SPECIFY).error(6, "applied");
    contains(&again["hint"], &["spec-kitty mission discard 061-web-123"]);
    assert_eq!(sandbox.missions(), ["060-search", "061-web-123"]);
    // As soon as the server names the other mission, nothing is sent.
    let found = search_answer(&[ticket_with(&[known(ID, "013-web-123", None)])]);
    server.on(SEARCH_PATH, Reply::json(200, &found));
    server.forget();
    let error = sandbox.run(&SPECIFY).error(6, "none");
    contains(&error["hint"], &["spec-kitty mission discard 061-web-123"]);
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
}

/// A lost answer comes first: the bind may be ours.
#[test]
fn a_bind_without_an_answer_is_repeated_even_if_another_mission_is_known() {
    let (server, sandbox) = project_with(&[]);
    server.on(BIND_PATH, Reply::Drop);
    sandbox.run(&SPECIFY).error(11, "applied");
    let missions = [known(ID, "013-web-123", Some(PROJECT_UUID))];
    let found = search_answer(&[ticket_with(&missions)]);
    server.on(SEARCH_PATH, Reply::json(200, &found));
    server.on(BIND_PATH, taken());
    sandbox.run(&SPECIFY).error(6, "applied");
    let keys: std::collections::BTreeSet<_> = server
        .requests_to(BIND_PATH)
        .iter()
        .map(|request| request.header("idempotency-key").unwrap().to_owned())
        .collect();
    assert_eq!(keys.len(), 1);
}

fn bind(sandbox: &Sandbox, more: &[&str]) -> Output {
    sandbox.run(&[&BIND[..], more].concat())
}

#[test]
fn an_existing_mission_does_not_get_the_ticket_of_another() {
    let mission = known(ID, "013-web-123", Some(PROJECT_UUID));
    let (server, sandbox) = project_with(std::slice::from_ref(&mission));
    let error = refused(&server, &sandbox, &BIND);
    contains(&error["message"], &["WEB-123", "013-web-123", "ada"]);
    contains(&error["hint"], &["git pull", "--allow-duplicate"]);
    // It is refused before the question, and in a dry run.
    refused(&server, &sandbox, &[&BIND[..6], &["--json"]].concat());
    refused(&server, &sandbox, &[&BIND[..], &["--dry-run"]].concat());
    // One that is here is named.
    sandbox.add_mission("013-web-123");
    sandbox.commit_all("Pull");
    let error = refused(&server, &sandbox, &BIND);
    contains(&error["hint"], &["013-web-123", "--allow-duplicate"]);
    let answer = bind(&sandbox, &["--allow-duplicate"]);
    answer.answer("spec-kitty.bind-origin/1");
    let body = server.requests_to(BIND_PATH)[0].json();
    assert_eq!(body.get("exclusive"), None);
}

#[test]
fn a_mission_that_has_the_ticket_already_is_bound_again() {
    let missions = [
        known("060-search", "060-search", Some(PROJECT_UUID)),
        known(ID, "013-web-123", Some(PROJECT_UUID)),
    ];
    let (_server, sandbox) = project_with(&missions);
    bind(&sandbox, &[]).answer("spec-kitty.bind-origin/1");
}

#[test]
fn a_bind_that_another_mission_has_won_changes_nothing() {
    let (server, sandbox) = project_with(&[]);
    server.on(BIND_PATH, taken());
    let before = sandbox.snapshot();
    let error = bind(&sandbox, &[]).error(6, "none");
    assert_eq!(error["code"], "ticket_has_mission");
    contains(&error["message"], &["013-web-123", "ada"]);
    contains(&error["hint"], &["--allow-duplicate"]);
    before.assert_same(&sandbox.snapshot());
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
}
