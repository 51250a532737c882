//! `spec-kitty specify --branch`: the branch a mission is committed to.

use std::fs;

use serde_json::{Value, json};

use crate::support::{
    BIND_PATH, PROJECT_UUID, Reply, SEARCH_PATH, SPECIFY, Sandbox, Server, bind_answer, candidate,
    search_answer,
};

const SCHEMA: &str = "spec-kitty.specify/1";
const PLAIN: [&str; 3] = ["specify", "payments", "--json"];

fn with<'a>(command: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [command, more].concat()
}

fn plain(more: &[&'static str]) -> Vec<&'static str> {
    with(&PLAIN, more)
}

fn current(sandbox: &Sandbox) -> String {
    sandbox.git(&["branch", "--show-current"])
}

fn subjects_of(sandbox: &Sandbox, branch: &str) -> Vec<String> {
    let log = sandbox.git(&["log", "--format=%s", branch]);
    log.lines().map(str::to_owned).collect()
}

fn ready() -> (Server, Sandbox) {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    (server, sandbox)
}

/// The user's staged and unstaged changes, and untracked files.
fn changes(sandbox: &Sandbox) -> [String; 3] {
    let others = ["--", ".", ":(exclude)kitty-specs"];
    [
        sandbox.git(&with(&["diff", "--cached"], &others)),
        sandbox.git(&with(&["diff"], &others)),
        sandbox.git(&with(&["status", "--porcelain=v2"], &others)),
    ]
}

fn disorder(sandbox: &Sandbox) {
    sandbox.write("README.md", "staged\n");
    sandbox.git(&["add", "README.md"]);
    sandbox.write("README.md", "staged, then changed\n");
    sandbox.write("intended.txt", "intended\n");
    sandbox.git(&["add", "--intent-to-add", "intended.txt"]);
    sandbox.write("untracked.txt", "untracked\n");
}

#[test]
fn a_new_branch_has_the_missions_name_and_the_users_changes_stay() {
    let sandbox = Sandbox::with_project();
    disorder(&sandbox);
    let before = changes(&sandbox);
    let answer = sandbox.run(&plain(&["--branch"])).answer(SCHEMA);
    assert_eq!(answer["feature_slug"], "061-payments");
    assert_eq!(answer["branch"], "061-payments");
    assert_eq!(answer["current_branch"], "061-payments");
    assert_eq!(answer["target_branch"], "main");
    assert_eq!(answer["warnings"], json!([]));
    assert_eq!(sandbox.meta("061-payments")["target_branch"], "main");
    assert_eq!(current(&sandbox), "061-payments");
    assert_eq!(subjects_of(&sandbox, "main"), ["Begin"]);
    assert_eq!(
        subjects_of(&sandbox, "HEAD"),
        ["Add mission 061-payments", "Begin"]
    );
    assert_eq!(changes(&sandbox), before);
    let event = &sandbox.events()[0];
    assert_eq!(event["git_branch"], "061-payments");
    assert_eq!(event["head_commit_sha"], answer["commits"][0]);
    assert_eq!(event["payload"]["target_branch"], "main");
    assert!(sandbox.intents().is_empty());
}

#[test]
fn the_text_names_both_branches() {
    let sandbox = Sandbox::with_project();
    let text = sandbox.run(&["specify", "payments", "--branch=topic"]);
    let text = text.succeeds().stdout;
    assert!(text.contains("branch\ttopic\n"), "{text}");
    assert!(text.contains("target\tmain\n"), "{text}");
}

#[test]
fn without_the_flag_nothing_is_switched_and_there_is_no_such_key() {
    let sandbox = Sandbox::with_project();
    let answer = sandbox.run(&PLAIN).answer(SCHEMA);
    assert!(answer.get("branch").is_none(), "{answer}");
    assert_eq!(current(&sandbox), "main");
}

#[test]
fn the_name_and_the_target_are_the_users_choice() {
    let sandbox = Sandbox::with_project();
    let arguments = plain(&["--branch=feature/pay", "--target-branch", "release"]);
    let answer = sandbox.run(&arguments).answer(SCHEMA);
    assert_eq!(answer["branch"], "feature/pay");
    assert_eq!(answer["target_branch"], "release");
    assert_eq!(subjects_of(&sandbox, "feature/pay").len(), 2);
    // On the branch itself there is nothing to switch.
    let again = ["specify", "reports", "--branch=feature/pay", "--json"];
    let answer = sandbox.run(&again).answer(SCHEMA);
    assert_eq!(answer["branch"], "feature/pay");
    assert_eq!(answer["target_branch"], "feature/pay");
    assert_eq!(subjects_of(&sandbox, "feature/pay").len(), 3);
    for bad in [
        "--branch=a b",
        "--branch=",
        "--branch=-x",
        "--branch=x.lock",
    ] {
        let error = sandbox.run(&plain(&[bad])).error(2, "none");
        assert_eq!(error["code"], "invalid_branch", "{bad}");
    }
}

#[test]
fn an_existing_branch_is_switched_to_and_its_missions_count() {
    let sandbox = Sandbox::with_project();
    sandbox.git(&["switch", "--quiet", "--create", "topic"]);
    sandbox.add_mission("070-old");
    sandbox.commit_all("Old");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.write("README.md", "mine\n");
    let arguments = plain(&["--branch=topic"]);
    let dry = sandbox
        .run(&with(&arguments, &["--dry-run"]))
        .answer(SCHEMA);
    assert_eq!(current(&sandbox), "main");
    let answer = sandbox.run(&arguments).answer(SCHEMA);
    for answer in [dry, answer] {
        assert_eq!(answer["feature_slug"], "071-payments");
        assert_eq!(answer["branch"], "topic");
        assert_eq!(answer["target_branch"], "main");
    }
    assert_eq!(current(&sandbox), "topic");
    assert_eq!(
        subjects_of(&sandbox, "topic"),
        ["Add mission 071-payments", "Old", "Begin"]
    );
    assert_eq!(sandbox.read("README.md"), "mine\n");
    let taken = ["specify", "b", "--branch=topic", "--number", "70", "--json"];
    sandbox.git(&["switch", "--quiet", "main"]);
    let error = sandbox.run(&taken).error(6, "none");
    assert_eq!(error["details"]["taken_by"], "070-old");
    assert_eq!(current(&sandbox), "main");
}

/// Refused by git: no byte of the project has changed, and no work waits.
fn assert_untouched(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let before = sandbox.snapshot();
    let error = sandbox.run(arguments).error(10, "none");
    before.assert_same(&sandbox.snapshot());
    assert!(sandbox.intents().is_empty());
    assert!(sandbox.events().is_empty());
    assert_eq!(error["code"], "branch_unavailable", "{error}");
    error
}

#[test]
fn a_switch_that_git_refuses_leaves_everything_as_it_is() {
    let (server, sandbox) = ready();
    sandbox.git(&["switch", "--quiet", "--create", "topic"]);
    sandbox.write("README.md", "theirs\n");
    sandbox.commit_all("Theirs");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.write("README.md", "mine\n");
    sandbox.git(&["status"]);
    let message = |arguments: &[&str]| {
        let error = assert_untouched(&sandbox, arguments);
        error["message"].as_str().unwrap().to_owned()
    };
    for command in [&PLAIN[..], &SPECIFY] {
        let message = message(&with(command, &["--branch=topic"]));
        assert!(message.contains("README.md"), "{message}");
    }
    assert!(message(&plain(&["--branch=topic/x"])).contains("topic"));
    sandbox.git(&["restore", "README.md"]);
    let linked = sandbox.root().join("linked");
    sandbox.git(&[
        "worktree",
        "add",
        "--quiet",
        linked.to_str().unwrap(),
        "topic",
    ]);
    sandbox.git(&["status"]);
    assert!(message(&plain(&["--branch=topic"])).contains("linked"));
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
}

#[test]
fn while_a_merge_is_open_there_is_no_switch() {
    let sandbox = Sandbox::with_project();
    sandbox.git(&["switch", "--quiet", "--create", "other"]);
    sandbox.write("README.md", "theirs\n");
    sandbox.commit_all("Theirs");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.write("README.md", "ours\n");
    sandbox.commit_all("Ours");
    assert_ne!(sandbox.try_git(&["merge", "other"]).code, 0);
    let error = assert_untouched(&sandbox, &plain(&["--branch"]));
    assert!(
        error["message"].as_str().unwrap().contains("merging"),
        "{error}"
    );
}

/// Git creates the branch before it finds HEAD locked.
#[test]
fn a_locked_head_leaves_no_branch_behind() {
    let sandbox = Sandbox::with_project();
    sandbox.write(".git/HEAD.lock", "");
    let branches = || sandbox.git(&["branch"]);
    let before = branches();
    let arguments = plain(&["--branch", "--timeout", "1"]);
    let error = sandbox.run(&arguments).error(10, "none");
    assert_eq!(error["code"], "branch_unavailable");
    assert_eq!(branches(), before);
    assert_eq!(sandbox.missions(), ["060-search"]);
    fs::remove_file(sandbox.path(".git/HEAD.lock")).unwrap();
    sandbox.run(&arguments).succeeds();
    assert_eq!(current(&sandbox), "061-payments");
}

#[test]
fn a_hook_that_fails_after_the_switch_does_not_undo_it() {
    let sandbox = Sandbox::with_project();
    sandbox.hook("post-checkout", "exit 1");
    let answer = sandbox.run(&plain(&["--branch"])).answer(SCHEMA);
    assert_eq!(answer["branch"], "061-payments");
    assert_eq!(current(&sandbox), "061-payments");
}

/// The configuration that cannot be read any more stands for any reason why git does not answer.
#[test]
fn a_git_that_does_not_answer_after_the_switch_leaves_the_effect_unknown() {
    for command in [&PLAIN[..], &SPECIFY] {
        let (_server, sandbox) = ready();
        let config = fs::read(sandbox.path(".git/config")).unwrap();
        sandbox.hook("post-checkout", "echo '[' >> .git/config");
        let command = with(command, &["--branch=topic"]);
        let error = sandbox.run(&command).error(10, "unknown");
        let message = error["message"].as_str().unwrap();
        let start = "the work tree may be on branch topic now; git does not say";
        assert!(message.starts_with(start), "{message}");
        assert_eq!(error["details"]["branch"], "topic");
        fs::write(sandbox.path(".git/config"), config).unwrap();
        fs::remove_file(sandbox.path(".git/hooks/post-checkout")).unwrap();
        assert_eq!(current(&sandbox), "topic");
        let answer = sandbox.run(&command).answer(SCHEMA);
        assert_eq!(answer["branch"], "topic");
        assert_eq!(answer["target_branch"], "main");
        assert!(sandbox.intents().is_empty());
    }
}

#[test]
fn a_detached_head_gets_a_branch_that_is_also_the_target() {
    for (flag, branch) in [("--branch", "061-web-123"), ("--branch=ci", "ci")] {
        let (_server, sandbox) = ready();
        sandbox.git(&["checkout", "--quiet", "--detach"]);
        let error = sandbox.run(&SPECIFY).error(10, "none");
        assert!(
            error["hint"].as_str().unwrap().contains("--branch"),
            "{error}"
        );
        let dry = [
            "specify",
            "--from-ticket",
            "WEB-123",
            flag,
            "--dry-run",
            "--json",
        ];
        let dry = sandbox.run(&dry).answer(SCHEMA);
        assert_eq!(dry["current_branch"], "");
        let answer = sandbox.run(&with(&SPECIFY, &[flag])).answer(SCHEMA);
        for answer in [dry, answer.clone()] {
            assert_eq!(answer["branch"], branch);
            assert_eq!(answer["target_branch"], branch);
        }
        assert_eq!(answer["commits"].as_array().unwrap().len(), 2);
        assert_eq!(answer["warnings"], json!([]));
        assert_eq!(subjects_of(&sandbox, branch).len(), 3);
        assert_eq!(sandbox.events()[0]["git_branch"], branch);
    }
    let sandbox = Sandbox::with_project();
    sandbox.git(&["checkout", "--quiet", "--detach"]);
    let arguments = plain(&["--branch", "--target-branch", "main"]);
    let answer = sandbox.run(&arguments).answer(SCHEMA);
    assert_eq!(answer["target_branch"], "main");
}

#[test]
fn a_repository_without_commits_begins_on_the_branch() {
    let sandbox = Sandbox::new();
    sandbox.init_git();
    sandbox.init_project();
    let answer = sandbox.run(&plain(&["--branch"])).answer(SCHEMA);
    assert_eq!(answer["branch"], "001-payments");
    assert_eq!(answer["target_branch"], "main");
    assert_eq!(
        subjects_of(&sandbox, "001-payments"),
        ["Add mission 001-payments"]
    );
}

#[test]
fn a_dry_run_names_the_branch_and_does_nothing() {
    let (_server, sandbox) = ready();
    let before = sandbox.snapshot();
    let ticket = ["specify", "--from-ticket", "WEB-123", "--json"];
    for command in [&PLAIN[..], &ticket] {
        for (flag, branch) in [("--branch=x/y", Some("x/y")), ("--branch", None)] {
            let answer = sandbox.run(&with(command, &[flag, "--dry-run"]));
            let answer = answer.answer(SCHEMA);
            let expected = branch.map_or_else(|| answer["feature_slug"].clone(), Value::from);
            assert_eq!(answer["branch"], expected);
            assert_eq!(answer["current_branch"], "main");
            before.assert_same(&sandbox.snapshot());
        }
    }
    assert!(sandbox.intents().is_empty());
}

/// Mutation check: if only the folders of the work tree are searched for numbers, each branch off main
/// begins with the same number.
#[test]
fn branches_of_missions_that_are_not_merged_keep_their_numbers() {
    let sandbox = Sandbox::with_project();
    for (name, slug) in [("a", "061-a"), ("b", "062-b"), ("a", "063-a")] {
        let answer = sandbox.run(&["specify", name, "--branch", "--json"]);
        assert_eq!(answer.answer(SCHEMA)["branch"], slug);
        sandbox.git(&["switch", "--quiet", "main"]);
    }
    // A branch of the user with the mission's name is the one to use.
    sandbox.git(&["branch", "064-c"]);
    let answer = sandbox.run(&["specify", "c", "--branch", "--json"]);
    assert_eq!(answer.answer(SCHEMA)["branch"], "064-c");
    assert_eq!(
        subjects_of(&sandbox, "064-c"),
        ["Add mission 064-c", "Begin"]
    );
}

#[test]
fn the_mission_of_a_ticket_is_found_on_its_branch() {
    for flag in ["--branch", "--branch=topic"] {
        let (server, sandbox) = ready();
        let command = with(&SPECIFY, &[flag]);
        let first = sandbox.run(&command).answer(SCHEMA);
        sandbox.git(&["switch", "--quiet", "main"]);
        let dry = [
            "specify",
            "--from-ticket",
            "WEB-123",
            flag,
            "--dry-run",
            "--json",
        ];
        let dry = sandbox.run(&dry).answer(SCHEMA);
        assert_eq!(dry["feature_slug"], "061-web-123");
        assert_eq!(dry["branch"], first["branch"]);
        assert_eq!(current(&sandbox), "main");
        let again = sandbox.run(&command).answer(SCHEMA);
        assert_eq!(again["created"], false);
        assert_eq!(again["feature_slug"], "061-web-123");
        assert_eq!(again["branch"], first["branch"]);
        assert_eq!(current(&sandbox), first["branch"].as_str().unwrap());
        assert_eq!(server.requests_to(BIND_PATH).len(), 1);
        assert_eq!(sandbox.commit_count(), 3);
        // Here it is found where it is.
        sandbox.git(&["switch", "--quiet", "main"]);
        sandbox.git(&["merge", "--quiet", first["branch"].as_str().unwrap()]);
        let merged = sandbox.run(&command).answer(SCHEMA);
        assert_eq!(merged["created"], false);
        assert_eq!(current(&sandbox), "main");
    }
}

/// Ends the command that runs git, and that one only.
const KILL: &str = "kill -9 $(sed -n 's/^PPid:[^0-9]*//p' /proc/$PPID/status)";

fn cut_off(sandbox: &Sandbox, command: &[&str]) {
    sandbox.hook("post-checkout", KILL);
    let output = sandbox.run(command);
    assert_eq!(output.code, -1, "{output:?}");
    fs::remove_file(sandbox.path(".git/hooks/post-checkout")).unwrap();
}

/// Mutation check: without the journey on disk before the switch, the target branch becomes the new
/// branch.
#[test]
fn a_command_that_was_cut_off_after_the_switch_goes_on_there() {
    if !std::path::Path::new("/proc/self/status").exists() {
        eprintln!("SKIPPED: it needs /proc");
        return;
    }
    for flag in ["--branch", "--branch=topic"] {
        for (command, slug, resume) in [
            (&PLAIN[..], "payments", "specify payments"),
            (&SPECIFY, "web-123", "specify --from-ticket WEB-123"),
        ] {
            for back in [false, true] {
                let (_server, sandbox) = ready();
                let command = with(command, &[flag]);
                cut_off(&sandbox, &command);
                let branch = current(&sandbox);
                assert_ne!(branch, "main");
                assert_eq!(sandbox.missions(), ["060-search"]);
                if back {
                    sandbox.git(&["switch", "--quiet", "main"]);
                }
                let repaired = sandbox.run(&["doctor", "--fix", "--json"]).succeeds();
                let repaired = repaired.stdout;
                let note = format!("mission 061-{slug} on the branch {branch} is not made yet");
                assert!(repaired.contains(&note), "{repaired}");
                let advice = format!("run: spec-kitty {resume} --branch={branch}");
                assert!(repaired.contains(&advice), "{repaired}");
                let answer = sandbox.run(&command).answer(SCHEMA);
                assert_eq!(answer["branch"], branch.as_str(), "{command:?}");
                assert_eq!(answer["target_branch"], "main", "{command:?}");
                assert_eq!(answer["feature_number"], "061");
                assert_eq!(current(&sandbox), branch);
                assert_eq!(subjects_of(&sandbox, "main"), ["Begin"]);
                assert_eq!(
                    sandbox
                        .git(&["branch", "--format=%(refname:short)"])
                        .lines()
                        .count(),
                    2
                );
                assert!(sandbox.intents().is_empty());
                assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
            }
        }
    }
}

#[test]
fn unfinished_work_on_its_branch_is_finished_from_another_one() {
    for flag in ["--branch", "--branch=topic"] {
        let (server, sandbox) = ready();
        let command = with(&SPECIFY, &[flag]);
        server.on(BIND_PATH, Reply::refusal(500, "down", "down"));
        sandbox.run(&command).error(11, "applied");
        let branch = current(&sandbox);
        sandbox.git(&["switch", "--quiet", "main"]);
        server.on(BIND_PATH, Reply::json(200, &bind_answer()));
        let answer = sandbox.run(&command).answer(SCHEMA);
        assert_eq!(answer["created"], false);
        assert_eq!(answer["feature_slug"], "061-web-123");
        assert_eq!(current(&sandbox), branch);
        assert_eq!(sandbox.commit_count(), 3);
        assert!(sandbox.intents().is_empty());
    }
}

/// The control plane names this mission for WEB-123.
fn name_mission(server: &Server, slug: &str) {
    let mut ticket = candidate("WEB-123", "Login page", "exact");
    ticket["missions"] = json!([{
        "mission_id": slug,
        "mission_slug": slug,
        "repository": PROJECT_UUID,
        "bound_by": "ada",
        "bound_at": "2026-11-22T10:00:00Z",
    }]);
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&[ticket])));
}

