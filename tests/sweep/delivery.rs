//! The end of every case: all that waits is delivered and accounted for.

use std::collections::BTreeMap;

use super::account::{Ledger, id, intents};
use super::scene::{Case, add};

/// Delivers all there is: every event of the files arrives, the clocks of distinct lines differ,
/// and nothing is left to be recorded.
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
    let books = plane.books();
    add(
        &tally.lost,
        ids.iter()
            .filter(|id| !books.accepted.contains_key(*id))
            .count(),
    );
    let after = Ledger::read(sandbox);
    assert!(
        after.pending.is_empty() && after.dead.is_empty(),
        "{after:?}"
    );
    assert_eq!(intents(sandbox), Vec::<std::path::PathBuf>::new());
}
