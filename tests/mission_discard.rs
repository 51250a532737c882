//! `spec-kitty mission discard`: drops a mission without an origin, and loses nothing that is the
//! user's.

use std::fs::{self, File};

use serde_json::{Value, json};

use crate::support::{
    BIND_PATH, EVENTS_PATH, Output, Reply, SPECIFY, Sandbox, Server, Terminal, queued_event,
    verdicts,
};

const SCHEMA: &str = "spec-kitty.mission-discard/1";
const MISSION: &str = "061-payments";
const FOLDER: &str = "kitty-specs/061-payments";

/// A project with the mission `061-payments`, committed.
fn project() -> Sandbox {
    let sandbox = Sandbox::with_project();
    sandbox.run(&["specify", "payments"]).succeeds();
    sandbox
}

fn discard(sandbox: &Sandbox, more: &[&str]) -> Output {
    let usual = ["mission", "discard", MISSION, "--json"];
    sandbox.run(&[&usual[..], more].concat())
}

/// The mission is gone, with its event and its unfinished work, and nothing is left of it.
#[track_caller]
fn assert_gone(sandbox: &Sandbox) {
    assert!(!sandbox.path(FOLDER).exists());
    let tracked = sandbox.try_git(&["ls-files", FOLDER]).stdout;
    assert_eq!(tracked, "");
    assert_eq!(sandbox.events_of("FeatureCreated"), [] as [Value; 0]);
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
    sandbox.assert_no_leftovers();
    let doctor = sandbox.run(&["doctor", "--offline"]).succeeds().stdout;
    assert!(!doctor.contains(MISSION), "{doctor}");
}

/// It is refused, and nothing has changed.
#[track_caller]
fn refused(sandbox: &Sandbox, exit: i32, code: &str) -> Value {
    let (before, events) = (sandbox.snapshot(), sandbox.events());
    let intents = sandbox.intents();
    let error = discard(sandbox, &["--yes"]).error(exit, "none");
    assert_eq!(error["code"], code);
    before.assert_same(&sandbox.snapshot());
    assert_eq!(sandbox.events(), events);
    assert_eq!(sandbox.intents(), intents);
    error
}

#[test]
fn a_commit_that_only_adds_the_mission_is_undone() {
    let sandbox = Sandbox::with_project();
    sandbox.write("staged.txt", "staged\n");
    sandbox.git(&["add", "staged.txt"]);
    sandbox.write("staged.txt", "staged, then changed\n");
    sandbox.write("new.txt", "new\n");
    sandbox.git(&["add", "--intent-to-add", "new.txt"]);
    let state = || {
        [
            sandbox.git(&["rev-parse", "HEAD"]),
            sandbox.git(&["status", "--porcelain"]),
            sandbox.git(&["ls-files", "--stage"]),
            sandbox.read("staged.txt"),
        ]
    };
    let before = state();
    sandbox.run(&["specify", "payments"]).succeeds();
    let commit = sandbox.git(&["rev-parse", "HEAD"]);
    let answer = discard(&sandbox, &["--yes"]).answer(SCHEMA);
    assert_eq!(
        answer,
        json!({
            "schema": SCHEMA,
            "result": "success",
            "feature_slug": MISSION,
            "feature_dir": FOLDER,
            "undone_commit": commit,
            "commit": null,
            "event_dropped": true,
            "warnings": [],
        })
    );
    assert_eq!(state(), before);
    assert_gone(&sandbox);
    // The commit can still be found.
    sandbox.git(&["cat-file", "-e", &commit]);
    assert!(sandbox.git(&["reflog", "-1"]).contains(MISSION));
    // Its number is free again.
    sandbox.run(&["specify", "payments"]).succeeds();
    assert_eq!(sandbox.missions(), ["060-search", MISSION]);
}

