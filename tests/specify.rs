//! `spec-kitty specify NAME`: a mission without a ticket.

use std::fs;

use serde_json::{Value, json};

use crate::support::{OTHER_UUID, PROJECT_UUID, Sandbox, finish, write_file};

const SCHEMA: &str = "spec-kitty.specify/1";

#[test]
fn the_answer_has_the_documented_keys() {
    let sandbox = Sandbox::with_project();
    let answer = sandbox
        .run(&["specify", "payments", "--json"])
        .answer(SCHEMA);
    let keys: Vec<_> = answer.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "bound_at",
            "commits",
            "created",
            "current_branch",
            "event_emitted",
            "feature_dir",
            "feature_number",
            "feature_slug",
            "meta_file",
            "mission_id",
            "next_step",
            "origin_link_id",
            "origin_ticket",
            "queued_events",
            "result",
            "schema",
            "spec_file",
            "target_branch",
            "warnings",
        ]
    );
    assert_eq!(answer["created"], true);
    assert_eq!(answer["feature_dir"], "kitty-specs/061-payments");
    assert_eq!(answer["feature_slug"], "061-payments");
    assert_eq!(answer["feature_number"], "061");
    assert_eq!(answer["spec_file"], "kitty-specs/061-payments/spec.md");
    assert_eq!(answer["meta_file"], "kitty-specs/061-payments/meta.json");
    assert_eq!(answer["target_branch"], "main");
    assert_eq!(answer["current_branch"], "main");
    assert_eq!(answer["origin_ticket"], Value::Null);
    assert_eq!(answer["origin_link_id"], Value::Null);
    assert_eq!(answer["event_emitted"], true);
    assert_eq!(answer["warnings"], json!([]));
    assert_eq!(
        answer["commits"],
        json!([sandbox.git(&["rev-parse", "HEAD"])])
    );
    assert!(!answer["next_step"].as_str().unwrap().is_empty());
}

#[test]
fn the_folder_is_complete_and_in_one_commit() {
    let sandbox = Sandbox::with_project();
    sandbox.run(&["specify", "payments"]).succeeds();
    let folder = sandbox.path("kitty-specs/061-payments");
    assert_eq!(fs::read(folder.join("spec.md")).unwrap(), b"");
    assert_eq!(fs::read(folder.join("status.events.jsonl")).unwrap(), b"");
    assert!(!fs::read(folder.join("tasks/README.md")).unwrap().is_empty());
    assert_eq!(sandbox.subjects(), ["Add mission 061-payments", "Begin"]);
    let paths = sandbox.paths_of("HEAD");
    for file in [
        "checklists/.gitkeep",
        "meta.json",
        "research/.gitkeep",
        "spec.md",
        "status.events.jsonl",
        "tasks/.gitkeep",
        "tasks/README.md",
    ] {
        let path = format!("kitty-specs/061-payments/{file}");
        assert!(paths.contains(&path), "{path} not in {paths:?}");
    }
    assert!(
        paths
            .iter()
            .all(|path| path.starts_with("kitty-specs/061-payments/"))
    );
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    sandbox.assert_no_leftovers();
}

#[test]
fn meta_json_is_canonical_and_has_the_required_keys() {
    let sandbox = Sandbox::with_project();
    sandbox.run(&["specify", "two-words"]).succeeds();
    let text = sandbox.read("kitty-specs/061-two-words/meta.json");
    let meta: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(text, serde_json::to_string_pretty(&meta).unwrap() + "\n");
    assert_eq!(meta["feature_number"], "061");
    assert!(meta["slug"].as_str().unwrap().ends_with("two-words"));
    assert_eq!(meta["feature_slug"], "061-two-words");
    assert_eq!(meta["friendly_name"], "two words");
    assert_eq!(meta["target_branch"], "main");
    assert!(!meta["mission"].as_str().unwrap().is_empty());
    let created = meta["created_at"].as_str().unwrap();
    let time = chrono::DateTime::parse_from_rfc3339(created).unwrap();
    assert_eq!(time.offset().local_minus_utc(), 0, "{created}");
    assert!(meta.get("origin_ticket").is_none(), "{meta}");
    assert!(meta.get("documentation_state").is_none(), "{meta}");
}

