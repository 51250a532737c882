//! Injects a fault into a command at each of its points, runs it again, and checks the result.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::account::{assert_private, intents};
use super::control_plane::ControlPlane;
use super::points::{self, Point, Steps, of_trace, sample};
use super::strace::{Fault, inject, is_missing, trace};
use crate::support::{Output, Sandbox, Snapshot};

/// A command, its preparation, and what must hold after the fault and after a second run.
pub(super) trait Scene: Sync {
    /// The command, for messages.
    fn name(&self) -> &'static str;
    /// Its arguments, with `--json`.
    fn arguments(&self) -> &'static [&'static str];
    /// The sandbox that is copied for each point.
    fn prepare(&self) -> Sandbox;
    /// The exit code without a fault.
    fn exit(&self) -> i32 {
        0
    }
    /// Starts the control plane of one copy and logs in.
    fn serve(&self, sandbox: &Sandbox) -> ControlPlane {
        let plane = ControlPlane::start();
        sandbox.log_in(&plane.url());
        plane
    }
    /// Checks the state right after the interrupted run.
    fn check_interrupted(&self, _case: &Case<'_>) {}
    /// Checks the state after the second run, which has this output.
    fn check_repeated(&self, case: &Case<'_>, output: Output);
}

/// One copy of a scene, interrupted at one point.
pub(super) struct Case<'a> {
    /// The copy.
    pub sandbox: Sandbox,
    /// Its control plane.
    pub plane: ControlPlane,
    /// The interrupted run.
    pub interrupted: Output,
    /// The interrupted run had finished its work, so the second run begins anew.
    pub is_done: bool,
    /// The prepared sandbox, unchanged.
    pub template: &'a Sandbox,
    /// The figures of the sweep.
    pub tally: &'a Tally,
}

/// The figures of a sweep.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Events that were acknowledged to the user and are in no file.
    pub lost: AtomicUsize,
    /// Events that the control plane received twice.
    pub doubled: AtomicUsize,
    /// Lines that are not events.
    pub torn: AtomicUsize,
    ended: AtomicUsize,
}

/// Adds to a figure.
pub(super) fn add(figure: &AtomicUsize, count: usize) {
    figure.fetch_add(count, Ordering::Relaxed);
}

/// Kills the command at its points.
pub(super) fn kill(scene: &dyn Scene, steps: Steps) {
    sweep(scene, "kill points", steps, |_, _| vec![Fault::Kill]);
}

/// Lets the calls fail, each with the next error of the list; with `SPEC_KITTY_SWEEP=all` each with
/// every error. Calls that no state of a disk can fail are left out.
pub(super) fn fail(scene: &dyn Scene, steps: Steps) {
    const ERRORS: [&str; 4] = ["ENOSPC", "EIO", "EROFS", "EACCES"];
    const NO_DISK: [&str; 9] = [
        "clone", "clone3", "close", "dup2", "pipe2", "recvfrom", "vfork", "wait4", "waitid",
    ];
    sweep(scene, "error injections", steps, |place, point| {
        if point.inner || NO_DISK.contains(&point.name.as_str()) {
            Vec::new()
        } else if points::all() {
            ERRORS.map(Fault::Error).into()
        } else {
            vec![Fault::Error(ERRORS[place % ERRORS.len()])]
        }
    });
}

fn sweep(
    scene: &dyn Scene,
    what: &str,
    steps: Steps,
    faults: impl Fn(usize, &Point) -> Vec<Fault>,
) {
    if is_missing(&format!("{what} of {}", scene.name())) {
        return;
    }
    let template = scene.prepare();
    let (points, sampled) = {
        let copy = template.copy();
        let _plane = scene.serve(&copy);
        let (output, calls) = trace(&copy, scene.arguments());
        assert_eq!(output.code, scene.exit(), "{output:?}");
        sample(of_trace(&calls), steps)
    };
    let jobs: Vec<(Point, Fault)> = points
        .into_iter()
        .enumerate()
        .flat_map(|(place, point)| {
            let of_point = faults(place, &point);
            of_point
                .into_iter()
                .map(move |fault| (point.clone(), fault))
        })
        .collect();
    let tally = Tally::default();
    let failures = Mutex::new(Vec::new());
    in_threads(&jobs, |(point, fault)| {
        if let Err(message) =
            panics(|| interrupt_and_repeat(scene, &template, point, fault, &tally))
        {
            failures.lock().unwrap().push(format!(
                "{fault:?} at {} number {}: {}\n{message}",
                point.name, point.nth, point.text
            ));
        }
    });
    let failures = failures.into_inner().unwrap();
    let figure = |figure: &AtomicUsize| figure.load(Ordering::Relaxed);
    let lost = figure(&tally.lost);
    println!(
        "reliability: {}: {what} {} ({sampled}), ended by itself {}, failed {}, lost {lost}, \
         doubled {} (absorbed by event_id), torn {}",
        scene.name(),
        jobs.len(),
        figure(&tally.ended),
        failures.len(),
        figure(&tally.doubled),
        figure(&tally.torn),
    );
    assert!(
        failures.is_empty(),
        "{} points:\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    assert_eq!(lost, 0, "acknowledged events are in no file");
}

/// The result of a closure, or the message of its panic.
pub(super) fn panics<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let owned = panic.downcast_ref::<String>().cloned();
        let borrowed = || panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        owned.or_else(borrowed).unwrap_or_default()
    })
}

/// Works on many jobs at once: each mostly waits for its processes, and for locks that a killed git
/// left.
pub(super) fn in_threads<T: Sync>(jobs: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from) * 4;
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(job);
                }
            });
        }
    });
}

fn interrupt_and_repeat(
    scene: &dyn Scene,
    template: &Sandbox,
    point: &Point,
    fault: &Fault,
    tally: &Tally,
) {
    let sandbox = template.copy();
    let plane = scene.serve(&sandbox);
    let before = sandbox.snapshot();
    let bound = plane.records().bound.clone();
    let interrupted = inject(&sandbox, scene.arguments(), &point.name, point.nth, fault);
    if interrupted.code != -1 {
        add(&tally.ended, 1);
        check_answer(&interrupted, &before, &sandbox);
        let is_none = interrupted.stdout.contains(r#""effect":"none""#);
        let unchanged = plane.records().bound == bound;
        assert!(
            unchanged || !is_none,
            "effect none of a bind: {interrupted:?}"
        );
    }
    let is_done = intents(&sandbox).is_empty() && !plane.records().bound.is_empty();
    let case = Case {
        sandbox,
        plane,
        interrupted,
        is_done,
        template,
        tally,
    };
    assert_private(&case.sandbox);
    scene.check_interrupted(&case);
    let output = case.sandbox.run(scene.arguments());
    assert_private(&case.sandbox);
    scene.check_repeated(&case, output);
}

/// A run that was not killed prints one document with a documented exit code, does not panic, and
/// states its effect correctly. If it cannot even write its answer, its exit code is not 0.
fn check_answer(interrupted: &Output, before: &Snapshot, sandbox: &Sandbox) {
    assert!(!interrupted.stderr.contains("panicked"), "{interrupted:?}");
    assert!((0..=11).contains(&interrupted.code), "{interrupted:?}");
    let unanswered = interrupted
        .stderr
        .contains("its answer could not be written");
    if unanswered || interrupted.stdout.is_empty() {
        assert_ne!(
            interrupted.code, 0,
            "exit 0 without an answer: {interrupted:?}"
        );
        return;
    }
    let document = interrupted.json();
    if document["error"]["effect"] == "none" {
        before.assert_same(&sandbox.snapshot());
    }
}