#[test]
fn the_first_commit_of_a_repository_is_undone_too() {
    let sandbox = Sandbox::new();
    sandbox.init_git();
    sandbox.run(&["specify", "payments"]).succeeds();
    let usual = ["mission", "discard", "1", "--yes", "--json"];
    let answer = sandbox.run(&usual).answer(SCHEMA);
    assert_eq!(answer["feature_slug"], "001-payments");
    assert_eq!(
        sandbox.try_git(&["rev-parse", "--verify", "HEAD"]).code,
        128
    );
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

/// A commit of its own removes the mission: exactly its files.
#[track_caller]
fn assert_removed_by_a_commit(sandbox: &Sandbox) {
    let count = sandbox.commit_count();
    sandbox.write("staged.txt", "staged\n");
    sandbox.git(&["add", "staged.txt"]);
    let answer = discard(sandbox, &["--yes"]).answer(SCHEMA);
    assert_eq!(answer["undone_commit"], Value::Null);
    assert_eq!(answer["commit"], sandbox.git(&["rev-parse", "HEAD"]));
    assert_eq!(sandbox.commit_count(), count + 1);
    assert_eq!(sandbox.subjects()[0], "Discard mission 061-payments");
    let paths = sandbox.paths_of("HEAD");
    assert!(
        paths.iter().all(|path| path.starts_with(FOLDER)),
        "{paths:?}"
    );
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "A  staged.txt");
    assert_gone(sandbox);
}

#[test]
fn an_older_mission_is_removed_by_a_commit_of_its_own() {
    let sandbox = project();
    sandbox.write("later.txt", "later\n");
    sandbox.commit_all("Later");
    assert_removed_by_a_commit(&sandbox);
}