/// Every version of spec-kitty accepts such a file: older ones read the `feature_*` keys, newer ones
/// the `mission_*` keys.
#[test]
fn meta_json_has_the_keys_of_every_version() {
    let sandbox = Sandbox::with_project();
    sandbox.run(&["specify", "payments"]).succeeds();
    let meta = sandbox.meta("061-payments");
    let keys: Vec<_> = meta.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "created_at",
            "feature_number",
            "feature_slug",
            "friendly_name",
            "mission",
            "mission_id",
            "mission_number",
            "mission_slug",
            "mission_type",
            "slug",
            "target_branch",
        ]
    );
    assert_eq!(meta["mission_number"], json!(61));
    assert_eq!(meta["mission_slug"], "061-payments");
    assert_eq!(meta["mission_type"], meta["mission"]);
    let id = meta["mission_id"].as_str().unwrap();
    let id: ulid::Ulid = id.parse().unwrap();
    let created = meta["created_at"].as_str().unwrap();
    let created = chrono::DateTime::parse_from_rfc3339(created).unwrap();
    assert_eq!(
        i64::try_from(id.timestamp_ms()),
        Ok(created.timestamp_millis())
    );
    sandbox.run(&["specify", "reports"]).succeeds();
    assert_ne!(
        sandbox.meta("062-reports")["mission_id"],
        meta["mission_id"]
    );
}

#[test]
fn the_event_waits_in_the_queue_with_its_whole_envelope() {
    let sandbox = Sandbox::with_project();
    sandbox.git(&["remote", "add", "origin", "git@github.com:Acme/Web_App.git"]);
    sandbox.run(&["specify", "payments"]).succeeds();
    let events = sandbox.events();
    assert_eq!(events.len(), 1, "{events:?}");
    let event = &events[0];
    let keys: Vec<_> = event.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "aggregate_id",
            "aggregate_type",
            "causation_id",
            "event_id",
            "event_type",
            "git_branch",
            "head_commit_sha",
            "lamport_clock",
            "node_id",
            "payload",
            "project_slug",
            "project_uuid",
            "repo_slug",
            "team_slug",
            "timestamp",
        ]
    );
    assert_eq!(event["event_type"], "FeatureCreated");
    assert_eq!(event["aggregate_type"], "Feature");
    assert_eq!(event["aggregate_id"], "061-payments");
    assert_eq!(event["team_slug"], "local");
    assert_eq!(event["project_uuid"], PROJECT_UUID);
    assert_eq!(event["repo_slug"], "Acme/Web_App");
    assert_eq!(event["git_branch"], "main");
    assert_eq!(event["event_id"].as_str().unwrap().len(), 26);
    let node = event["node_id"].as_str().unwrap();
    assert!(
        node.len() == 12 && node.chars().all(|c| c.is_ascii_hexdigit()),
        "{node}"
    );
    assert!(event["lamport_clock"].as_u64().unwrap() >= 1);
    let payload = &event["payload"];
    assert_eq!(payload["feature_slug"], "061-payments");
    assert_eq!(payload["feature_number"], "061");
    assert_eq!(payload["target_branch"], "main");
    assert_eq!(payload["wp_count"], 0);
}

/// Those of other projects wait for their own `sync now`.
#[test]
fn the_answer_says_how_many_events_of_the_project_are_queued() {
    let sandbox = Sandbox::with_project();
    sandbox.plant_events(OTHER_UUID, &["01KAPG70000000000000000001"]);
    for (name, number, text) in [
        (
            "one",
            1,
            "queued\t1 event; to deliver it, run: spec-kitty sync now\n",
        ),
        (
            "two",
            2,
            "queued\t2 events; to deliver them, run: spec-kitty sync now\n",
        ),
    ] {
        let output = sandbox.run(&["specify", name]).succeeds();
        assert!(output.stdout.contains(text), "{output:?}");
        let dry = sandbox.run(&["specify", "later", "--dry-run", "--json"]);
        assert_eq!(dry.answer(SCHEMA)["queued_events"], number);
    }
}

#[test]
fn lamport_clocks_rise_from_command_to_command() {
    let sandbox = Sandbox::with_project();
    for name in ["one", "two", "three"] {
        sandbox.run(&["specify", name]).succeeds();
    }
    let clocks: Vec<_> = sandbox
        .events()
        .iter()
        .map(|event| event["lamport_clock"].as_u64().unwrap())
        .collect();
    assert!(clocks.is_sorted_by(|a, b| a < b), "{clocks:?}");
    let text = fs::read_to_string(sandbox.state().join("clock.json")).unwrap();
    let clock: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(clock["value"].as_u64(), clocks.last().copied());
}

