//! `tracker unbind-origin`, interrupted at every point: control plane first, local second, and the same
//! command completes it.

use super::account::{intents, leftovers};
use super::bind_origin::prepare_bound_project;
use super::control_plane::ControlPlane;
use super::points::Steps;
use super::scene::{Case, Scene, fail, kill};
use super::stage::{assert_missions_are_committed, stage};
use crate::support::{Output, Sandbox, issue_id, origin_ticket};

const MISSION: &str = "060-search";

struct UnbindOrigin;

impl Scene for UnbindOrigin {
    fn name(&self) -> &'static str {
        "tracker unbind-origin"
    }

    fn arguments(&self) -> &'static [&'static str] {
        &[
            "tracker",
            "unbind-origin",
            "--mission",
            MISSION,
            "--yes",
            "--json",
        ]
    }

    fn prepare(&self) -> Sandbox {
        let sandbox = prepare_bound_project();
        let mut meta = sandbox.meta(MISSION);
        meta["origin_ticket"] = origin_ticket("WEB-123", "Ticket WEB-123");
        sandbox.write_meta(MISSION, &meta);
        let commit = [
            "commit",
            "--quiet",
            "--message",
            "Bind",
            "--only",
            "--",
            "kitty-specs",
        ];
        sandbox.git(&commit);
        sandbox
    }

    fn serve(&self, sandbox: &Sandbox) -> ControlPlane {
        let plane = ControlPlane::start();
        plane.bind(MISSION, &issue_id("WEB-123"));
        sandbox.log_in(&plane.url());
        plane
    }

    fn check_interrupted(&self, case: &Case<'_>) {
        assert_eq!(stage(&case.sandbox), stage(case.template));
        let recorded = case.sandbox.meta(MISSION).get("origin_ticket").is_some();
        let bound = !case.plane.records().bound.is_empty();
        assert!(recorded || !bound, "meta.json first");
        let is_cut_off = recorded && !bound;
        assert!(
            !is_cut_off || !intents(&case.sandbox).is_empty(),
            "nothing to resume"
        );
    }

    fn check_repeated(&self, case: &Case<'_>, output: Output) {
        let Case {
            sandbox, template, ..
        } = case;
        if output.code == 3 {
            // It was complete, so the control plane knows no origin.
            output.error(3, "none");
        } else {
            output.answer("spec-kitty.unbind-origin/1");
        }
        let records = case.plane.records();
        assert!(records.bound.is_empty());
        assert_eq!(records.unbinds.len(), 1, "{:?}", records.unbinds);
        assert!(sandbox.meta(MISSION).get("origin_ticket").is_none());
        assert_eq!(sandbox.commit_count(), template.commit_count() + 1);
        assert_eq!(stage(sandbox), stage(template));
        assert_missions_are_committed(sandbox);
        assert_eq!(leftovers(sandbox), Vec::<String>::new());
        assert_eq!(intents(sandbox), Vec::<std::path::PathBuf>::new());
    }
}

/// Mutation check: if the journey is saved after the request, this test fails (nothing to resume).
#[test]
fn a_killed_unbind_is_completed_by_running_it_again() {
    let steps = Steps {
        changing: 1,
        reading: 30,
    };
    kill(&UnbindOrigin, steps);
}

#[test]
fn an_unbind_that_meets_a_failing_disk_tells_the_truth_and_is_completed_later() {
    let steps = Steps {
        changing: 2,
        reading: 60,
    };
    fail(&UnbindOrigin, steps);
}
