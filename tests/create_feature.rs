//! `spec-kitty agent feature create-feature`: the thin command over the creation of a mission.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Sandbox, case_table};

const COMMAND: [&str; 3] = ["agent", "feature", "create-feature"];

fn create(sandbox: &Sandbox, arguments: &[&str]) -> crate::support::Output {
    sandbox.run(&[&COMMAND[..], arguments].concat())
}

/// The answer, without a check of the schema, which older callers do not know.
fn created(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let output = create(sandbox, &[arguments, &["--json"]].concat()).succeeds();
    let answer = output.json();
    assert_eq!(answer["result"], "success", "{answer}");
    answer
}

#[test]
fn the_answer_has_every_key_of_the_table() {
    let sandbox = Sandbox::with_project();
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
    let answer = created(&sandbox, &["user-auth", "--target-branch", "main"]);
    let table = include_str!("cases/create_feature_json.md");
    let names = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(|line| line.split('|').nth(1))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2));
    for name in names {
        assert!(answer.get(name).is_some(), "no {name} in {answer}");
    }
    let folder = sandbox.path("kitty-specs/061-user-auth");
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    assert_eq!(answer["feature"], "061-user-auth");
    assert_eq!(answer["feature_number"], "061");
    assert_eq!(answer["feature_dir"], folder.to_str().unwrap());
    assert_eq!(answer["spec_file"], file("spec.md"));
    assert_eq!(answer["meta_file"], file("meta.json"));
    assert_eq!(
        answer["created_files"],
        json!([file("spec.md"), file("meta.json"), file("tasks/README.md")])
    );
    assert_eq!(answer["write_mode"], "update_existing_files");
    assert_eq!(
        answer["created_at"],
        sandbox.meta("061-user-auth")["created_at"]
    );
    assert_eq!(answer["spec_kitty_version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        answer["commits"],
        json!([sandbox.git(&["rev-parse", "HEAD"])])
    );
    assert_eq!(answer["warnings"], json!([]));
    assert!(answer["schema"].is_string());
}

#[test]
fn branches_are_named_in_every_case() {
    let sandbox = Sandbox::with_project();
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
    let answer = created(&sandbox, &["user-auth", "--target-branch", "main"]);
    for name in [
        "target_branch",
        "base_branch",
        "planning_base_branch",
        "merge_target_branch",
    ] {
        assert_eq!(answer[name], "main", "{name}");
        assert_eq!(answer[name.to_uppercase()], "main", "{name}");
        assert_eq!(answer["runtime_vars"][name], "main", "{name}");
        assert_eq!(answer["branch_context"][name], "main", "{name}");
    }
    for name in ["EXPECTED_TARGET_BRANCH", "EXPECTED_BASE_BRANCH"] {
        assert_eq!(answer[name], "main", "{name}");
    }
    for name in ["current_branch", "CURRENT_BRANCH"] {
        assert_eq!(answer[name], "work", "{name}");
    }
    assert_eq!(answer["branch_matches_target"], false);
    assert_eq!(answer["BRANCH_MATCHES_TARGET"], false);
    assert_eq!(answer["runtime_vars"]["current_branch"], "work");
    assert_eq!(answer["runtime_vars"]["branch_matches_target"], false);
    assert_eq!(answer["branch_context"]["current_branch"], "work");
    assert_eq!(answer["branch_context"]["matches_target"], false);
    assert_eq!(answer["branch_context"]["expected_checkout_branch"], "main");
    let summary = answer["branch_strategy_summary"].as_str().unwrap();
    assert!(
        summary.contains("work") && summary.contains("main"),
        "{summary}"
    );
    assert_eq!(answer["runtime_vars"]["branch_strategy_summary"], summary);
    assert_eq!(answer["branch_context"]["branch_strategy_summary"], summary);
    let now = answer["NOW_UTC_ISO"].as_str().unwrap();
    assert!(now.len() == 20 && now.ends_with('Z'), "{now}");
    assert_eq!(answer["runtime_vars"]["now_utc_iso"], now);
}