#[test]
fn a_file_in_the_place_of_the_work_trees_is_ignored() {
    let sandbox = Sandbox::with_project();
    sandbox.write(".worktrees", "");
    sandbox.run(&["specify", "payments"]).succeeds();
    assert_eq!(sandbox.missions(), ["060-search", "061-payments"]);
}

#[test]
fn without_its_variables_the_user_is_that_of_the_passwd_file() {
    let mut sandbox = Sandbox::with_project();
    let user = finish(sandbox.program("id", &["-un"]), b"");
    if user.code != 0 {
        return; // A user without an entry, as some containers have.
    }
    sandbox.set("LOGNAME", user.stdout.trim());
    sandbox.run(&["specify", "one"]).succeeds();
    sandbox.unset("LOGNAME");
    sandbox.run(&["specify", "two"]).succeeds();
    let events = sandbox.events_of("FeatureCreated");
    assert_eq!(events[0]["node_id"], events[1]["node_id"]);
}

#[test]
fn the_template_fills_the_spec() {
    let sandbox = Sandbox::with_project();
    sandbox.write("templates/spec-template.md", "# Second choice\n");
    sandbox.run(&["specify", "one"]).succeeds();
    assert_eq!(
        sandbox.read("kitty-specs/061-one/spec.md"),
        "# Second choice\n"
    );
    sandbox.write(".kittify/templates/spec-template.md", "# First choice\n");
    sandbox.run(&["specify", "two"]).succeeds();
    assert_eq!(
        sandbox.read("kitty-specs/062-two/spec.md"),
        "# First choice\n"
    );
}

#[test]
fn mission_type_and_target_branch_are_kept() {
    let sandbox = Sandbox::with_project();
    let answer = sandbox
        .run(&[
            "specify",
            "manual",
            "--mission-type",
            "documentation",
            "--target-branch",
            "develop",
            "--json",
        ])
        .answer(SCHEMA);
    assert_eq!(answer["target_branch"], "develop");
    assert_eq!(answer["current_branch"], "main");
    let meta = sandbox.meta("061-manual");
    assert_eq!(meta["mission"], "documentation");
    assert_eq!(meta["target_branch"], "develop");
    assert_eq!(
        meta["documentation_state"],
        json!({
            "coverage_percentage": 0.0,
            "divio_types_selected": [],
            "generators_configured": [],
            "iteration_mode": "initial",
            "last_audit_date": null,
            "target_audience": "developers",
        })
    );
}

#[test]
fn a_chosen_number_is_used_and_a_taken_one_is_a_conflict() {
    let sandbox = Sandbox::with_project();
    let answer = sandbox
        .run(&["specify", "far", "--number", "1200", "--json"])
        .answer(SCHEMA);
    assert_eq!(answer["feature_slug"], "1200-far");
    assert_eq!(answer["feature_number"], "1200");
    let answer = sandbox
        .run(&["specify", "near", "--number", "7", "--json"])
        .answer(SCHEMA);
    assert_eq!(answer["feature_slug"], "007-near");
    let before = sandbox.snapshot();
    let error = sandbox
        .run(&["specify", "again", "--number", "60", "--json"])
        .error(6, "none");
    assert!(
        error["message"].as_str().unwrap().contains("060"),
        "{error}"
    );
    before.assert_same(&sandbox.snapshot());
}

#[test]
fn a_dry_run_changes_nothing() {
    let sandbox = Sandbox::with_project();
    let before = sandbox.snapshot();
    let answer = sandbox
        .run(&["specify", "payments", "--dry-run", "--json"])
        .answer(SCHEMA);
    assert_eq!(answer["feature_slug"], "061-payments");
    assert_eq!(answer["commits"], json!([]));
    let text = sandbox
        .run(&["specify", "payments", "--dry-run"])
        .succeeds();
    assert!(text.stdout.contains("061-payments"), "{text:?}");
    before.assert_same(&sandbox.snapshot());
    assert_eq!(sandbox.events(), [] as [Value; 0]);
}

#[test]
fn names_that_are_no_slugs_are_refused() {
    let sandbox = Sandbox::with_project();
    let before = sandbox.snapshot();
    for name in [
        "../escape",
        "a/b",
        "Payments",
        "two words",
        "9lives",
        "a--b",
        "a-",
        "a_b",
        "a\n",
        "ä",
        "",
        ".",
    ] {
        let error = sandbox.run(&["specify", name, "--json"]).error(2, "none");
        assert!(!error["hint"].is_null(), "{name:?}: {error}");
        sandbox.run(&["specify", name]).error_text(2);
    }
    before.assert_same(&sandbox.snapshot());
}