/// Mutation check: if only the work tree is asked for the mission that the control plane names, the
/// command is refused.
#[test]
fn the_mission_that_the_control_plane_names_is_finished_on_its_branch() {
    for flag in ["--branch", "--branch=topic"] {
        let (server, sandbox) = ready();
        name_mission(&server, "013-login");
        sandbox.git(&["switch", "--quiet", "--create", "topic"]);
        sandbox.add_mission("013-login");
        sandbox.commit_all("Add a mission");
        sandbox.git(&["switch", "--quiet", "main"]);
        for command in [&SPECIFY[..], &with(&SPECIFY, &["--branch=other"])] {
            let error = sandbox.run(command).error(6, "none");
            assert_eq!(error["code"], "ticket_has_mission");
            assert_eq!(current(&sandbox), "main");
        }
        let command = with(&SPECIFY, &[flag]);
        let dry = sandbox.run(&with(&command, &["--dry-run"])).answer(SCHEMA);
        assert_eq!(current(&sandbox), "main");
        let answer = sandbox.run(&command).answer(SCHEMA);
        for answer in [dry, answer] {
            assert_eq!(answer["feature_slug"], "013-login");
            assert_eq!(answer["branch"], "topic");
        }
        assert_eq!(current(&sandbox), "topic");
        assert_eq!(server.requests_to(BIND_PATH).len(), 1);
        let origin = &sandbox.meta("013-login")["origin_ticket"];
        assert_eq!(origin["external_issue_key"], "WEB-123");
        assert!(sandbox.intents().is_empty());
    }
}

