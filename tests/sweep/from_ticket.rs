//! `specify --from-ticket`, interrupted at every point: the same command finishes the one mission.

use super::bind_origin::{check_bound, check_interrupted_bind, prepare_bound_project};
use super::points::Steps;
use super::scene::{Case, Scene, fail, kill};
use crate::support::{Output, Sandbox};

const MISSION: &str = "061-web-123";

/// The scene.
pub(super) struct FromTicket;

impl Scene for FromTicket {
    fn name(&self) -> &'static str {
        "specify --from-ticket"
    }

    fn arguments(&self) -> &'static [&'static str] {
        &["specify", "--from-ticket", "WEB-123", "--yes", "--json"]
    }

    fn prepare(&self) -> Sandbox {
        prepare_bound_project()
    }

    fn check_interrupted(&self, case: &Case<'_>) {
        check_interrupted_bind(case, MISSION);
        let mission = case.sandbox.path(&format!("kitty-specs/{MISSION}"));
        let whole = [
            "meta.json",
            "spec.md",
            "tasks/README.md",
            "status.events.jsonl",
            "research/ticket.md",
        ]
        .map(|file| mission.join(file).exists());
        assert!(
            whole == [true; 5] || whole == [false; 5],
            "half a mission: {whole:?}"
        );
    }

    fn check_repeated(&self, case: &Case<'_>, output: Output) {
        let sandbox = &case.sandbox;
        assert_eq!(sandbox.missions(), ["060-search", MISSION]);
        check_bound(case, &output.answer("spec-kitty.specify/1"), MISSION);
        let expected = [
            "Bind WEB-123 to mission 061-web-123",
            "Add mission 061-web-123",
        ];
        assert_eq!(sandbox.subjects()[..2], expected);
        assert_eq!(sandbox.commit_count(), case.template.commit_count() + 2);
        assert_eq!(case.plane.records().accepted_of("FeatureCreated"), 1);
        let file = format!("kitty-specs/{MISSION}/research/ticket.md");
        assert!(sandbox.read(&file).contains("```\nWhy, in words.\n```\n"));
        assert_eq!(sandbox.git(&["ls-files", &file]), file);
    }
}

/// The same on a branch of the mission's own, off main.
pub(super) struct OnBranch;

impl Scene for OnBranch {
    fn name(&self) -> &'static str {
        "specify --from-ticket --branch"
    }

    fn arguments(&self) -> &'static [&'static str] {
        &[
            "specify",
            "--from-ticket",
            "WEB-123",
            "--branch",
            "--yes",
            "--json",
        ]
    }

    fn prepare(&self) -> Sandbox {
        FromTicket.prepare()
    }

    fn check_interrupted(&self, case: &Case<'_>) {
        FromTicket.check_interrupted(case);
    }

    fn check_repeated(&self, case: &Case<'_>, output: Output) {
        let sandbox = &case.sandbox;
        let answer = output.json();
        assert_eq!(answer["branch"], MISSION, "{output:?}");
        assert_eq!(answer["target_branch"], "main", "{output:?}");
        FromTicket.check_repeated(case, output);
        let begin = |sandbox: &Sandbox| sandbox.git(&["rev-parse", "main"]);
        assert_eq!(begin(sandbox), begin(case.template), "main stays");
        let branches = sandbox.git(&["branch", "--format=%(refname:short)"]);
        assert_eq!(branches, format!("{MISSION}\nmain"));
    }
}

/// Mutation check: if the intent is written after the folder, this test fails (a second mission,
/// 062-web-123).
#[test]
fn a_killed_start_is_finished_by_running_it_again() {
    kill(
        &FromTicket,
        Steps {
            changing: 1,
            reading: 50,
        },
    );
}

/// Mutation check: if a bind ends the intent of a creation whose own event is not recorded, this
/// test fails (3 points).
#[test]
fn a_start_that_meets_a_failing_disk_tells_the_truth_and_is_finished_later() {
    fail(
        &FromTicket,
        Steps {
            changing: 3,
            reading: 100,
        },
    );
}

/// Mutation check: if the journey is saved only after the switch, this test fails (the mission's target
/// is its own branch).
#[test]
fn a_killed_start_on_a_branch_is_finished_by_running_it_again() {
    kill(
        &OnBranch,
        Steps {
            changing: 2,
            reading: 100,
        },
    );
}

#[test]
fn a_start_on_a_branch_that_meets_a_failing_disk_is_finished_later() {
    fail(
        &OnBranch,
        Steps {
            changing: 5,
            reading: 200,
        },
    );
}
