//! The end of every case: delivers the queue and accounts for every event.

use std::collections::BTreeMap;

use super::account::{Ledger, id, intents};
use super::scene::{Case, add};

/// Delivers the queue: every event arrives, the clocks of distinct lines differ, and no event is left
/// to record.
#[track_caller]
pub(super) fn deliver(case: &Case<'_>) {
    let Case {
        sandbox,
        plane,
        tally,
        ..
    } = case;
    let before = Ledger::read(sandbox);
    let mut clocks = BTreeMap::new();
    for event in &before.pending {
        let other = clocks.insert(event["lamport_clock"].as_u64(), id(event));
        assert!(
            other.is_none_or(|other| other == id(event)),
            "two events with one clock: {event}"
        );
    }
    let lines = before.pending.len();
    let mut ids: Vec<_> = before.pending.iter().map(id).collect();
    ids.sort();
    ids.dedup();
    add(&tally.doubled, lines - ids.len());
    let output = sandbox.run(&["sync", "now", "--json"]);
    output.answer("spec-kitty.sync-now/1");
    let records = plane.records();
    add(
        &tally.lost,
        ids.iter()
            .filter(|id| !records.accepted.contains_key(*id))
            .count(),
    );
    let after = Ledger::read(sandbox);
    assert!(
        after.pending.is_empty() && after.dead.is_empty(),
        "{after:?}"
    );
    assert_eq!(intents(sandbox), Vec::<std::path::PathBuf>::new());
}
