//! A command that was cut off is finished by running it again: one mission, one bind, one event id.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{
    BIND, BIND_PATH, EVENTS_PATH, Output, REFRESH_PATH, Reply, SEARCH_PATH, SPECIFY, Sandbox,
    Server, bind_answer, write_file,
};

/// The different idempotency keys of all binds so far.
fn keys(server: &Server) -> BTreeSet<String> {
    server
        .requests_to(BIND_PATH)
        .iter()
        .map(|request| request.header("idempotency-key").unwrap().to_owned())
        .collect()
}

/// The state of one clean run of [`SPECIFY`].
#[track_caller]
fn assert_clean(sandbox: &Sandbox) {
    assert_eq!(sandbox.missions(), ["060-search", "061-web-123"]);
    let origin = &sandbox.meta("061-web-123")["origin_ticket"];
    assert_eq!(origin["external_issue_key"], "WEB-123");
    assert_eq!(
        sandbox.subjects(),
        [
            "Bind WEB-123 to mission 061-web-123",
            "Add mission 061-web-123",
            "Begin"
        ]
    );
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    // A recovery may queue an event twice, with the same id.
    for event_type in ["FeatureCreated", "MissionOriginBound"] {
        let ids: BTreeSet<_> = sandbox
            .events_of(event_type)
            .iter()
            .map(|event| event["event_id"].to_string())
            .collect();
        assert_eq!(ids.len(), 1, "{:?}", sandbox.events());
    }
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
    sandbox.assert_no_leftovers();
}

fn grant(server: &Server) {
    server.on(BIND_PATH, Reply::json(200, &bind_answer()));
}

#[track_caller]
fn partial(output: &Output) -> Value {
    assert_eq!(output.code, 11, "{output:?}");
    let effect = output.json()["error"]["effect"]
        .as_str()
        .unwrap()
        .to_owned();
    output.error(11, &effect)
}

#[test]
fn a_mission_that_an_earlier_version_began_is_committed_without_the_files_of_this_one() {
    let sandbox = Sandbox::with_project();
    sandbox.hook("pre-commit", "exit 1");
    let specify = ["specify", "payments", "--json"];
    sandbox.run(&specify).error(11, "applied");
    for folder in ["checklists", "research"] {
        let path = format!("kitty-specs/061-payments/{folder}/.gitkeep");
        fs::remove_file(sandbox.path(&path)).unwrap();
    }
    fs::remove_file(sandbox.path(".git/hooks/pre-commit")).unwrap();
    sandbox.run(&specify).answer("spec-kitty.specify/1");
    assert_eq!(sandbox.subjects()[0], "Add mission 061-payments");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_dropped_connection_is_healed_with_the_same_key() {
    let outcomes = [
        Reply::Drop,
        Reply::refusal(503, "busy", "try later"),
        Reply::refusal(500, "internal", "oops"),
        Reply::Half(b"{\"origin_link_id\"".to_vec()),
        Reply::html(200),
    ];
    for outcome in outcomes {
        let server = Server::start_for(&outcome).and_ticket("WEB-123", "Login page");
        server.on(BIND_PATH, outcome.clone());
        let sandbox = Sandbox::ready(&server);
        partial(&sandbox.run(&SPECIFY));
        assert_eq!(keys(&server).len(), 1, "{outcome:?}");
        assert_eq!(sandbox.intents().len(), 1, "{outcome:?}");
        grant(&server);
        let answer = sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
        assert_eq!(answer["feature_slug"], "061-web-123");
        assert_eq!(
            keys(&server).len(),
            1,
            "{outcome:?}: another key on the second run"
        );
        assert_clean(&sandbox);
    }
}

#[test]
fn an_answer_that_never_came_is_healed_with_the_same_key() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(BIND_PATH, Reply::Never);
    let sandbox = Sandbox::ready(&server);
    let error = partial(&sandbox.run(&[&SPECIFY[..], &["--timeout", "1"]].concat()));
    assert_ne!(error["effect"], "none", "{error}");
    grant(&server);
    sandbox.run(&SPECIFY).succeeds();
    assert_eq!(keys(&server).len(), 1);
    assert_clean(&sandbox);
}

