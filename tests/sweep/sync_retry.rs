//! `sync retry`, interrupted at every point: each event of the dead-letter file is there or in the
//! queue.

use serde_json::{Value, json};

use super::account::{Ledger, event, event_id, write_queue};
use super::delivery::deliver;
use super::points::Steps;
use super::scene::{Case, Scene, add, fail, kill};
use crate::support::{Output, Sandbox};

const WAITING: usize = 3;
const ALL: usize = 9;

struct SyncRetry;

impl Scene for SyncRetry {
    fn name(&self) -> &'static str {
        "sync retry"
    }

    fn arguments(&self) -> &'static [&'static str] {
        &["sync", "retry", "--json"]
    }

    fn prepare(&self) -> Sandbox {
        let sandbox = Sandbox::with_project();
        write_queue(&sandbox, "active.v1.jsonl", (0..WAITING).map(event));
        let dead = |number| json!({"reason": "a reason", "event": event(number)});
        let raw: Value = json!({"reason": "no event", "raw": "{\"event_id\":"});
        write_queue(
            &sandbox,
            "dead.v1.jsonl",
            (WAITING..ALL).map(dead).chain([raw]),
        );
        sandbox
    }

    fn check_interrupted(&self, case: &Case<'_>) {
        let ledger = Ledger::read(&case.sandbox);
        let lost = (0..ALL)
            .map(event_id)
            .filter(|id| !ledger.holds(id))
            .count();
        add(&case.tally.lost, lost);
        add(&case.tally.torn, ledger.torn);
    }

    fn check_repeated(&self, case: &Case<'_>, output: Output) {
        output.answer("spec-kitty.sync-retry/1");
        let ledger = Ledger::read(&case.sandbox);
        assert!(ledger.dead.is_empty(), "{:?}", ledger.dead);
        assert_eq!(ledger.raw, 1);
        assert_eq!(ledger.ids_of("FeatureCreated").len(), ALL);
        deliver(case);
        assert_eq!(case.plane.records().accepted.len(), ALL);
    }
}

/// Mutation check: if the dead-letter file is emptied before the events are in the queue, this test
/// fails (5 points, 30 events lost).
#[test]
fn a_killed_retry_loses_no_event() {
    kill(
        &SyncRetry,
        Steps {
            changing: 1,
            reading: 10,
        },
    );
}

/// Mutation check: if the dead-letter file is emptied although the events could not be appended,
/// this test fails (6 events lost).
#[test]
fn a_retry_that_meets_a_failing_disk_loses_no_event() {
    fail(
        &SyncRetry,
        Steps {
            changing: 1,
            reading: 20,
        },
    );
}
