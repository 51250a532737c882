//! `tracker bind`, interrupted at every point: the configuration is the whole old one or the whole new one.

use super::account::leftovers;
use super::points::Steps;
use super::scene::{Case, Scene, fail, kill};
use crate::support::{Output, Sandbox};

const CONFIG: &str = ".kittify/config.yaml";

struct TrackerBind;

impl Scene for TrackerBind {
    fn name(&self) -> &'static str {
        "tracker bind"
    }

    fn arguments(&self) -> &'static [&'static str] {
        &[
            "tracker",
            "bind",
            "--provider",
            "linear",
            "--project-slug",
            "web",
            "--json",
        ]
    }

    fn prepare(&self) -> Sandbox {
        Sandbox::with_project()
    }

    fn check_interrupted(&self, case: &Case<'_>) {
        let found = case.sandbox.read(CONFIG);
        assert!(
            found == case.template.read(CONFIG) || found == bound(case.template),
            "{found}"
        );
    }

    fn check_repeated(&self, case: &Case<'_>, output: Output) {
        output.answer("spec-kitty.tracker-bind/1");
        assert_eq!(case.sandbox.read(CONFIG), bound(case.template));
        assert_eq!(leftovers(&case.sandbox), Vec::<String>::new());
    }
}

/// The configuration after an uninterrupted bind.
fn bound(template: &Sandbox) -> String {
    let wanted = template.copy();
    wanted.bind_tracker("linear", "web");
    wanted.read(CONFIG)
}

/// Mutation check: if the configuration is written in place, this test fails (it is empty after a
/// kill).
#[test]
fn a_killed_tracker_bind_leaves_a_whole_configuration() {
    kill(
        &TrackerBind,
        Steps {
            changing: 1,
            reading: 10,
        },
    );
}

/// Mutation check: if a folder that cannot be synced after the rename is reported as "no effect",
/// this test fails.
#[test]
fn a_tracker_bind_that_meets_a_failing_disk_leaves_a_whole_configuration() {
    fail(
        &TrackerBind,
        Steps {
            changing: 1,
            reading: 20,
        },
    );
}