/// Two clones of a project share its uuid and the user's state directory. Mutation check: if
/// intents belong to the project and not to the clone, this test fails (the other clone's `doctor
/// --fix` drops the work).
#[test]
fn two_clones_of_a_project_each_finish_their_own_work() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(BIND_PATH, Reply::Drop);
    let sandbox = Sandbox::ready(&server);
    let other = sandbox.root().join("other");
    sandbox.git(&["clone", "-q", ".", other.to_str().unwrap()]);
    partial(&sandbox.run(&SPECIFY));
    let untouched = sandbox.run_in(&other, &["doctor", "--fix"]).succeeds();
    assert!(untouched.stdout.contains("ok\tunfinished work\tnone\n"));
    partial(&sandbox.run_in(&other, &SPECIFY));
    assert_eq!(sandbox.intents().len(), 2);
    assert_eq!(keys(&server).len(), 2);
    grant(&server);
    sandbox.run_in(&other, &SPECIFY).succeeds();
    assert_eq!(sandbox.intents().len(), 1);
    sandbox.run(&SPECIFY).succeeds();
    assert_eq!(keys(&server).len(), 2, "another key on a second run");
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
}

/// Mutation check: if intents are found only in the folder where they were made, this test fails (a
/// second idempotency key).
#[test]
fn a_clone_that_was_moved_finds_its_work_again() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(BIND_PATH, Reply::Drop);
    let sandbox = Sandbox::ready(&server);
    partial(&sandbox.run(&SPECIFY));
    let moved = sandbox.root().join("moved");
    fs::rename(sandbox.project(), &moved).unwrap();
    grant(&server);
    sandbox.run_in(&moved, &SPECIFY).succeeds();
    assert_eq!(keys(&server).len(), 1);
    fs::rename(&moved, sandbox.project()).unwrap();
    assert_clean(&sandbox);
}

#[test]
fn the_command_in_the_hint_finishes_the_job() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(BIND_PATH, Reply::Drop);
    let sandbox = Sandbox::ready(&server);
    let error = partial(&sandbox.run(&SPECIFY));
    grant(&server);
    let hint = error["hint"].as_str().unwrap();
    let line = &hint[hint.find("spec-kitty ").unwrap()..];
    let output = sandbox.run_line(line);
    assert!([0, 7].contains(&output.code), "{line}: {output:?}");
    if output.code == 7 {
        // A command that asks is as good, so long as its own hint answers.
        sandbox.run_line(&format!("{line} --yes")).succeeds();
    }
    assert_eq!(keys(&server).len(), 1);
    assert_clean(&sandbox);
}

#[test]
fn a_bind_of_an_existing_mission_is_healed_with_the_same_key() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(BIND_PATH, Reply::Drop);
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    sandbox.run(&BIND).error(8, "unknown");
    before.assert_same(&sandbox.snapshot());
    assert_eq!(sandbox.intents().len(), 1);
    grant(&server);
    sandbox.run(&BIND).succeeds();
    assert_eq!(keys(&server).len(), 1);
    assert_eq!(
        sandbox.subjects(),
        ["Bind WEB-123 to mission 060-search", "Begin"]
    );
    assert_eq!(sandbox.events().len(), 1);
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
}

#[test]
fn a_definite_refusal_forgets_the_intent() {
    for (status, exit) in [(403, 5), (404, 3), (409, 6), (422, 2)] {
        let server = Server::with_ticket("WEB-123", "Login page");
        server.on(BIND_PATH, Reply::refusal(status, "refused", "no"));
        let sandbox = Sandbox::ready(&server);
        sandbox.run(&BIND).error(exit, "none");
        assert_eq!(sandbox.intents(), [] as [Value; 0], "{status}");
        grant(&server);
        sandbox.run(&BIND).succeeds();
        assert_eq!(keys(&server).len(), 2, "{status}: a refused bind is over");
    }
}

