//! `tracker bind-origin`, interrupted at every point: control plane first, local second, and the
//! same command finishes the work.

use std::collections::BTreeSet;

use serde_json::Value;

use super::account::{Ledger, intents, leftovers};
use super::delivery::deliver;
use super::points::Steps;
use super::scene::{Case, Scene, fail, kill};
use super::stage::{assert_missions_are_committed, stage, stage_partially};
use crate::support::{BIND, ORIGIN_KEYS, Output, Sandbox, issue_id};

pub(super) struct BindOrigin;

impl Scene for BindOrigin {
    fn name(&self) -> &'static str {
        "tracker bind-origin"
    }

    fn arguments(&self) -> &'static [&'static str] {
        &BIND
    }

    fn prepare(&self) -> Sandbox {
        prepare_bound_project()
    }

    fn check_interrupted(&self, case: &Case<'_>) {
        check_interrupted_bind(case, "060-search");
    }

    fn check_repeated(&self, case: &Case<'_>, output: Output) {
        assert_eq!(case.sandbox.missions(), ["060-search"]);
        check_bound(
            case,
            &output.answer("spec-kitty.bind-origin/1"),
            "060-search",
        );
        let commits = case.template.commit_count() + 1;
        assert_eq!(
            case.sandbox.commit_count(),
            commits,
            "{:?}",
            case.sandbox.subjects()
        );
    }
}

/// A project with one mission, bound to a tracker, with staged and unstaged changes of its user.
pub(super) fn prepare_bound_project() -> Sandbox {
    let sandbox = Sandbox::with_project();
    sandbox.bind_tracker("linear", "web");
    sandbox.commit_all("Bind the tracker");
    stage_partially(&sandbox);
    sandbox
}

/// Control plane first: it knows every origin on disk. A bind without an intent is complete.
pub(super) fn check_interrupted_bind(case: &Case<'_>, mission: &str) {
    assert_eq!(stage(&case.sandbox), stage(case.template));
    if !case
        .sandbox
        .path(&format!("kitty-specs/{mission}"))
        .exists()
    {
        return;
    }
    let meta = case.sandbox.meta(mission);
    let bound = case.plane.records().bound.contains_key(mission);
    if meta["origin_ticket"].is_object() {
        assert!(
            bound,
            "{mission} has an origin that the control plane did not grant"
        );
    }
    let events = Ledger::read(&case.sandbox).ids_of("MissionOriginBound");
    assert!(
        meta["origin_ticket"].is_object() || events.is_empty(),
        "an event before its fact"
    );
    if bound && intents(&case.sandbox).is_empty() {
        assert!(
            meta["origin_ticket"].is_object(),
            "nothing is left to heal {mission} with"
        );
        assert_eq!(events.len(), 1, "nothing is left to record the event with");
    }
}

/// One bind under one key, one committed origin, one event, unchanged staged files, no leftovers.
pub(super) fn check_bound(case: &Case<'_>, answer: &Value, mission: &str) {
    let Case {
        sandbox,
        plane,
        template,
        ..
    } = case;
    assert_eq!(answer["feature_slug"], mission);
    let file = format!("kitty-specs/{mission}/meta.json");
    let origin = &sandbox.meta(mission)["origin_ticket"];
    let keys: Vec<_> = origin.as_object().expect("an origin").keys().collect();
    assert_eq!(keys, ORIGIN_KEYS);
    assert_eq!(
        sandbox.git(&["show", &format!("HEAD:{file}")]),
        sandbox.read(&file).trim_end()
    );
    assert_eq!(stage(sandbox), stage(template));
    assert_missions_are_committed(sandbox);
    assert_eq!(leftovers(sandbox), Vec::<String>::new());

    let ledger = Ledger::read(sandbox);
    assert_eq!(ledger.torn, 0);
    assert_eq!(
        ledger.ids_of("MissionOriginBound").len(),
        1,
        "{:?}",
        ledger.pending
    );
    deliver(case);
    let records = plane.records();
    assert_eq!(records.accepted_of("MissionOriginBound"), 1);
    let wanted = (mission.to_owned(), issue_id("WEB-123"));
    assert_eq!(Vec::from_iter(records.bound.clone()), [wanted]);
    let keys: BTreeSet<_> = records.binds.iter().map(|(key, _)| key).collect();
    // A bind that was over when it was killed is bound once more, as any later bind would be.
    let most = if case.is_done { 2 } else { 1 };
    assert!(keys.len() <= most, "{keys:?}");
}

/// Mutation check: this test fails with a new idempotency key for each run (24 of 40 points), with
/// the origin written before the control plane answers (4 points), with `meta.json` written in
/// place (empty after a kill), with a commit made with `--include` (all points), and with a writer
/// that leaves temporary files.
#[test]
fn a_killed_bind_is_finished_by_running_it_again() {
    kill(
        &BindOrigin,
        Steps {
            changing: 1,
            reading: 30,
        },
    );
}

/// Mutation check: if an event counts as recorded when it is not, this test fails (7 of 37 points:
/// no intent is left to record it).
#[test]
fn a_bind_that_meets_a_failing_disk_tells_the_truth_and_is_finished_later() {
    fail(
        &BindOrigin,
        Steps {
            changing: 2,
            reading: 60,
        },
    );
}
