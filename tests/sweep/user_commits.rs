//! A user who commits all the time, next to missions that are made and committed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::Value;

use super::points::all;
use crate::support::Sandbox;

/// Commits one file after the other until told to stop; the number of commits that git made. Git
/// refuses some of them, because it read HEAD or the index before a mission changed it.
fn commit_until(sandbox: &Sandbox, stop: &AtomicBool, flags: &[&str]) -> usize {
    let mut made = 0;
    for n in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let name = format!("user-{n}.txt");
        sandbox.write(&name, "mine\n");
        // A commit of a mission may hold the lock of the index for a moment.
        while sandbox.try_git(&["add", &name]).code != 0 {}
        let commit = [&["commit", "--quiet", "--message", "User"], flags].concat();
        made += usize::from(sandbox.try_git(&commit).code == 0);
    }
    made
}

fn specify(sandbox: &Sandbox, n: usize) -> Value {
    let name = format!("job-no{n}");
    let output = sandbox.run(&["specify", &name, "--json"]);
    output.answer("spec-kitty.specify/1")
}

/// Runs the commands next to the user's commits. Their answers, and how many commits the user made.
fn race(sandbox: &Sandbox, rounds: usize, flags: &[&str]) -> (Vec<Value>, usize) {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let user = scope.spawn(|| commit_until(sandbox, &stop, flags));
        let halves = [0, 1].map(|half| {
            let numbers = (0..rounds).filter(move |n| n % 2 == half);
            scope.spawn(move || numbers.map(|n| specify(sandbox, n)).collect::<Vec<_>>())
        });
        let answers = halves.map(thread::ScopedJoinHandle::join);
        stop.store(true, Ordering::Relaxed);
        let answers = answers.into_iter().flat_map(Result::unwrap).collect();
        (answers, user.join().unwrap())
    })
}

/// Mutation check: without the wait for locks of references, commands end with exit code 11; without
/// the warning, a mission that `git commit -a` took up has no commit and no explanation.
#[test]
fn missions_are_made_and_committed_next_to_a_user_who_commits() {
    let rounds = if all() { 64 } else { 6 };
    for flags in [&[][..], &["--all"]] {
        let sandbox = Sandbox::with_project();
        let (answers, user) = race(&sandbox, rounds, flags);
        let (mut own, mut others, mut deferred) = (0, 0, 0);
        for answer in &answers {
            let warnings = answer["warnings"].to_string();
            if answer["commits"] != serde_json::json!([]) {
                own += 1;
            } else if warnings.contains("another git process committed the files") {
                others += 1;
            } else {
                assert!(warnings.contains("commit deferred"), "{answer}");
                deferred += 1;
                let slug = answer["feature_slug"].as_str().unwrap();
                let name = slug.split_once('-').unwrap().1;
                sandbox.run(&["specify", name]).succeeds();
            }
        }
        println!(
            "reliability: git commit {flags:?} next to specify: missions {rounds}, committed by \
             the command {own}, by the user {others}, deferred {deferred}; commits of the user {user}"
        );
        assert_eq!(sandbox.missions().len(), rounds + 1);
        assert!(sandbox.intents().is_empty());
        let left = sandbox.git(&["status", "--porcelain", "kitty-specs"]);
        assert_eq!(left, "", "no file of a mission is left behind");
        for commit in sandbox
            .git(&["log", "--format=%H", "--grep=^Add mission"])
            .lines()
        {
            let paths = sandbox.paths_of(commit);
            assert!(paths.iter().all(|path| path.starts_with("kitty-specs/")));
        }
        sandbox.git(&["fsck", "--no-dangling"]);
    }
}
