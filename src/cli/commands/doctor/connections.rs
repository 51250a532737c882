//! Checks the connections of the personal control plane.

use chrono::TimeDelta;

use super::Arguments;
use super::finding::{Check, Finding};
use crate::auth::server_choice::is_local;
use crate::cli::{Context, Failure};
use crate::control_plane::store::Store;
use crate::control_plane::{
    Administration, ControlPlaneError, TestedConnection, default_data_directory,
};
use crate::text::one_line;

const CHECK: Check = Check("connection");
/// A larger difference between the clocks is a problem: a tracker says by its own when a limit ends.
const MOST_DIFFERENCE: TimeDelta = TimeDelta::minutes(1);

/// Nothing, unless commands use the personal control plane. Asks each tracker who the credential
/// belongs to, unless `--offline` is given.
pub(super) fn check(context: &Context, arguments: Arguments) -> Vec<Finding> {
    if !is_local(&context.world, context.server.as_deref()).unwrap_or(false) {
        return Vec::new();
    }
    let data = default_data_directory(&context.world);
    if !Store::exists(&data) {
        return vec![CHECK.note("none", "run: spec-kitty connect linear")];
    }
    let found = Administration::open(&context.world, &data).and_then(|store| {
        let rows = store.connections()?;
        let checked = rows.iter().map(|row| {
            if arguments.offline {
                return CHECK.ok(format!("{} to {}", row.name, row.url));
            }
            answer(&row.name, store.test_connection(&row.name))
        });
        let findings = checked.collect();
        store.close();
        Ok(findings)
    });
    found.unwrap_or_else(|error| vec![problem(error)])
}

fn answer(name: &str, tested: Result<TestedConnection, ControlPlaneError>) -> Finding {
    match tested {
        Ok(tested) if tested.clock_ahead.abs() > MOST_DIFFERENCE => {
            let (seconds, side) = match tested.clock_ahead.num_seconds() {
                seconds @ 0.. => (seconds, "behind"),
                seconds => (-seconds, "ahead of"),
            };
            let clock = format!("the clock of this machine is {seconds} s {side}");
            let problem = format!("{name}: {clock} the one that ends the tracker's rate limit");
            CHECK.problem(problem, "set the clock of this machine")
        }
        Ok(tested) => {
            let (account, time) = (one_line(&tested.account.name), tested.time.as_millis());
            CHECK.ok(format!("{name} answers as {account} in {time} ms"))
        }
        Err(error) => problem(error),
    }
}

fn problem(error: ControlPlaneError) -> Finding {
    let failure = Failure::from(error);
    CHECK.problem(failure.reason(), failure.advice())
}