/// Mutation check: if remote branches are not asked, this test fails (a pushed commit is undone).
#[test]
fn a_pushed_mission_is_removed_by_a_commit_of_its_own() {
    let sandbox = project();
    sandbox.git(&["init", "--quiet", "--bare", "../remote"]);
    sandbox.git(&["remote", "add", "origin", "../remote"]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    assert_removed_by_a_commit(&sandbox);
}

#[test]
fn a_commit_with_files_of_the_user_is_not_undone() {
    let sandbox = project();
    sandbox.write("README.md", "# Another title\n");
    sandbox.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
    assert_removed_by_a_commit(&sandbox);
    assert_eq!(sandbox.read("README.md"), "# Another title\n");
}

#[test]
fn what_the_author_has_committed_stays_in_the_history() {
    let sandbox = project();
    sandbox.write("kitty-specs/061-payments/spec.md", "Written\n");
    sandbox.commit_all("Write the specification");
    assert_removed_by_a_commit(&sandbox);
    let old = sandbox.git(&["show", "HEAD~1:kitty-specs/061-payments/spec.md"]);
    assert_eq!(old, "Written");
}

/// Mutation check: if only tracked files are compared, this test fails (notes are lost).
#[test]
fn what_the_author_has_not_committed_is_not_removed() {
    type Edit = fn(&Sandbox);
    let edits: [(&str, Edit); 5] = [
        ("spec.md", |sandbox| {
            sandbox.write("kitty-specs/061-payments/spec.md", "Written\n");
        }),
        ("notes/a.txt", |sandbox| {
            sandbox.write("kitty-specs/061-payments/notes/a.txt", "Notes\n");
        }),
        ("tasks/plan.txt", |sandbox| {
            sandbox.write("kitty-specs/061-payments/tasks/plan.txt", "Staged\n");
            sandbox.git(&["add", "kitty-specs"]);
        }),
        ("empty.txt", |sandbox| {
            sandbox.write("kitty-specs/061-payments/empty.txt", "");
        }),
        ("tasks/README.md", |sandbox| {
            sandbox.write("kitty-specs/061-payments/tasks/README.md", "Mine\n");
        }),
    ];
    for (name, edit) in edits {
        let sandbox = project();
        edit(&sandbox);
        let error = refused(&sandbox, 10, "uncommitted_changes");
        let file = format!("{FOLDER}/{name}");
        assert_eq!(error["details"]["files"], json!([file]));
        let text = sandbox.run(&["mission", "discard", MISSION, "--yes"]);
        assert!(text.error_text(10).contains(&file), "{text:?}");
        sandbox.commit_all("Keep it");
        discard(&sandbox, &["--yes"]).answer(SCHEMA);
        assert_gone(&sandbox);
    }
}

#[test]
fn files_that_git_ignores_go_with_the_mission() {
    let sandbox = project();
    sandbox.write(".git/info/exclude", "*.log\n");
    sandbox.write("kitty-specs/061-payments/build.log", "noise\n");
    discard(&sandbox, &["--yes"]).answer(SCHEMA);
    assert_gone(&sandbox);
}

/// With `--no-commit`, and outside git.
#[test]
fn a_mission_that_was_never_committed_is_only_a_folder() {
    let sandbox = Sandbox::with_project();
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.write(".kittify/templates/spec-template.md", "# Template\n");
    sandbox.commit_all("Add a template");
    sandbox
        .run(&["specify", "payments", "--no-commit"])
        .succeeds();
    let answer = discard(&sandbox, &["--yes"]).answer(SCHEMA);
    assert_eq!(answer["undone_commit"], Value::Null);
    assert_eq!(answer["commit"], Value::Null);
    assert_gone(&sandbox);
    assert_eq!(sandbox.git(&["rev-parse", "HEAD~1"]), head);

    sandbox
        .run(&["specify", "payments", "--no-commit"])
        .succeeds();
    fs::remove_dir_all(sandbox.path(".git")).unwrap();
    sandbox.write("kitty-specs/061-payments/notes.txt", "Notes\n");
    refused(&sandbox, 10, "uncommitted_changes");
    fs::remove_file(sandbox.path("kitty-specs/061-payments/notes.txt")).unwrap();
    discard(&sandbox, &["--yes"]).answer(SCHEMA);
    assert!(!sandbox.path(FOLDER).exists());
}

/// Its commit was rejected, and its files are staged.
#[test]
fn what_is_staged_of_a_mission_without_a_commit_goes_too() {
    let sandbox = Sandbox::with_project();
    sandbox.hook("pre-commit", "exit 1");
    sandbox
        .run(&["specify", "payments", "--json"])
        .error(11, "applied");
    sandbox.git(&["add", "kitty-specs"]);
    discard(&sandbox, &["--yes"]).answer(SCHEMA);
    assert_gone(&sandbox);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn with_no_commit_only_the_folder_goes() {
    let sandbox = project();
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    let answer = discard(&sandbox, &["--yes", "--no-commit"]).answer(SCHEMA);
    assert_eq!(answer["undone_commit"], Value::Null);
    assert_eq!(answer["commit"], Value::Null);
    assert!(!sandbox.path(FOLDER).exists());
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), head);
    // The same command without the flag completes it.
    let answer = discard(&sandbox, &["--yes"]).answer(SCHEMA);
    assert_eq!(answer["undone_commit"], head);
    assert_gone(&sandbox);
}

#[test]
fn without_a_confirmation_nothing_changes() {
    let sandbox = project();
    let before = sandbox.snapshot();
    let error = discard(&sandbox, &[]).error(7, "none");
    assert_eq!(error["code"], "input_required");
    let command = "spec-kitty mission discard 061-payments --json --yes";
    assert_eq!(error["details"]["confirm_command"], command);
    assert_eq!(error["hint"], format!("run: {command}"));
    before.assert_same(&sandbox.snapshot());
    for (answer, exit) in [("n\r", 7), ("y\r", 0)] {
        let mut terminal = Terminal::start(sandbox.command(&["mission", "discard", "61"]));
        terminal.wait_for("Discard mission 061-payments");
        before.assert_same(&sandbox.snapshot());
        terminal.type_text(answer);
        assert_eq!(terminal.finish(), exit, "{}", terminal.screen());
    }
    assert_gone(&sandbox);
}

