//! `mission discard`, interrupted at every point: the same command completes it, and what the user has
//! staged stays.

use serde_json::Value;

use super::account::{Ledger, leftovers};
use super::bind_origin::prepare_bound_project;
use super::points::Steps;
use super::scene::{Case, Scene, fail, kill};
use super::stage::{assert_missions_are_committed, stage};
use crate::support::{Output, Sandbox};

const FOLDER: &str = "kitty-specs/061-payments";

/// The commit of the mission is undone, or a commit of its own removes it.
struct Discard {
    is_older: bool,
}

impl Scene for Discard {
    fn name(&self) -> &'static str {
        "mission discard"
    }

    fn arguments(&self) -> &'static [&'static str] {
        &["mission", "discard", "061-payments", "--yes", "--json"]
    }

    fn prepare(&self) -> Sandbox {
        let sandbox = prepare_bound_project();
        sandbox.run(&["specify", "payments"]).succeeds();
        if self.is_older {
            sandbox.run(&["specify", "later"]).succeeds();
        }
        sandbox
    }

    fn check_interrupted(&self, case: &Case<'_>) {
        let sandbox = &case.sandbox;
        assert_eq!(stage(sandbox), stage(case.template));
        let folder = sandbox.path(FOLDER);
        assert_eq!(folder.exists(), folder.join("meta.json").exists());
        // Nothing but the mission may leave HEAD.
        let files = |sandbox: &Sandbox| {
            let files = sandbox.git(&["ls-tree", "-r", "--name-only", "HEAD"]);
            let mut files: Vec<_> = files.lines().map(str::to_owned).collect();
            files.retain(|file| !file.starts_with(FOLDER));
            files
        };
        assert_eq!(files(sandbox), files(case.template));
    }

    fn check_repeated(&self, case: &Case<'_>, output: Output) {
        let Case {
            sandbox, template, ..
        } = case;
        if output.code == 3 {
            // It was complete.
            output.error(3, "none");
        } else {
            output.answer("spec-kitty.mission-discard/1");
        }
        assert!(!sandbox.path(FOLDER).exists());
        assert_eq!(sandbox.git(&["ls-files", FOLDER]), "");
        assert_eq!(sandbox.git(&["ls-tree", "HEAD", FOLDER]), "");
        if self.is_older {
            assert_eq!(sandbox.commit_count(), template.commit_count() + 1);
        } else {
            let before = template.git(&["rev-parse", "HEAD~1"]);
            assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), before);
        }
        assert_eq!(stage(sandbox), stage(template));
        assert_missions_are_committed(sandbox);
        assert_eq!(leftovers(sandbox), Vec::<String>::new());
        let ledger = Ledger::read(sandbox);
        assert_eq!(ledger.torn, 0);
        let of = |event: &&Value| event["aggregate_id"] == "061-payments";
        assert_eq!(ledger.pending.iter().filter(of).count(), 0);
        assert_eq!(ledger.pending.len(), usize::from(self.is_older));
    }
}

/// Mutation check: if the index entries are removed after HEAD has moved, this test fails (they stay
/// staged).
#[test]
fn a_killed_discard_that_undoes_a_commit_is_completed_by_running_it_again() {
    let steps = Steps {
        changing: 1,
        reading: 40,
    };
    kill(&Discard { is_older: false }, steps);
}

#[test]
fn a_killed_discard_that_makes_a_commit_is_completed_by_running_it_again() {
    let steps = Steps {
        changing: 2,
        reading: 60,
    };
    kill(&Discard { is_older: true }, steps);
}

#[test]
fn a_discard_that_meets_a_failing_disk_tells_the_truth_and_is_completed_later() {
    let steps = Steps {
        changing: 2,
        reading: 60,
    };
    fail(&Discard { is_older: false }, steps);
}