/// Mutation check: if either source is left out, the mission gets a number that a merge would double.
#[test]
fn a_duplicate_avoids_numbers_of_branches_and_of_the_control_plane() {
    for (is_on_branch, named) in [(true, "013-login"), (false, "061-x")] {
        let (server, sandbox) = ready();
        if is_on_branch {
            sandbox.run(&with(&SPECIFY, &["--branch"])).succeeds();
            sandbox.git(&["switch", "--quiet", "main"]);
        }
        name_mission(&server, named);
        let command = with(&SPECIFY, &["--branch", "--allow-duplicate"]);
        let answer = sandbox.run(&command).answer(SCHEMA);
        assert_eq!(answer["created"], true);
        assert_eq!(answer["feature_number"], "062");
        assert_eq!(answer["branch"], answer["feature_slug"]);
        assert_eq!(current(&sandbox), "062-web-123");
        let exclusive = |request: &Value| request["exclusive"].clone();
        let requests = server.requests_to(BIND_PATH);
        let last = requests.last().unwrap().json();
        assert_ne!(exclusive(&last), true, "{last}");
    }
}

/// Unfinished work for a ticket that has another mission is refused before the switch.
#[test]
fn unfinished_work_on_its_branch_gives_way_to_the_tickets_mission() {
    let (server, sandbox) = ready();
    let command = with(&SPECIFY, &["--branch"]);
    server.on(
        BIND_PATH,
        Reply::refusal(409, "ticket_has_mission", "WEB-123 has mission 013-web-123"),
    );
    sandbox.run(&command).error(6, "applied");
    sandbox.git(&["switch", "--quiet", "main"]);
    name_mission(&server, "013-web-123");
    let error = sandbox.run(&command).error(6, "none");
    assert_eq!(error["code"], "ticket_has_mission");
    assert_eq!(current(&sandbox), "main");
}