#[test]
fn a_mission_with_a_ticket_is_kept() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let start = ["--slug", "payments"];
    sandbox.run(&[&SPECIFY[..], &start].concat()).succeeds();
    let error = refused(&sandbox, 6, "mission_bound");
    assert!(
        error["message"].as_str().unwrap().contains("WEB-123"),
        "{error}"
    );
    let hint = "run: spec-kitty tracker unbind-origin --mission 061-payments";
    assert_eq!(error["hint"], hint);
}

/// Its bind may have reached the server.
#[test]
fn a_mission_whose_bind_has_no_answer_is_kept() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(BIND_PATH, Reply::Drop);
    let sandbox = Sandbox::ready(&server);
    let start = [&SPECIFY[..], &["--slug", "payments"]].concat();
    sandbox.run(&start).error(11, "applied");
    let error = refused(&sandbox, 6, "bind_unfinished");
    let hint = "run: spec-kitty specify --from-ticket WEB-123 --yes";
    assert_eq!(error["hint"], hint);
    // A refusal answers it.
    server.on(BIND_PATH, Reply::refusal(403, "forbidden", "no"));
    sandbox.run(&start).error(11, "applied");
    discard(&sandbox, &["--yes"]).answer(SCHEMA);
    assert_gone(&sandbox);
}

#[test]
fn a_mission_that_lost_its_ticket_to_another_is_dropped() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(BIND_PATH, Reply::refusal(409, "ticket_has_mission", "013"));
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.git(&["rev-parse", "HEAD"]);
    let start = [&SPECIFY[..], &["--slug", "payments"]].concat();
    sandbox.run(&start).error(6, "applied");
    discard(&sandbox, &["--yes"]).answer(SCHEMA);
    assert_gone(&sandbox);
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), before);
}

/// Other events stay, in their order; one that was delivered is at the server.
#[test]
fn only_the_event_of_the_mission_leaves_the_queue() {
    let sandbox = Sandbox::with_project();
    sandbox.run(&["specify", "one"]).succeeds();
    sandbox.plant_file(
        crate::support::PROJECT_UUID,
        "00000000000000000007-9f3a61c2.v1.jsonl",
        queued_event("01KAPG70000000000000000007").to_string() + "\n\nnot an event\n",
    );
    sandbox.run(&["specify", "two"]).succeeds();
    sandbox.run(&["specify", "three"]).succeeds();
    let slugs = || -> Vec<String> {
        let events = sandbox.run(&["sync", "list", "--json"]).succeeds().json();
        let events = events["events"].as_array().unwrap().clone();
        let slug = |event: &Value| event["aggregate_id"].as_str().unwrap().to_owned();
        events.iter().map(slug).collect()
    };
    let before = slugs();
    let usual = ["mission", "discard", "062-two", "--yes", "--json"];
    let answer = sandbox.run(&usual).answer(SCHEMA);
    assert_eq!(answer["event_dropped"], true);
    let mut expected = before;
    expected.retain(|slug| slug != "062-two");
    assert_eq!(slugs().len(), 3);
    let sorted = |mut slugs: Vec<String>| {
        slugs.sort();
        slugs
    };
    assert_eq!(sorted(slugs()), sorted(expected));

    let server = Server::start();
    sandbox.log_in(&server.url());
    server.handle(EVENTS_PATH, |request| verdicts(request, |_| "success"));
    drop(sandbox.run(&["sync", "now"]));
    let usual = ["mission", "discard", "063-three", "--yes", "--json"];
    let answer = sandbox.run(&usual).answer(SCHEMA);
    assert_eq!(answer["event_dropped"], false);
}

