//! `sync now`, interrupted at every point, against a server that accepts, rejects, postpones and
//! skips events: every event is pending, accepted, or in the dead-letter file.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::ops::Range;

use super::account::{Ledger, event, event_id, id, segment_name, write_queue};
use super::control_plane::ControlPlane;
use super::points::Steps;
use super::scene::{Case, Scene, add, fail, kill};
use crate::support::{Output, PROJECT_UUID, Sandbox};

/// The numbers of the events in each sealed segment, and in the active file.
const SEGMENTS: [Range<usize>; 4] = [0..6, 6..12, 12..18, 18..23];
/// No crash sends more than a segment a second time.
const SEGMENT_EVENTS: usize = 6;

/// What the server says of an event, for good.
fn verdict(id: &str) -> Option<&'static str> {
    let number: usize = id[10..].parse().ok()?;
    match number % 6 {
        2 => Some("rejected"),
        4 if number < 12 => Some("queued"),
        4 => Some("absent"),
        _ => None,
    }
}

fn ids(wanted: impl Fn(Option<&str>) -> bool) -> BTreeSet<String> {
    let all = SEGMENTS.into_iter().flatten().map(event_id);
    all.filter(|id| wanted(verdict(id))).collect()
}

struct SyncNow;

impl Scene for SyncNow {
    fn name(&self) -> &'static str {
        "sync now"
    }

    fn arguments(&self) -> &'static [&'static str] {
        &["sync", "now", "--json"]
    }

    fn exit(&self) -> i32 {
        1
    }

    fn prepare(&self) -> Sandbox {
        let sandbox = Sandbox::with_project();
        let [first, second, third, active] = SEGMENTS;
        write_queue(&sandbox, &segment_name(1), first.map(event));
        write_queue(&sandbox, &segment_name(2), second.map(event));
        write_queue(&sandbox, &segment_name(3), third.map(event));
        write_queue(&sandbox, "active.v1.jsonl", active.map(event));
        let active = sandbox
            .state()
            .join("queue")
            .join(PROJECT_UUID)
            .join("active.v1.jsonl");
        let mut active = OpenOptions::new().append(true).open(active).unwrap();
        active.write_all(b"{\"event_id\":\"01K, torn").unwrap();
        sandbox
    }

    fn serve(&self, sandbox: &Sandbox) -> ControlPlane {
        let plane = ControlPlane::judging(verdict);
        sandbox.log_in(&plane.url());
        plane
    }

    fn check_interrupted(&self, case: &Case<'_>) {
        let ledger = Ledger::read(&case.sandbox);
        let records = case.plane.records();
        let is_lost = |id: &&String| !ledger.holds(id) && !records.accepted.contains_key(*id);
        add(
            &case.tally.lost,
            ids(|_| true).iter().filter(is_lost).count(),
        );
        // Parked before it leaves: it may be in both places.
        assert!(
            ledger.torn <= 1 && ledger.torn + ledger.raw >= 1,
            "the torn line is gone"
        );
        let whole = SEGMENTS.map(|numbers| numbers.map(event_id).collect::<Vec<_>>());
        for (name, remaining) in &ledger.segments {
            let subset = |whole: &Vec<String>| {
                let mut rest = whole.iter();
                remaining.iter().all(|id| rest.any(|other| other == id))
            };
            assert!(whole.iter().any(subset), "{name} holds {remaining:?}");
        }
        for batch in &records.batches {
            assert!(batch.is_sorted(), "{batch:?}");
        }
    }

    fn check_repeated(&self, case: &Case<'_>, output: Output) {
        assert!([0, 1].contains(&output.code), "{output:?}");
        output.json();
        let ledger = Ledger::read(&case.sandbox);
        let records = case.plane.records();
        let set = |events: &[serde_json::Value]| events.iter().map(id).collect::<BTreeSet<_>>();
        assert_eq!(
            set(&ledger.pending),
            ids(|v| matches!(v, Some("queued" | "absent")))
        );
        assert_eq!(set(&ledger.dead), ids(|v| v == Some("rejected")));
        let accepted: BTreeSet<_> = records.accepted.keys().cloned().collect();
        assert_eq!(accepted, ids(|v| v.is_none()));
        assert!(
            ledger.torn == 0 && (1..=2).contains(&ledger.raw),
            "{ledger:?}"
        );
        let receptions = records.receptions();
        assert!(
            receptions.values().all(|times| *times <= 2),
            "{receptions:?}"
        );
        let is_final = |id: &str| matches!(verdict(id), None | Some("rejected"));
        let again = receptions
            .iter()
            .filter(|(id, times)| **times == 2 && is_final(id))
            .count();
        // A dead letter that cannot be synced keeps every segment that has something for it.
        let killed = case.interrupted.code == -1;
        assert!(
            !killed || again <= SEGMENT_EVENTS,
            "one crash sent {again} events again"
        );
        add(&case.tally.doubled, again);
    }
}

/// Mutation check: this test fails with a dead-letter file written after the acknowledgement (14
/// points, 14 events lost), and with files of mode 0666 (all points).
#[test]
fn a_killed_delivery_loses_no_event() {
    kill(
        &SyncNow,
        Steps {
            changing: 1,
            reading: 25,
        },
    );
}

/// Mutation check: if a rejected event leaves the queue although it could not be parked, this test
/// fails (15 points, 16 events lost).
#[test]
fn a_delivery_that_meets_a_failing_disk_loses_no_event() {
    fail(
        &SyncNow,
        Steps {
            changing: 1,
            reading: 50,
        },
    );
}