#[test]
fn a_refused_specify_goes_on_with_its_own_mission() {
    for status in [403, 404, 409, 422] {
        let server = Server::with_ticket("WEB-123", "Login page");
        server.on(BIND_PATH, Reply::refusal(status, "refused", "no"));
        let sandbox = Sandbox::ready(&server);
        partial(&sandbox.run(&SPECIFY));
        grant(&server);
        let line = [
            "tracker",
            "bind-origin",
            "--mission",
            "061",
            "--key",
            "WEB-123",
            "--yes",
        ];
        sandbox.run(&line).succeeds();
        assert_clean(&sandbox);
    }
}

#[test]
fn an_event_that_could_not_be_recorded_is_recorded_by_the_next_run() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let queue = sandbox.state().join("queue");
    write_file(&queue, "not a folder");
    let answer = sandbox.run(&BIND).answer("spec-kitty.bind-origin/1");
    assert_eq!(answer["event_emitted"], false);
    assert_ne!(answer["warnings"], serde_json::json!([]), "{answer}");
    assert!(sandbox.meta("060-search")["origin_ticket"].is_object());
    assert_eq!(sandbox.subjects()[0], "Bind WEB-123 to mission 060-search");
    assert_eq!(sandbox.intents().len(), 1, "the event is still owed");
    fs::remove_file(queue).unwrap();
    let answer = sandbox.run(&BIND).answer("spec-kitty.bind-origin/1");
    assert_eq!(answer["event_emitted"], true);
    assert_eq!(sandbox.events().len(), 1);
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
    assert_eq!(keys(&server).len(), 1);
}

/// Every file of the state directory that holds an intent, with its bytes.
fn intent_files(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            intent_files(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path)
            && text.contains("idempotency_key")
        {
            found.insert(path, text.into_bytes());
        }
    }
}

#[test]
fn a_crash_between_event_and_intent_repeats_the_very_same_event() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(BIND_PATH, Reply::Drop);
    let sandbox = Sandbox::ready(&server);
    sandbox.run(&BIND).error(8, "unknown");
    let mut intents = BTreeMap::new();
    intent_files(&sandbox.state(), &mut intents);
    assert_eq!(intents.len(), 1);
    grant(&server);
    sandbox.run(&BIND).succeeds();
    // The state of a process that died just before it removed the intent.
    for (path, bytes) in intents {
        write_file(&path, bytes);
    }
    sandbox.run(&BIND).succeeds();
    assert_eq!(keys(&server).len(), 1);
    let ids: BTreeSet<_> = sandbox
        .events()
        .iter()
        .map(|e| e["event_id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1, "{:?}", sandbox.events());
}

#[test]
fn a_rejecting_hook_leaves_the_files_and_the_same_command_goes_on() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox.hook("pre-commit", "echo 'the linter says no' >&2; exit 1");
    let error = sandbox.run(&SPECIFY).error(11, "applied");
    assert!(error.to_string().contains("the linter says no"), "{error}");
    assert!(sandbox.path("kitty-specs/061-web-123/meta.json").exists());
    assert_eq!(sandbox.subjects(), ["Begin"]);
    fs::remove_file(sandbox.path(".git/hooks/pre-commit")).unwrap();
    sandbox.run(&SPECIFY).succeeds();
    assert_clean(&sandbox);
    assert_eq!(keys(&server).len(), 1);
}

#[test]
fn a_hook_that_rejects_the_second_commit_only_is_healed_too() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox.hook(
        "commit-msg",
        "if grep -q '^Bind' \"$1\"; then echo 'not today' >&2; exit 1; fi",
    );
    let error = sandbox.run(&SPECIFY).error(11, "applied");
    assert!(error.to_string().contains("not today"), "{error}");
    assert_eq!(sandbox.subjects(), ["Add mission 061-web-123", "Begin"]);
    assert!(sandbox.meta("061-web-123")["origin_ticket"].is_object());
    fs::remove_file(sandbox.path(".git/hooks/commit-msg")).unwrap();
    sandbox.run(&SPECIFY).succeeds();
    assert_clean(&sandbox);
}