#[test]
fn a_refusal_after_the_switch_is_partial_and_goes_on_there() {
    let sandbox = Sandbox::with_project();
    sandbox.git(&["switch", "--quiet", "--create", "topic"]);
    sandbox.git(&["rm", "-r", "--quiet", "kitty-specs"]);
    sandbox.write("kitty-specs", "a file\n");
    sandbox.commit_all("Replace the folder");
    sandbox.git(&["switch", "--quiet", "main"]);
    let command = plain(&["--branch=topic"]);
    let error = sandbox.run(&command).error(11, "applied");
    assert_eq!(error["details"]["branch"], "topic");
    assert_eq!(current(&sandbox), "topic");
    sandbox.git(&["rm", "--quiet", "kitty-specs"]);
    let answer = sandbox.run(&command).answer(SCHEMA);
    assert_eq!(answer["feature_slug"], "061-payments");
    assert_eq!(answer["target_branch"], "main");
    assert!(sandbox.intents().is_empty());
}

#[test]
fn commands_that_switch_one_work_tree_wait_for_each_other() {
    let sandbox = Sandbox::with_project();
    let names: Vec<_> = (0..6).map(|n| format!("job-no{n}")).collect();
    std::thread::scope(|scope| {
        let sandbox = &sandbox;
        let runs: Vec<_> = names
            .iter()
            .map(|name| scope.spawn(move || sandbox.run(&["specify", name, "--branch", "--json"])))
            .collect();
        for run in runs {
            let answer = run.join().unwrap().answer(SCHEMA);
            assert_eq!(answer["branch"], answer["feature_slug"]);
            let branch = answer["branch"].as_str().unwrap();
            assert_eq!(
                answer["commits"],
                json!([sandbox.git(&["rev-parse", branch])])
            );
        }
    });
    assert_eq!(sandbox.git(&["branch", "--list", "0*"]).lines().count(), 6);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_linked_worktree_is_switched_alone() {
    let sandbox = Sandbox::with_project();
    let linked = sandbox.root().join("linked");
    let path = linked.to_str().unwrap();
    sandbox.git(&["worktree", "add", "--quiet", "--detach", path]);
    let answer = sandbox
        .run_in(&linked, &plain(&["--branch"]))
        .answer(SCHEMA);
    assert_eq!(answer["branch"], "061-payments");
    assert_eq!(current(&sandbox), "main");
    assert_eq!(
        sandbox.git(&["-C", path, "branch", "--show-current"]),
        "061-payments"
    );
}

/// A server that names this branch for WEB-123, and a project there.
fn suggesting(name: &str) -> (Server, Sandbox) {
    let (server, sandbox) = ready();
    suggest(&server, name);
    (server, sandbox)
}

fn suggest(server: &Server, name: &str) {
    let mut ticket = candidate("WEB-123", "Login page", "exact");
    ticket["branch_name"] = name.into();
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&[ticket])));
}

