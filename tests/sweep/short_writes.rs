//! A file-size limit (`RLIMIT_FSIZE`) stops a write half-way, with the error EFBIG or with the signal
//! that ends the process.

use std::process::Command;

use super::account::{Ledger, event, event_id, write_queue};
use super::control_plane::ControlPlane;
use super::points::all;
use crate::support::{PROJECT_UUID, Sandbox, binary, finish};

const WAITING: usize = 200;

/// Mutation check: this test fails without the roll-back of a failed write (a torn line is left),
/// and without the newline before an append to a torn line (the next event is lost with it).
#[test]
fn a_write_that_stops_half_way_leaves_no_event_unreadable() {
    if Command::new("prlimit").arg("--version").output().is_err() {
        eprintln!("SKIPPED short writes: they need prlimit of util-linux");
        return;
    }
    let template = Sandbox::with_project();
    write_queue(&template, "active.v1.jsonl", (0..WAITING).map(event));
    let active = template
        .state()
        .join("queue")
        .join(PROJECT_UUID)
        .join("active.v1.jsonl");
    let length = usize::try_from(active.metadata().unwrap().len()).unwrap();
    let step = if all() { 1 } else { 61 };
    let (mut limits, mut refused, mut killed, mut parked) = (0, 0, 0, 0);
    // The event of the command is about 550 bytes long: the last limits do not touch it.
    for limit in (length - 2..length + 700).step_by(step) {
        limits += 1;
        for (number, signal) in ["trap '' XFSZ; ", ""].into_iter().enumerate() {
            let sandbox = template.copy();
            let plane = ControlPlane::start();
            sandbox.log_in(&plane.url());
            let script = format!("{signal}exec prlimit --fsize={limit}:{limit} \"$@\"");
            let line = [
                "-c",
                &script,
                "sh",
                binary(),
                "specify",
                "cut-off",
                "--json",
            ];
            let output = finish(sandbox.program("sh", &line), b"");
            let ledger = Ledger::read(&sandbox);
            let lost = (0..WAITING).map(event_id).find(|id| !ledger.holds(id));
            assert_eq!(lost, None, "limit {limit}: {output:?}");
            let recorded = ledger.pending.len() - WAITING;
            if output.code == -1 {
                killed += 1;
            } else {
                assert_eq!(
                    ledger.torn, 0,
                    "limit {limit}: what was written is taken back"
                );
                let answer = output.answer("spec-kitty.specify/1");
                assert_eq!(
                    answer["event_emitted"],
                    recorded == 1,
                    "limit {limit}: {answer}"
                );
                refused += usize::from(recorded == 0);
            }
            assert!(number == 1 || output.code == 0, "limit {limit}: {output:?}");

            sandbox
                .run(&["specify", "after-it", "--json"])
                .answer("spec-kitty.specify/1");
            let torn = ledger.torn;
            let delivered = sandbox.run(&["sync", "now", "--json"]);
            delivered.answer("spec-kitty.sync-now/1");
            let ledger = Ledger::read(&sandbox);
            assert_eq!(
                (ledger.torn, ledger.raw),
                (0, torn),
                "limit {limit}: a torn line is parked"
            );
            parked += torn;
            // Both missions: one whose event did not fit is recorded by its intent.
            assert_eq!(plane.records().accepted.len(), WAITING + 2, "limit {limit}");
        }
    }
    println!(
        "reliability: short writes: limits {limits} (step {step} bytes), each with and without the \
         signal: refused and taken back {refused}, killed {killed}, torn lines parked {parked}, \
         lost 0"
    );
    assert!(
        refused > 0 && killed > 0 && parked > 0,
        "the limit was never met"
    );
}