#[test]
fn a_rejected_bind_commit_is_made_by_the_next_run() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox.hook("pre-commit", "exit 1");
    sandbox.run(&BIND).error(11, "applied");
    fs::remove_file(sandbox.path(".git/hooks/pre-commit")).unwrap();
    let answer = sandbox.run(&BIND).answer("spec-kitty.bind-origin/1");
    assert_eq!(answer["commit"], sandbox.git(&["rev-parse", "HEAD"]));
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_rejected_plain_mission_is_committed_by_the_next_run() {
    let sandbox = Sandbox::with_project();
    sandbox.hook("pre-commit", "exit 1");
    sandbox
        .run(&["specify", "payments", "--json"])
        .error(11, "applied");
    fs::remove_file(sandbox.path(".git/hooks/pre-commit")).unwrap();
    sandbox.run(&["specify", "payments", "--json"]).succeeds();
    assert_eq!(sandbox.missions(), ["060-search", "061-payments"]);
    assert_eq!(sandbox.subjects(), ["Add mission 061-payments", "Begin"]);
}

/// A lock on the index postpones the commit. Mutation check: if the intent of a mission whose
/// commit is postponed counts as done, this test fails (a second mission).
#[test]
fn a_plain_mission_whose_commit_was_put_off_is_committed_by_the_next_run() {
    let plain = ["specify", "payments", "--timeout", "1", "--json"];
    let sandbox = Sandbox::with_project();
    let lock = sandbox.path(".git/index.lock");
    write_file(&lock, "");
    let answer = sandbox.run(&plain).answer("spec-kitty.specify/1");
    let warning = answer["warnings"][0]["message"].as_str().unwrap();
    assert!(warning.starts_with("commit deferred: "), "{answer}");
    fs::remove_file(&lock).unwrap();
    let answer = sandbox.run(&plain).answer("spec-kitty.specify/1");
    assert_eq!(answer["created"], false);
    assert_eq!(sandbox.subjects(), ["Add mission 061-payments", "Begin"]);
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
    // The user commits by hand: the next run starts another mission.
    write_file(&lock, "");
    sandbox.run(&plain).succeeds();
    fs::remove_file(&lock).unwrap();
    sandbox.commit_all("By hand");
    sandbox.run(&plain).succeeds();
    let made = ["060-search", "061-payments", "062-payments", "063-payments"];
    assert_eq!(sandbox.missions(), made);
    assert_eq!(sandbox.subjects()[0], "Add mission 063-payments");
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
}

/// Mutation check: if a duplicate is never resumed, this test fails (a third mission).
#[test]
fn a_duplicate_that_was_cut_off_is_finished_by_the_same_command() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox.run(&SPECIFY).succeeds();
    let again = [&SPECIFY[..], &["--allow-duplicate", "--slug", "twin"]].concat();
    sandbox.hook("pre-commit", "exit 1");
    partial(&sandbox.run(&again));
    let doctor = sandbox.run(&["doctor"]).succeeds();
    let command = "specify --from-ticket WEB-123 --allow-duplicate --yes";
    assert!(doctor.stdout.contains(command), "{doctor:?}");
    fs::remove_file(sandbox.path(".git/hooks/pre-commit")).unwrap();
    let answer = sandbox.run(&again).answer("spec-kitty.specify/1");
    assert_eq!(answer["feature_slug"], "062-twin");
    assert_eq!(
        sandbox.missions(),
        ["060-search", "061-web-123", "062-twin"]
    );
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

/// Mutation check: if all files of the mission are committed again, this test fails (the user's
/// hunks are in the commit).
#[test]
fn what_the_user_wrote_into_the_mission_since_is_left_to_the_user() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(BIND_PATH, Reply::refusal(503, "busy", "later"));
    let sandbox = Sandbox::ready(&server);
    partial(&sandbox.run(&SPECIFY));
    let spec = "kitty-specs/061-web-123/spec.md";
    sandbox.write(spec, "staged\n");
    sandbox.git(&["add", spec]);
    sandbox.write(spec, "staged\nunstaged\n");
    let staged = sandbox.git(&["diff", "--cached"]);
    grant(&server);
    sandbox.run(&SPECIFY).succeeds();
    assert_eq!(sandbox.git(&["diff", "--cached"]), staged);
    let status = format!("MM {spec}");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), status);
    assert_eq!(
        sandbox.subjects(),
        [
            "Bind WEB-123 to mission 061-web-123",
            "Add mission 061-web-123",
            "Begin"
        ]
    );
}