/// The event of the mission may be under way.
#[test]
fn a_delivery_that_is_running_is_waited_for() {
    let sandbox = project();
    let lock = sandbox.queue().join("drain.lock");
    let held = File::create(lock).unwrap();
    held.lock().unwrap();
    let before = sandbox.snapshot();
    let error = discard(&sandbox, &["--yes", "--timeout", "0.2"]).error(8, "none");
    assert_eq!(error["code"], "busy");
    before.assert_same(&sandbox.snapshot());
    drop(held);
    discard(&sandbox, &["--yes"]).answer(SCHEMA);
    assert_gone(&sandbox);
}

/// Each is a state that a killed command leaves.
#[test]
fn the_same_command_completes_what_was_cut_off() {
    type Cut = fn(&Sandbox);
    let cuts: [(&str, Cut); 3] = [
        ("folder gone", |_| ()),
        ("folder and index entries gone", |sandbox| {
            sandbox.git(&["rm", "-r", "--quiet", "--cached", FOLDER]);
        }),
        ("the event is gone too", |sandbox| {
            fs::remove_dir_all(sandbox.queue()).unwrap();
        }),
    ];
    for (name, cut) in cuts {
        let sandbox = project();
        let before = sandbox.git(&["rev-parse", "HEAD~1"]);
        fs::remove_dir_all(sandbox.path(FOLDER)).unwrap();
        cut(&sandbox);
        discard(&sandbox, &["--yes"]).answer(SCHEMA);
        assert_gone(&sandbox);
        assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), before, "{name}");
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "", "{name}");
        discard(&sandbox, &["--yes"]).error(3, "none");
    }
}

#[test]
fn a_hook_that_rejects_the_removal_leaves_it_to_the_same_command() {
    let sandbox = project();
    sandbox.write("later.txt", "later\n");
    sandbox.commit_all("Later");
    sandbox.hook("pre-commit", "echo 'the linter says no' >&2; exit 1");
    let error = discard(&sandbox, &["--yes"]).error(11, "applied");
    assert_eq!(error["code"], "commit_hook_rejected");
    assert!(error.to_string().contains("the linter says no"), "{error}");
    assert!(!sandbox.path(FOLDER).exists());
    let answer = discard(&sandbox, &["--yes", "--no-verify"]).answer(SCHEMA);
    assert_eq!(answer["commit"], sandbox.git(&["rev-parse", "HEAD"]));
    assert_gone(&sandbox);
}

#[test]
fn states_of_the_repository_in_which_nothing_is_discarded() {
    let merging = project();
    merging.git(&["switch", "--quiet", "--create", "other", "HEAD~1"]);
    merging.write("README.md", "# Theirs\n");
    merging.commit_all("Theirs");
    merging.git(&["switch", "--quiet", "main"]);
    merging.write("README.md", "# Ours\n");
    merging.commit_all("Ours");
    assert_eq!(merging.try_git(&["merge", "other"]).code, 1);
    let error = refused(&merging, 10, "repo_state");
    assert!(
        error["message"].as_str().unwrap().contains("merge"),
        "{error}"
    );

    let sparse = project();
    sparse.git(&[
        "sparse-checkout",
        "set",
        "--no-cone",
        "/*",
        "!/kitty-specs/061-payments",
    ]);
    let error = refused(&sparse, 10, "repo_state");
    assert!(
        error["message"].as_str().unwrap().contains("sparse"),
        "{error}"
    );

    let linked = project();
    let (folder, real) = (linked.path(FOLDER), linked.path("real"));
    fs::rename(&folder, &real).unwrap();
    std::os::unix::fs::symlink("../real", &folder).unwrap();
    linked.commit_all("Link");
    refused(&linked, 10, "outside_project");

    let broken = project();
    broken.write("kitty-specs/061-payments/meta.json", "{");
    refused(&broken, 10, "meta_invalid");

    let none = Sandbox::with_project();
    refused(&none, 3, "mission_not_found");
}
