//! Hurts one command at each of its points, runs it again, and asks what is left.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::account::{assert_private, intents};
use super::control_plane::ControlPlane;
use super::points::{self, Point, Steps, of_trace, sample};
use super::strace::{Fault, inject, is_missing, trace};
use crate::support::{Output, Sandbox, Snapshot};

/// A command, what it needs, and what must hold when it was hurt and when it ran again.
pub(super) trait Scene: Sync {
    /// The command, in words.
    fn name(&self) -> &'static str;
    /// Its arguments; `--json` is among them.
    fn arguments(&self) -> &'static [&'static str];
    /// A sandbox to be copied for each point.
    fn prepare(&self) -> Sandbox;
    /// How it ends when nothing hurts it.
    fn exit(&self) -> i32 {
        0
    }
    /// The control plane of one copy, logged in to.
    fn serve(&self, sandbox: &Sandbox) -> ControlPlane {
        let plane = ControlPlane::start();
        sandbox.log_in(&plane.url());
        plane
    }
    /// What must hold as soon as the hurt run is over.
    fn check_hurt(&self, _case: &Case<'_>) {}
    /// What must hold when the same command has run again, with this output.
    fn check_repeated(&self, case: &Case<'_>, output: Output);
}

/// One copy of a scene, hurt at one point.
pub(super) struct Case<'a> {
    /// The copy.
    pub sandbox: Sandbox,
    /// Its control plane.
    pub plane: ControlPlane,
    /// What the hurt run said.
    pub hurt: Output,
    /// The hurt run had done all there is to do: what follows is a new run, not a healing.
    pub over: bool,
    /// The prepared sandbox, as it was.
    pub template: &'a Sandbox,
    /// Where figures go.
    pub tally: &'a Tally,
}

/// The figures of a sweep.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Promised events that are nowhere.
    pub lost: AtomicUsize,
    /// Events that the control plane received twice.
    pub doubled: AtomicUsize,
    /// Lines that are no events.
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

/// Lets the calls fail: with one error each in turn, with every error where every point is asked
/// for. A descriptor that cannot be closed, or a child that cannot be waited for, is no state of a
/// disk.
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
        if let Err(message) = panics(|| hurt_and_repeat(scene, &template, point, fault, &tally)) {
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
    assert_eq!(lost, 0, "promised events are nowhere");
}

/// What a run returns, or what its failed assertion says.
pub(super) fn panics<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let owned = panic.downcast_ref::<String>().cloned();
        let borrowed = || panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        owned.or_else(borrowed).unwrap_or_default()
    })
}

/// Several at once: a point mostly waits for the disk, and for the processes it starts.
pub(super) fn in_threads<T: Sync>(jobs: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from) + 1;
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

fn hurt_and_repeat(
    scene: &dyn Scene,
    template: &Sandbox,
    point: &Point,
    fault: &Fault,
    tally: &Tally,
) {
    let sandbox = template.copy();
    let plane = scene.serve(&sandbox);
    let before = sandbox.snapshot();
    let hurt = inject(&sandbox, scene.arguments(), &point.name, point.nth, fault);
    if hurt.code != -1 {
        add(&tally.ended, 1);
        check_answer(&hurt, &before, &sandbox, &plane);
    }
    let over = intents(&sandbox).is_empty() && !plane.books().bound.is_empty();
    let case = Case {
        sandbox,
        plane,
        hurt,
        over,
        template,
        tally,
    };
    assert_private(&case.sandbox);
    scene.check_hurt(&case);
    let output = case.sandbox.run(scene.arguments());
    assert_private(&case.sandbox);
    scene.check_repeated(&case, output);
}

/// A run that was not killed speaks: in one document, with a documented code, without a panic, and
/// truly about its effect. Where even its answer could not be written, the code must tell.
fn check_answer(hurt: &Output, before: &Snapshot, sandbox: &Sandbox, plane: &ControlPlane) {
    assert!(!hurt.stderr.contains("panicked"), "{hurt:?}");
    assert!((0..=11).contains(&hurt.code), "{hurt:?}");
    let unanswered = hurt.stderr.contains("its answer could not be written");
    if unanswered || hurt.stdout.is_empty() {
        assert_ne!(hurt.code, 0, "no answer, and yet no failure: {hurt:?}");
        return;
    }
    let document = hurt.json();
    if document["error"]["effect"] == "none" {
        before.assert_same(&sandbox.snapshot());
        assert!(
            plane.books().bound.is_empty(),
            "effect none of a bind: {hurt:?}"
        );
    }
}
