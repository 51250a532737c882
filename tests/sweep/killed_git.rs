//! git is killed during a commit, by a `git` in front of the real one that runs it under strace.
//! `doctor --fix --yes` repairs the repository, and the same command finishes.

use std::fs;
use std::sync::Mutex;

use super::bind_origin::BindOrigin;
use super::from_ticket::{FromTicket, OnBranch};
use super::points::{Point, Steps, of_trace, sample};
use super::scene::{Case, Scene, Tally, in_threads, panics};
use super::strace::{CALLS, is_missing, parse};
use crate::support::{Sandbox, write_program};

/// Lets every `git SUBCOMMAND` of the sandbox run under strace with these options.
fn put_in_front(sandbox: &mut Sandbox, subcommand: &str, options: &str) {
    let folder = sandbox.root().join("in-front");
    let path = std::env::var("PATH").unwrap();
    let script = format!(
        "#!/bin/sh\nPATH='{path}'\ncase \" $* \" in\n\
         *' {subcommand} '*) exec strace -qq -f {options} git \"$@\" ;;\nesac\nexec git \"$@\"\n"
    );
    write_program(&folder.join("git"), script);
    sandbox.set("PATH", format!("{}:{path}", folder.display()));
}

/// The points of the git processes of one subcommand.
fn points(scene: &dyn Scene, template: &Sandbox, subcommand: &str) -> Vec<Point> {
    let mut sandbox = template.copy();
    let _plane = scene.serve(&sandbox);
    let file = sandbox.root().join("trace");
    let options = format!("-y -o '{}' -e trace={}", file.display(), CALLS.join(","));
    put_in_front(&mut sandbox, subcommand, &options);
    sandbox.run(scene.arguments()).succeeds();
    let text = fs::read_to_string(file).expect("a trace of git");
    let calls: Vec<_> = text.lines().filter_map(parse).collect();
    let mut points = of_trace(&calls);
    // A kill at a call that only reads changes nothing.
    points.retain(|point| point.changes && !point.inner);
    points
}

fn kill_and_repair(
    scene: &dyn Scene,
    template: &Sandbox,
    subcommand: &str,
    point: &Point,
    tally: &Tally,
) -> bool {
    let mut sandbox = template.copy();
    let plane = scene.serve(&sandbox);
    let Point { name, nth, .. } = point;
    let options = format!("-o /dev/null -e trace={name} -e inject={name}:signal=KILL:when={nth}");
    put_in_front(&mut sandbox, subcommand, &options);
    let interrupted = sandbox.run(scene.arguments());
    sandbox.set("PATH", std::env::var_os("PATH").unwrap());
    let is_locked = sandbox.path(".git/index.lock").exists();
    let case = Case {
        sandbox,
        plane,
        interrupted,
        is_done: false,
        template,
        tally,
    };
    scene.check_interrupted(&case);
    let sandbox = &case.sandbox;
    let doctor = sandbox.run(&["doctor", "--fix", "--yes", "--json"]);
    assert!([0, 10].contains(&doctor.code), "{doctor:?}");
    assert!(!sandbox.path(".git/index.lock").exists(), "{doctor:?}");
    scene.check_interrupted(&case);
    let is_done = !has_intent(&case);
    let output = sandbox.run(scene.arguments());
    scene.check_repeated(&Case { is_done, ..case }, output);
    is_locked
}

/// Whether the intent of the bind still exists.
fn has_intent(case: &Case<'_>) -> bool {
    !super::account::intents(&case.sandbox).is_empty()
}

fn sweep(scene: &dyn Scene, subcommand: &str, steps: Steps) {
    if is_missing(&format!("killed git {subcommand}")) {
        return;
    }
    let template = scene.prepare();
    let (points, sampled) = sample(points(scene, &template, subcommand), steps);
    let tally = Tally::default();
    let failures = Mutex::new(Vec::new());
    let locked = Mutex::new(0);
    in_threads(&points, |point| {
        let run = || kill_and_repair(scene, &template, subcommand, point, &tally);
        match panics(run) {
            Ok(is_locked) => *locked.lock().unwrap() += usize::from(is_locked),
            Err(message) => failures
                .lock()
                .unwrap()
                .push(format!("{}\n{message}", point.text)),
        }
    });
    let failures = failures.into_inner().unwrap();
    println!(
        "reliability: git {subcommand} of {} killed: kill points {} ({sampled}), failed {}, \
         index.lock left and repaired {}",
        scene.name(),
        points.len(),
        failures.len(),
        locked.into_inner().unwrap(),
    );
    assert!(
        failures.is_empty(),
        "{} points:\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

/// Mutation check: if the repair removes the locks but leaves the index as it is, this test fails
/// (7 points: the next commit would revert the mission).
#[test]
fn a_killed_commit_of_a_bind_is_repaired() {
    sweep(
        &BindOrigin,
        "commit",
        Steps {
            changing: 2,
            reading: 1,
        },
    );
}

/// Mutation check: as in [`a_killed_commit_of_a_bind_is_repaired`] (2 points).
#[test]
fn a_killed_commit_of_a_start_is_repaired() {
    sweep(
        &FromTicket,
        "commit",
        Steps {
            changing: 2,
            reading: 1,
        },
    );
    sweep(
        &FromTicket,
        "add",
        Steps {
            changing: 2,
            reading: 1,
        },
    );
}

/// Mutation check: if only the lock of the current branch is looked for, this test fails (the lock of
/// the new branch stays).
#[test]
fn a_killed_switch_to_a_new_branch_is_repaired() {
    sweep(
        &OnBranch,
        "switch",
        Steps {
            changing: 1,
            reading: 1,
        },
    );
}