/// Mutation check: if only the last attempt's answer counts, this test fails (effect none, and the
/// intent is gone).
#[test]
fn what_an_earlier_attempt_may_have_done_is_not_forgotten() {
    for last in [
        Reply::refusal(403, "forbidden", "no"),
        Reply::refusal(400, "odd", "no"),
        Reply::refusal(401, "token_not_valid", "no"),
    ] {
        let server = Server::with_ticket("WEB-123", "Login page");
        server.on_each(BIND_PATH, vec![Reply::Drop, last.clone()]);
        server.on(REFRESH_PATH, Reply::refusal(401, "token_expired", "no"));
        let sandbox = Sandbox::ready(&server);
        let output = sandbox.run(&BIND);
        let error = &output.json()["error"];
        assert_eq!(error["effect"], "unknown", "{last:?}: {output:?}");
        assert_eq!(sandbox.intents().len(), 1, "{last:?}");
    }
}

#[test]
fn a_session_that_ended_in_between_is_healed_after_the_login() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(BIND_PATH, Reply::refusal(401, "token_expired", "expired"));
    server.on(
        REFRESH_PATH,
        Reply::refusal(401, "token_expired", "expired"),
    );
    let sandbox = Sandbox::ready(&server);
    let error = partial(&sandbox.run(&SPECIFY));
    assert!(error.to_string().contains("auth login"), "{error}");
    grant(&server);
    sandbox.log_in(&server.url());
    sandbox.run(&SPECIFY).succeeds();
    assert_clean(&sandbox);
    assert_eq!(keys(&server).len(), 1);
    assert!(!server.requests_to(SEARCH_PATH).is_empty());
}

/// Version 0.1.0 kept an intent with other keys. Mutation check: with such files ignored, this test
/// fails (a second idempotency key).
#[test]
fn work_that_version_0_1_0_left_is_finished_with_its_key() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(BIND_PATH, Reply::Drop);
    let sandbox = Sandbox::ready(&server);
    partial(&sandbox.run(&SPECIFY));
    let mut files = BTreeMap::new();
    intent_files(&sandbox.state(), &mut files);
    for (path, bytes) in files {
        let journey: Value = serde_json::from_slice(&bytes).unwrap();
        let mut creation = journey["creation"].clone();
        creation["event_recorded"] = true.into();
        let intent = serde_json::json!({
            "feature_slug": journey["mission"],
            "locks": journey["clone"],
            "creation": creation,
            "ticket": journey["ticket"],
            "attempt": journey["attempt"],
            "event_recorded": false,
            "only_event_missing": false,
        });
        write_file(&path, intent.to_string());
    }
    grant(&server);
    sandbox.run(&SPECIFY).succeeds();
    assert_eq!(keys(&server).len(), 1);
    assert_clean(&sandbox);
}

#[test]
fn another_ticket_does_not_inherit_an_unfinished_mission() {
    let server = Server::with_any_ticket();
    let sandbox = Sandbox::ready(&server);
    server.on(BIND_PATH, Reply::Drop);
    partial(&sandbox.run(&SPECIFY));
    grant(&server);
    let other = ["specify", "--from-ticket", "WEB-9", "--yes", "--json"];
    let answer = sandbox.run(&other).answer("spec-kitty.specify/1");
    assert_eq!(answer["feature_slug"], "062-web-9");
    assert_eq!(keys(&server).len(), 2);
    sandbox.run(&SPECIFY).succeeds();
    assert_eq!(
        sandbox.missions(),
        ["060-search", "061-web-123", "062-web-9"]
    );
    assert_eq!(keys(&server).len(), 2);
}

/// Mutation check: if `sync now` asks only whether `meta.json` is committed, this test fails (a
/// second mission).
#[test]
fn delivery_keeps_work_whose_origin_is_gone_again() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox.hook("commit-msg", "if grep -q '^Bind' \"$1\"; then exit 1; fi");
    partial(&sandbox.run(&SPECIFY));
    sandbox.git(&["checkout", "--", "kitty-specs"]);
    drop(sandbox.run(&["sync", "now", "--json"]));
    assert_eq!(sandbox.intents().len(), 1);
    fs::remove_file(sandbox.path(".git/hooks/commit-msg")).unwrap();
    sandbox.run(&SPECIFY).succeeds();
    assert_eq!(sandbox.missions(), ["060-search", "061-web-123"]);
    assert_eq!(keys(&server).len(), 1);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

