//! The points of a fault: each system call once, or an even sample of them.

use std::collections::{BTreeMap, HashSet};

use super::strace::Call;

/// The n-th call of a name in any thread.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Point {
    /// The call.
    pub name: String,
    /// Which one, from 1.
    pub nth: usize,
    /// [`Call::changes`], outside the process.
    pub changes: bool,
    /// Some thread's n-th call is on a pipe, an event counter or `/proc`: no disk or network can
    /// make it fail, and the standard library assumes that it succeeds.
    pub inner: bool,
    /// Its line in the trace.
    pub text: String,
}

/// The steps of the sample in the ordinary run: every n-th point of each kind.
/// `SPEC_KITTY_SWEEP=all` takes every one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steps {
    /// Of the calls that change something.
    pub changing: usize,
    /// Of the others.
    pub reading: usize,
}

/// Whether the sweep takes every point.
pub(super) fn all() -> bool {
    std::env::var_os("SPEC_KITTY_SWEEP").is_some_and(|value| value == "all")
}

/// All points of a trace, in the order in which they are first reached, without the calls of the
/// dynamic loader.
pub(super) fn of_trace(calls: &[Call]) -> Vec<Point> {
    let begin = calls
        .iter()
        .position(|call| call.name == "rt_sigaction" && call.text.contains("SIGPIPE"))
        .unwrap_or(0);
    let mut counts: BTreeMap<(u32, &str), usize> = BTreeMap::new();
    let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut inner = HashSet::new();
    let mut points = Vec::new();
    for (place, call) in calls.iter().enumerate() {
        let count = counts.entry((call.thread, &call.name)).or_default();
        *count += 1;
        if is_inner(call) {
            inner.insert((call.name.clone(), *count));
        }
        if place < begin {
            skipped.insert(&call.name, *count);
        } else if call.name != "rt_sigaction"
            && *count > skipped.get(call.name.as_str()).copied().unwrap_or(0)
            && seen.insert((call.name.clone(), *count))
        {
            points.push(Point {
                name: call.name.clone(),
                nth: *count,
                changes: call.changes(),
                inner: false,
                text: call.text.clone(),
            });
        }
    }
    for point in &mut points {
        point.inner = inner.contains(&(point.name.clone(), point.nth));
        point.changes &= !(point.inner && is_signal(&point.text));
    }
    points
}

/// A thread waking another.
fn is_signal(text: &str) -> bool {
    text.contains("<anon_inode:") || text.starts_with("socketpair")
}

/// Standard output is a pipe too, but a write to it can fail.
fn is_inner(call: &Call) -> bool {
    let on = |what: &str| call.text.contains(what);
    call.name == "socketpair"
        || !on("(1<") && (on("<pipe:[") || on("<anon_inode:") || on("</proc/"))
}

/// An even sample, and a sentence that states its steps.
pub(super) fn sample(points: Vec<Point>, steps: Steps) -> (Vec<Point>, String) {
    let steps = if all() {
        Steps {
            changing: 1,
            reading: 1,
        }
    } else {
        steps
    };
    let total = points.len();
    let (changing, reading): (Vec<_>, Vec<_>) = points.into_iter().partition(|point| point.changes);
    let words = format!(
        "of {total} points: {} that change something with step {}, {} others with step {}",
        changing.len(),
        steps.changing,
        reading.len(),
        steps.reading
    );
    let chosen = changing.into_iter().step_by(steps.changing);
    (
        chosen
            .chain(reading.into_iter().step_by(steps.reading))
            .collect(),
        words,
    )
}

#[test]
fn points_are_counted_a_thread_and_the_loader_is_left_out() {
    let call = |thread, name: &str, text: &str| Call {
        thread,
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let calls = [
        call(1, "openat", "openat(libc)"),
        call(1, "rt_sigaction", "rt_sigaction(SIGPIPE)"),
        call(1, "openat", "openat(a)"),
        call(2, "openat", "openat(b)"),
        call(2, "openat", "openat(c)"),
        call(2, "openat", "openat(d)"),
        call(2, "fsync", "fsync(3)"),
    ];
    let points = of_trace(&calls);
    let found: Vec<_> = points
        .iter()
        .map(|p| (p.name.as_str(), p.nth, p.text.as_str()))
        .collect();
    let wanted = [
        ("openat", 2, "openat(a)"),
        ("openat", 3, "openat(d)"),
        ("fsync", 1, "fsync(3)"),
    ];
    assert_eq!(found, wanted);
}
