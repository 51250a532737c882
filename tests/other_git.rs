//! Another git process works in the repository at the same time: it holds a lock, moves the branch,
//! or commits the files that a command has just written.

use std::fs;

use serde_json::{Value, json};

use crate::support::{BIND, SPECIFY, Sandbox, Server};

const PLAIN: [&str; 3] = ["specify", "payments", "--json"];
const LOCKS: [&str; 2] = [".git/HEAD.lock", ".git/refs/heads/main.lock"];

fn ready() -> (Server, Sandbox) {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    (server, sandbox)
}

/// The commits of an answer of `specify` or `bind-origin`.
fn commits(answer: &Value) -> Value {
    match answer.get("commits") {
        Some(commits) => commits.clone(),
        None => json!([answer["commit"]]),
    }
}

fn head(sandbox: &Sandbox) -> String {
    sandbox.git(&["rev-parse", "HEAD"])
}

/// No file of a mission is staged, unknown or half added.
fn assert_clean(sandbox: &Sandbox) {
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_lock_of_a_reference_that_goes_away_is_waited_for() {
    for lock in LOCKS {
        for command in [&PLAIN[..], &SPECIFY, &BIND] {
            let (_server, sandbox) = ready();
            sandbox.write(lock, "");
            // The first attempt fails at the lock; the second one finds it gone.
            let script = format!("test -e .git/tried && rm -f {lock}; touch .git/tried");
            sandbox.hook("pre-commit", &script);
            let output = sandbox.run(command).succeeds();
            let commits = commits(&output.json());
            let newest = commits.as_array().unwrap().last().unwrap();
            assert_eq!(*newest, head(&sandbox), "{lock}: {output:?}");
            assert_clean(&sandbox);
        }
    }
}

#[test]
fn a_lock_of_a_reference_that_stays_defers_the_commit_and_leaves_no_entry() {
    for lock in LOCKS {
        let sandbox = Sandbox::with_project();
        sandbox.write(lock, "");
        let index = sandbox.git(&["ls-files", "--stage", "--debug"]);
        let answer = sandbox
            .run(&["specify", "payments", "--timeout", "1", "--json"])
            .answer("spec-kitty.specify/1");
        assert_eq!(answer["commits"], json!([]));
        let warning = answer["warnings"][0]["message"].as_str().unwrap();
        assert!(warning.contains("commit deferred"), "{warning}");
        assert!(warning.contains(lock), "{warning}");
        assert!(sandbox.path(lock).exists());
        assert_eq!(sandbox.git(&["ls-files", "--stage", "--debug"]), index);
        fs::remove_file(sandbox.path(lock)).unwrap();
        let answer = sandbox.run(&PLAIN).answer("spec-kitty.specify/1");
        assert_eq!(answer["commits"], json!([head(&sandbox)]));
        assert_eq!(sandbox.missions(), ["060-search", "061-payments"]);
        assert_clean(&sandbox);
    }
}

#[test]
fn a_commit_of_the_user_during_ours_becomes_its_parent() {
    for command in [&PLAIN[..], &BIND] {
        let (_server, sandbox) = ready();
        let script = "test -e .git/once && exit 0; touch .git/once\n\
                      new=$(git commit-tree -p HEAD -m Theirs HEAD^{tree})\n\
                      git update-ref refs/heads/main $new";
        sandbox.hook("pre-commit", script);
        let output = sandbox.run(command).succeeds();
        assert_eq!(commits(&output.json()), json!([head(&sandbox)]));
        assert_eq!(sandbox.subjects()[1..], ["Theirs", "Begin"]);
        assert_clean(&sandbox);
    }
}

/// Mutation check: without the warning an empty list of commits has no explanation.
#[test]
fn files_that_a_commit_of_the_user_takes_up_are_named_with_that_commit() {
    let moments = [
        (&PLAIN[..], "commit"),
        (&BIND, "ls-tree"),
        (&BIND, "commit"),
    ];
    for (command, moment) in moments {
        let (_server, mut sandbox) = ready();
        sandbox.before_git(moment, "git commit --all --message Theirs");
        let output = sandbox.run(command).succeeds();
        let answer = output.json();
        let theirs = head(&sandbox);
        let none = if command == PLAIN {
            json!([])
        } else {
            json!([null])
        };
        assert_eq!(commits(&answer), none, "{output:?}");
        let message =
            format!("another git process committed the files at the same time, in {theirs}");
        let warning = json!({"code": "commit_elsewhere", "message": message});
        assert_eq!(answer["warnings"], json!([warning]), "{output:?}");
        assert_eq!(sandbox.subjects(), ["Theirs", "Begin"]);
        assert_clean(&sandbox);
        assert!(sandbox.intents().is_empty());
    }
}

#[test]
fn a_bind_that_was_committed_before_has_no_warning() {
    let (_server, sandbox) = ready();
    sandbox.run(&BIND).succeeds();
    sandbox.git(&["commit", "--quiet", "--amend", "--message", "Squashed"]);
    let answer = sandbox.run(&BIND).answer("spec-kitty.bind-origin/1");
    assert_eq!(answer["warnings"], json!([]));
    assert_eq!(answer["commit"], Value::Null);
}

#[test]
fn entries_that_another_git_process_drops_are_added_again() {
    let (_server, mut sandbox) = ready();
    let script = "git rm -r --cached --quiet -- kitty-specs/061-web-123";
    sandbox.before_git("commit", script);
    let answer = sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
    assert_eq!(answer["commits"].as_array().unwrap().len(), 2, "{answer}");
    assert_eq!(sandbox.paths_of("HEAD~1").len(), 7);
    assert_clean(&sandbox);
}