/// Mutation check: if a commit that `--no-commit` left out counts as made, this test fails (files of
/// the mission stay untracked).
#[test]
fn a_commit_that_was_left_out_is_made_by_a_run_that_commits() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(BIND_PATH, Reply::refusal(503, "busy", "later"));
    let sandbox = Sandbox::ready(&server);
    partial(&sandbox.run(&[&SPECIFY[..], &["--no-commit"]].concat()));
    grant(&server);
    sandbox.run(&SPECIFY).succeeds();
    assert_clean(&sandbox);
}

/// Mutation check: if `bind-origin` takes the steps of a mission's creation, this test fails (a
/// commit, and effect none).
#[test]
fn binding_does_not_finish_the_creation_of_a_mission() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(BIND_PATH, Reply::refusal(503, "busy", "later"));
    let sandbox = Sandbox::ready(&server);
    let lock = sandbox.path(".git/index.lock");
    write_file(&lock, "");
    partial(&sandbox.run(&[&SPECIFY[..], &["--timeout", "1"]].concat()));
    fs::remove_file(&lock).unwrap();
    server.on(BIND_PATH, Reply::refusal(409, "origin_conflict", "no"));
    let key = ["--key", "WEB-123", "--yes", "--json"];
    let bind = [&["tracker", "bind-origin", "--mission", "061"][..], &key].concat();
    let before = sandbox.snapshot();
    sandbox.run(&bind).error(6, "none");
    before.assert_same(&sandbox.snapshot());
    grant(&server);
    sandbox.run(&bind).succeeds();
    let subjects = ["Bind WEB-123 to mission 061-web-123", "Begin"];
    assert_eq!(sandbox.subjects(), subjects);
    // What is left is the commit of the folder, and delivery does not forget it.
    drop(sandbox.run(&["sync", "now", "--json"]));
    assert_eq!(sandbox.intents().len(), 1);
    let doctor = sandbox.run(&["doctor"]).succeeds().stdout;
    assert!(
        doctor.contains("run: spec-kitty specify web-123"),
        "{doctor}"
    );
    let answer = sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
    assert_eq!(answer["created"], false);
    sandbox.run(&["specify", "web-123", "--json"]).succeeds();
    assert_eq!(sandbox.subjects()[0], "Add mission 061-web-123");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
}

/// Mutation check: if an event that breaks a rule counts as recorded, this test fails.
#[test]
fn an_event_that_breaks_a_rule_is_never_reported_as_queued() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox.add_mission("060-Alpha");
    sandbox.commit_all("A mission with an odd name");
    let key = ["--key", "WEB-123", "--yes", "--json"];
    let bind = [
        &["tracker", "bind-origin", "--mission", "060-Alpha"][..],
        &key,
    ]
    .concat();
    sandbox.hook("pre-commit", "exit 1");
    sandbox.run(&bind).error(11, "applied");
    fs::remove_file(sandbox.path(".git/hooks/pre-commit")).unwrap();
    let answer = sandbox.run(&bind).answer("spec-kitty.bind-origin/1");
    assert_eq!(answer["event_emitted"], false);
    assert_ne!(answer["warnings"], serde_json::json!([]), "{answer}");
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
}

/// Mutation check: if a refusal forgets a bind that `meta.json` records, this test fails (its event
/// is never recorded).
#[test]
fn a_refusal_does_not_forget_an_event_that_is_still_owed() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let queue = sandbox.state().join("queue");
    write_file(&queue, "not a folder");
    sandbox.run(&BIND).succeeds();
    fs::remove_file(queue).unwrap();
    server.on(BIND_PATH, Reply::refusal(403, "forbidden", "no"));
    drop(sandbox.run(&BIND));
    drop(sandbox.run(&["sync", "now", "--json"]));
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
    assert_eq!(server.requests_to(EVENTS_PATH).len(), 1);
}
