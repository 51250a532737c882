//! Fifty processes append while others deliver; half of them are killed. A second test measures
//! appends without kills. The writers are this test binary, started again: they use the queue
//! without the git commands of a whole run.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use spec_kitty::internals::Queue;
use spec_kitty::internals::World;

use super::account::{Ledger, event, event_id};
use super::control_plane::ControlPlane;
use crate::support::{PROJECT_UUID, Sandbox};

const PROCESSES: usize = 50;
const APPENDS: usize = 200;
const STATE: &str = "SPEC_KITTY_TEST_WRITER_STATE";
const FIRST: &str = "SPEC_KITTY_TEST_WRITER_FIRST";
const COUNT: &str = "SPEC_KITTY_TEST_WRITER_COUNT";

/// The writer: waits for a line on its stdin, appends its events one by one, and prints each id as
/// soon as it is durable. Does nothing unless the storm started it.
#[test]
fn writer() {
    let Some(state) = std::env::var_os(STATE).map(PathBuf::from) else {
        return;
    };
    let number = |name| std::env::var(name).unwrap().parse::<usize>().unwrap();
    let (first, count) = (number(FIRST), number(COUNT));
    let world = World::with_variables::<&str, &str>(state.clone(), []);
    let queue = Queue::of_project(&state, PROJECT_UUID);
    let lines: Vec<_> = (first..first + count)
        .map(|n| event(n).to_string().into_bytes())
        .collect();
    std::io::stdin().read_line(&mut String::new()).unwrap();
    for (number, line) in (first..).zip(lines) {
        queue.append(&world, &[line]).unwrap();
        let mut out = std::io::stdout().lock();
        out.write_all(format!("\npromised {}\n", event_id(number)).as_bytes())
            .unwrap();
        out.flush().unwrap();
    }
}

fn start(state: &Path, first: usize, count: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sweep::storm::writer", "--nocapture"])
        .env(STATE, state)
        .env(FIRST, first.to_string())
        .env(COUNT, count.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Starts a writer's work, reads the ids it prints until it ends, and kills it after this many.
fn promises(mut child: Child, kill_after: Option<usize>) -> Vec<String> {
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut promised = Vec::new();
    // Its stdin stays open: closing it would start the work too.
    child.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
    for line in output.lines().map_while(Result::ok) {
        promised.extend(line.strip_prefix("promised ").map(str::to_owned));
        if Some(promised.len()) == kill_after {
            drop(child.kill());
        }
    }
    child.wait().unwrap();
    promised
}

/// Mutation check: this test fails without the lock around the append (125 of 7,764 events lost),
/// and with two writes for a line (778 lost, 376 lines torn).
#[test]
fn a_storm_of_writers_deliveries_and_kills_loses_no_event() {
    let sandbox = Sandbox::with_project();
    let plane = ControlPlane::start();
    sandbox.log_in(&plane.url());
    let state = sandbox.state();
    let seed = u64::from(std::process::id());
    let writers: Vec<_> = (0..PROCESSES)
        .map(|writer| {
            // Half of them, each after another number of events.
            let place = (seed + writer as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
            let place = usize::try_from(place).unwrap() % (APPENDS - 1) + 1;
            let child = start(&state, writer * APPENDS, APPENDS);
            (child, (writer % 2 == 0).then_some(place))
        })
        .collect();
    let over = AtomicBool::new(false);
    let deliveries = AtomicUsize::new(0);
    let promised: BTreeSet<String> = std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    sandbox
                        .run(&["sync", "now", "--json"])
                        .answer("spec-kitty.sync-now/1");
                    deliveries.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let readers: Vec<_> = writers
            .into_iter()
            .map(|(child, kill_after)| scope.spawn(move || promises(child, kill_after)))
            .collect();
        let promised = readers
            .into_iter()
            .flat_map(|reader| reader.join().unwrap())
            .collect();
        over.store(true, Ordering::Relaxed);
        promised
    });
    sandbox
        .run(&["sync", "now", "--json"])
        .answer("spec-kitty.sync-now/1");
    let ledger = Ledger::read(&sandbox);
    let records = plane.records();
    let lost: Vec<_> = promised
        .iter()
        .filter(|id| !records.accepted.contains_key(*id))
        .collect();
    // A kill may end a write between two pages: such a line was never acknowledged, and is parked.
    let torn = ledger.torn + ledger.raw;
    let doubled = records
        .receptions()
        .values()
        .filter(|times| **times > 1)
        .count();
    println!(
        "reliability: storm: {PROCESSES} processes, {} killed, {} events promised, {} deliveries: \
         lost {}, doubled {doubled} (absorbed by event_id), torn {torn} (never promised, parked)",
        PROCESSES / 2,
        promised.len(),
        deliveries.into_inner(),
        lost.len(),
    );
    assert!(lost.is_empty(), "{lost:?}");
    assert!(
        torn <= PROCESSES / 2,
        "{torn} torn lines for {} kills",
        PROCESSES / 2
    );
    assert!(
        ledger.pending.is_empty() && ledger.dead.is_empty(),
        "{ledger:?}"
    );
}

#[test]
fn appends_per_second() {
    for (processes, appends) in [(1, 2_000), (PROCESSES, APPENDS)] {
        let sandbox = Sandbox::new();
        sandbox.make_state();
        let state = sandbox.state();
        let children: Vec<_> = (0..processes)
            .map(|n| start(&state, n * appends, appends))
            .collect();
        let begin = Instant::now();
        let promised: usize = std::thread::scope(|scope| {
            let readers: Vec<_> = children
                .into_iter()
                .map(|child| scope.spawn(|| promises(child, None).len()))
                .collect();
            readers
                .into_iter()
                .map(|reader| reader.join().unwrap())
                .sum()
        });
        let seconds = begin.elapsed().as_secs_f64();
        assert_eq!(promised, processes * appends);
        assert_eq!(Ledger::read(&sandbox).pending.len(), promised);
        println!(
            "reliability: appends: {promised} by {processes} processes in {seconds:.2} s, {:.0} a \
             second, each durable",
            f64::from(u32::try_from(promised).unwrap()) / seconds
        );
    }
}
