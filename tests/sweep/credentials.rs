//! The refresh of an expired session, interrupted at every point: the file holds a whole session.

use std::fs;

use super::account::leftovers;
use super::control_plane::{ControlPlane, tokens};
use super::points::Steps;
use super::scene::{Case, Scene, fail, kill};
use crate::support::{ACCESS_TOKEN, Output, Sandbox};

struct Refresh;

impl Scene for Refresh {
    fn name(&self) -> &'static str {
        "refresh of the credentials"
    }

    fn arguments(&self) -> &'static [&'static str] {
        &["tracker", "search-origin", "--key", "WEB-123", "--json"]
    }

    fn prepare(&self) -> Sandbox {
        let sandbox = Sandbox::with_project();
        sandbox.bind_tracker("linear", "web");
        sandbox
    }

    fn serve(&self, sandbox: &Sandbox) -> ControlPlane {
        let plane = ControlPlane::strict();
        sandbox.log_in_expired(&plane.url());
        plane
    }

    fn check_interrupted(&self, case: &Case<'_>) {
        let stored = stored_access(&case.sandbox);
        let granted = case.plane.records().refreshes;
        assert!(
            stored == ACCESS_TOKEN || stored == tokens(granted).0,
            "{stored}"
        );
    }

    /// A refresh token is good for one use. If the process dies between the answer and the file, the
    /// session has ended, and the program reports that.
    fn check_repeated(&self, case: &Case<'_>, output: Output) {
        assert_eq!(leftovers(&case.sandbox), Vec::<String>::new());
        let granted = case.plane.records().refreshes;
        assert_eq!(granted, 1, "the refresh token was used more than once");
        let stored = stored_access(&case.sandbox);
        if stored == ACCESS_TOKEN {
            assert_eq!(output.error(4, "none")["code"], "session_expired");
        } else {
            assert_eq!(stored, tokens(granted).0);
            output.answer("spec-kitty.search-origin/1");
        }
    }
}

/// The access token in the file, which must be a session, whole and private.
fn stored_access(sandbox: &Sandbox) -> String {
    let text = fs::read_to_string(sandbox.state().join("credentials")).unwrap();
    let table: toml::Table = text.parse().expect("whole credentials");
    for (section, key) in [
        ("tokens", "refresh"),
        ("user", "team_slug"),
        ("server", "url"),
    ] {
        assert!(table[section][key].is_str(), "{section}.{key}");
    }
    table["tokens"]["access"].as_str().unwrap().to_owned()
}

/// Mutation check: this test fails with credentials written in place (half a session), and with a
/// writer that leaves temporary files (5 points: tokens stay in a file that nobody looks for).
#[test]
fn a_killed_refresh_leaves_a_whole_session() {
    kill(
        &Refresh,
        Steps {
            changing: 1,
            reading: 12,
        },
    );
}

/// Mutation check: if credentials are written in place, this test fails (half a session).
#[test]
fn a_refresh_that_meets_a_failing_disk_leaves_a_whole_session() {
    fail(
        &Refresh,
        Steps {
            changing: 1,
            reading: 24,
        },
    );
}