#[test]
fn the_target_is_the_current_branch_by_default() {
    let sandbox = Sandbox::with_project();
    let answer = created(&sandbox, &["user-auth"]);
    assert_eq!(answer["target_branch"], "main");
    assert_eq!(answer["branch_matches_target"], true);
    assert_eq!(sandbox.subjects()[0], "Add mission 061-user-auth");
    assert_eq!(sandbox.events_of("FeatureCreated").len(), 1);
}

#[test]
fn a_documentation_mission_has_its_state() {
    let sandbox = Sandbox::with_project();
    created(&sandbox, &["manual", "--mission", "documentation"]);
    let meta = sandbox.meta("061-manual");
    assert_eq!(meta["mission"], "documentation");
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
    assert_eq!(meta["friendly_name"], "manual");
}

#[test]
fn a_slug_that_breaks_the_rule_is_explained_with_examples() {
    let sandbox = Sandbox::with_project();
    let before = sandbox.snapshot();
    for slug in [
        "User-Auth",
        "1st",
        "a--b",
        "user_auth",
        "../up",
        "user-auth\n",
        "-a",
    ] {
        let error = create(&sandbox, &["--json", "--", slug]).code;
        assert_eq!(error, 2, "{slug:?}");
    }
    let output = create(&sandbox, &["User_Auth", "--json"]);
    let error = output.error(2, "none");
    let document = output.json().to_string();
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("Invalid feature slug"),
        "{error}"
    );
    assert!(
        document.contains("user-auth"),
        "a valid example: {document}"
    );
    before.assert_same(&sandbox.snapshot());
}

#[test]
fn each_place_that_is_no_place_for_it_is_named() {
    let plain = Sandbox::new();
    let error = create(&plain, &["user-auth", "--json"]).error(10, "none");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("git repository"),
        "{error}"
    );

    let sandbox = Sandbox::with_project();
    sandbox.git(&["checkout", "--quiet", "--detach"]);
    let error = create(&sandbox, &["user-auth", "--json"]).error(10, "none");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("branch") && message.contains("detached"),
        "{error}"
    );

    let sandbox = Sandbox::with_project();
    let linked = sandbox.path(".worktrees/060-search-WP01");
    sandbox.git(&[
        "worktree",
        "add",
        "--quiet",
        "-b",
        "wp01",
        linked.to_str().unwrap(),
    ]);
    let before = sandbox.snapshot();
    let arguments = [&COMMAND[..], &["user-auth", "--json"]].concat();
    let error = sandbox.run_in(&linked, &arguments).error(10, "none");
    assert!(
        error["message"].as_str().unwrap().contains("worktree"),
        "{error}"
    );
    before.assert_same(&sandbox.snapshot());
}

/// Makes the layout of a case.
fn lay_out(sandbox: &Sandbox, entry: &str) {
    if let Some((link, target)) = entry.split_once("->") {
        std::os::unix::fs::symlink(target, sandbox.path(link)).unwrap();
    } else if let Some(folder) = entry.strip_suffix('/') {
        std::fs::create_dir_all(sandbox.path(folder)).unwrap();
    } else {
        sandbox.write(entry, "");
    }
}

#[test]
fn the_next_number_follows_the_table() {
    for case in case_table(include_str!("cases/number_cases.json")) {
        let sandbox = Sandbox::with_git();
        sandbox.write(".kittify/config.yaml", "other: 1\n");
        let uppercase_exists = Path::new(&sandbox.path(".KITTIFY")).exists();
        for entry in case["layout"].as_array().unwrap() {
            lay_out(&sandbox, entry.as_str().unwrap());
        }
        if case["name"] == "uppercase_specs_dir" && uppercase_exists {
            continue; // a file system that does not tell the cases apart
        }
        if let Some(next) = case["next"].as_str() {
            let answer = created(&sandbox, &["new"]);
            assert_eq!(answer["feature"], format!("{next}-new"), "{case}");
        } else {
            let error = create(&sandbox, &["new", "--json"]).error(10, "none");
            assert_eq!(error["code"], case["error"], "{case}");
        }
    }
}

#[test]
fn in_text_the_mission_is_named() {
    let sandbox = Sandbox::with_project();
    let output = create(&sandbox, &["user-auth"]).succeeds();
    assert!(output.stdout.contains("061-user-auth"), "{output:?}");
}
