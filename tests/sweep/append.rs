//! The append of an event (`specify NAME`), interrupted at every point: no acknowledged event is
//! lost, older events stay, and the same command finishes the mission.

use super::account::{Ledger, event, event_id, leftovers, segment_name, write_queue};
use super::delivery::deliver;
use super::points::Steps;
use super::scene::{Case, Scene, add, fail, kill};
use super::stage::{assert_missions_are_committed, stage, stage_partially};
use crate::support::{Output, Sandbox};

/// The number of events in the queue before the command.
const WAITING: usize = 9;

struct Append;

impl Scene for Append {
    fn name(&self) -> &'static str {
        "append (specify NAME)"
    }

    fn arguments(&self) -> &'static [&'static str] {
        &["specify", "search-it", "--json"]
    }

    fn prepare(&self) -> Sandbox {
        let sandbox = Sandbox::with_project();
        stage_partially(&sandbox);
        write_queue(&sandbox, &segment_name(1), (0..5).map(event));
        write_queue(&sandbox, "active.v1.jsonl", (5..WAITING).map(event));
        sandbox
    }

    fn check_interrupted(&self, case: &Case<'_>) {
        assert_eq!(stage(&case.sandbox), stage(case.template));
        let ledger = Ledger::read(&case.sandbox);
        add(&case.tally.torn, ledger.torn);
        let prepared = (0..WAITING).map(event_id);
        add(
            &case.tally.lost,
            prepared.filter(|id| !ledger.holds(id)).count(),
        );
        // The answer is the promise.
        if case.interrupted.stdout.contains("\"event_emitted\":true") {
            let recorded = !ledger
                .ids_of("FeatureCreated")
                .iter()
                .all(|id| id.starts_with("01KAPG7000"));
            add(&case.tally.lost, usize::from(!recorded));
        }
    }

    fn check_repeated(&self, case: &Case<'_>, output: Output) {
        let sandbox = &case.sandbox;
        let answer = output.answer("spec-kitty.specify/1");
        assert_eq!(answer["event_emitted"], true);
        assert_eq!(stage(sandbox), stage(case.template));
        assert_missions_are_committed(sandbox);
        assert_eq!(leftovers(sandbox), Vec::<String>::new());
        // A command that was over when it was killed cannot know that it is run once more.
        let missions = sandbox.missions();
        assert!((2..=3).contains(&missions.len()), "{missions:?}");
        assert_eq!(
            sandbox.commit_count(),
            case.template.commit_count() + missions.len() - 1
        );
        deliver(case);
        assert_eq!(
            case.plane.records().accepted.len(),
            WAITING + missions.len() - 1
        );
    }
}

/// Mutation check: this test fails with a queue rewritten in place (4 events lost after a kill
/// between truncation and write), and with a commit made with `--include` (the user's staged files
/// gone at every point).
#[test]
fn a_killed_append_loses_no_event() {
    kill(
        &Append,
        Steps {
            changing: 1,
            reading: 20,
        },
    );
}

/// Mutation check: if an append returns Ok although its write failed, this test fails (the event is
/// lost).
#[test]
fn an_append_that_meets_a_failing_disk_loses_no_event() {
    fail(
        &Append,
        Steps {
            changing: 2,
            reading: 40,
        },
    );
}