#[test]
fn the_trackers_own_name_is_the_default() {
    for name in ["kit/web-123-login-page", "WEB-123", "kit/login"] {
        let (_server, sandbox) = suggesting(name);
        let command = with(&SPECIFY, &["--branch"]);
        let dry = sandbox.run(&with(&command, &["--dry-run"])).answer(SCHEMA);
        assert_eq!(current(&sandbox), "main");
        let answer = sandbox.run(&command).answer(SCHEMA);
        for answer in [dry, answer] {
            assert_eq!(answer["branch"], name);
            assert_eq!(answer["target_branch"], "main");
        }
        assert_eq!(current(&sandbox), name);
        assert_eq!(subjects_of(&sandbox, "main"), ["Begin"]);
        // The user's own name is the better one.
        sandbox.git(&["switch", "--quiet", "main"]);
        let own = with(&SPECIFY, &["--branch=topic", "--allow-duplicate"]);
        assert_eq!(sandbox.run(&own).answer(SCHEMA)["branch"], "topic");
    }
}

#[test]
fn a_name_that_leads_elsewhere_gives_way_to_the_missions_own() {
    let long = format!("web-123-{}", "x".repeat(200));
    for name in [
        "",
        "-web-123",
        "--upload-pack=web-123",
        "web-123..main",
        "web-123@{1}",
        "@{-1}",
        "web-123.lock",
        "web-123/",
        "/web-123",
        "web 123",
        "web-123\n",
        "web-123\u{202e}",
        "web-123:main",
        "HEAD",
        "main",
        "topic",
        "release/1",
        "heads/main",
        "refs/heads/main",
        "v1",
        "topic/web-123",
        &long,
    ] {
        let (_server, sandbox) = suggesting(name);
        sandbox.git(&["branch", "topic"]);
        sandbox.git(&["branch", "release/1"]);
        sandbox.git(&["tag", "v1"]);
        sandbox.git(&["switch", "--quiet", "--create", "work"]);
        let answer = sandbox.run(&with(&SPECIFY, &["--branch"])).answer(SCHEMA);
        assert_eq!(answer["branch"], "061-web-123", "{name:?}");
        assert_eq!(answer["target_branch"], "work", "{name:?}");
        for branch in ["main", "topic", "release/1", "work"] {
            assert_eq!(subjects_of(&sandbox, branch), ["Begin"], "{name:?}");
        }
    }
}