#[test]
fn through_a_pipe_the_text_is_plain() {
    let mut sandbox = Sandbox::with_project();
    sandbox.set("TERM", "xterm-256color");
    let output = sandbox.run(&["specify", "payments"]).succeeds();
    assert!(
        output.stdout.contains("kitty-specs/061-payments"),
        "{output:?}"
    );
    assert!(!output.stdout.contains('\u{1b}'), "{output:?}");
    assert!(!output.stderr.contains('\u{1b}'), "{output:?}");
}

#[test]
fn it_acts_in_another_checkout() {
    let sandbox = Sandbox::with_project();
    let elsewhere = sandbox.root().join("temporary");
    let project = sandbox.project();
    let project = project.to_str().unwrap();
    let answer = sandbox
        .run_in(&elsewhere, &["-C", project, "specify", "one", "--json"])
        .answer(SCHEMA);
    assert_eq!(answer["feature_dir"], "kitty-specs/061-one");
    let below = sandbox.path("kitty-specs/060-search");
    let answer = sandbox
        .run_in(&below, &["specify", "two", "--json"])
        .answer(SCHEMA);
    assert_eq!(answer["feature_dir"], "kitty-specs/062-two");
    assert_eq!(sandbox.missions(), ["060-search", "061-one", "062-two"]);
}

#[test]
fn the_configuration_is_not_touched() {
    let sandbox = Sandbox::with_project();
    // Without an identity in the file, the git folder stores one, the same every time.
    sandbox.write(".kittify/config.yaml", "# nothing yet\nother: 1\n");
    sandbox.commit_all("Forget the identity");
    sandbox.run(&["specify", "one"]).succeeds();
    sandbox.run(&["specify", "two"]).succeeds();
    assert_eq!(
        sandbox.read(".kittify/config.yaml"),
        "# nothing yet\nother: 1\n"
    );
    let events = sandbox.events();
    assert_eq!(events.len(), 2);
    let uuid = events[0]["project_uuid"].as_str().unwrap();
    assert_eq!(uuid.len(), 36);
    assert_ne!(uuid, PROJECT_UUID);
    assert_eq!(events[1]["project_uuid"], uuid);
}

#[test]
fn at_most_four_git_processes_are_started() {
    let mut sandbox = Sandbox::with_project();
    sandbox.git(&["remote", "add", "origin", "git@github.com:acme/web.git"]);
    let folder = sandbox.root().join("counting");
    let log = sandbox.root().join("git-calls");
    let git = sandbox.run_line("command -v git").stdout;
    let script = format!(
        "#!/bin/sh\necho \"$*\" >> {}\nexec {} \"$@\"\n",
        log.display(),
        git.trim()
    );
    write_file(&folder.join("git"), script);
    sandbox
        .run_line(&format!("chmod 755 {}/git", folder.display()))
        .succeeds();
    let path = std::env::var("PATH").unwrap();
    sandbox.set("PATH", format!("{}:{path}", folder.display()));
    sandbox.run(&["specify", "payments"]).succeeds();
    let calls = fs::read_to_string(log).unwrap();
    assert!(calls.lines().count() <= 4, "{calls}");
}

#[test]
fn a_title_becomes_the_friendly_name_in_one_safe_line() {
    let sandbox = Sandbox::with_project();
    let title = "  Größere\nBeträge \u{1b}[31mprüfen ";
    let answer = sandbox
        .run(&["specify", "payments", "--title", title, "--json"])
        .answer(SCHEMA);
    assert_eq!(answer["feature_slug"], "061-payments");
    let meta = sandbox.meta("061-payments");
    assert_eq!(meta["friendly_name"], "Größere Beträge prüfen");
    let shown = sandbox.run(&["specify", "reports", "--title", "All reports"]);
    let shown = shown.succeeds().stdout;
    assert!(shown.contains("All reports"), "{shown}");
}

#[test]
fn a_title_belongs_to_a_name_and_is_not_blank() {
    let sandbox = Sandbox::with_project();
    let ticket = [
        "specify",
        "--from-ticket",
        "WEB-1",
        "--title",
        "x",
        "--json",
    ];
    sandbox.run(&ticket).error(2, "none");
    for blank in ["", " \n", "\u{1b}[0m"] {
        let arguments = ["specify", "payments", "--title", blank, "--json"];
        sandbox.run(&arguments).error(2, "none");
    }
    assert_eq!(sandbox.missions(), ["060-search"]);
}