/// Linear's names follow the title, so they change.
#[test]
fn a_mission_is_found_on_the_branch_that_the_tracker_named() {
    for later in ["kit/web-123-login", "kit/web-123-sign-in"] {
        for is_bound in [false, true] {
            let (server, sandbox) = suggesting("kit/web-123-login");
            let command = with(&SPECIFY, &["--branch"]);
            if !is_bound {
                server.on(BIND_PATH, Reply::refusal(500, "down", "down"));
            }
            let first = sandbox.run(&command);
            assert_eq!(first.code, if is_bound { 0 } else { 11 });
            sandbox.git(&["switch", "--quiet", "main"]);
            server.on(BIND_PATH, Reply::json(200, &bind_answer()));
            suggest(&server, later);
            if is_bound {
                name_mission(&server, "061-web-123");
            }
            let answer = sandbox.run(&command).answer(SCHEMA);
            assert_eq!(answer["created"], false);
            assert_eq!(answer["feature_slug"], "061-web-123");
            assert_eq!(answer["branch"], "kit/web-123-login");
            assert_eq!(current(&sandbox), "kit/web-123-login");
            assert!(sandbox.intents().is_empty());
        }
    }
}

/// A server that names no missions.
#[test]
fn a_bound_mission_is_found_on_the_branch_that_the_tracker_names() {
    let (server, sandbox) = suggesting("kit/login");
    let command = with(&SPECIFY, &["--branch"]);
    sandbox.run(&command).answer(SCHEMA);
    sandbox.git(&["switch", "--quiet", "main"]);
    let again = sandbox.run(&command).answer(SCHEMA);
    assert_eq!(again["created"], false);
    assert_eq!(again["branch"], "kit/login");
    assert_eq!(server.requests_to(BIND_PATH).len(), 1);
}

/// Mutation check: if only the names of branches say which numbers are taken, both missions get 061.
#[test]
fn missions_on_branches_of_any_name_keep_their_numbers() {
    for flag in ["--branch", "--branch=topic"] {
        let (_server, sandbox) = suggesting("kit/web-123-login");
        sandbox.run(&with(&SPECIFY, &[flag])).answer(SCHEMA);
        sandbox.git(&["switch", "--quiet", "main"]);
        let answer = sandbox.run(&plain(&["--branch"])).answer(SCHEMA);
        assert_eq!(answer["feature_slug"], "062-payments");
    }
}
