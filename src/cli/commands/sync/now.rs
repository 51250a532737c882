//! `spec-kitty sync now`.

use indicatif::ProgressBar;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::Scope;
use crate::cli::delivery::{self, Stopped, deliver_queues};
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Effect, ExitCode, Failure, Outcome, record_known};
use crate::journey::finish::{Recorded, record_owed_events};
use crate::mission::commit::CommitPolicy;
use crate::project::Project;
use crate::sync::delivery::Delivered;
use crate::sync::queue::Queue;
use crate::warning::{Warning, WarningCode};

/// Arguments of `sync now`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    scope: Scope,
}

/// The results of all queues.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SyncNow {
    /// Whether the server rejected no event.
    ok: bool,
    #[serde(flatten)]
    sum: Delivered,
    /// Events that are still queued.
    pending: u64,
    /// Events of cut-off commands that were queued first.
    intents_recorded: u64,
    /// Cut-off commands that must be run again.
    intents_waiting: u64,
}

impl Document for SyncNow {
    const SCHEMA: &'static str = "spec-kitty.sync-now/1";
}

/// Records the events of interrupted commands, then delivers the queues.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    context.require_home()?;
    let (queues, project) = super::select(arguments.scope, context)?;
    let recorded = match &project {
        Some(project) => record_events(context, project),
        None => Recorded::default(),
    };
    let progress = progress(&queues, context);
    let mut advance = |lines| progress.set_position(lines);
    let (sum, stopped) = deliver_queues(context, &queues, &mut advance)?;
    progress.finish_and_clear();
    let left = super::total(&queues);
    let mut warnings = recorded.warnings;
    warnings.extend(delivery::warnings(&sum));
    let problems = left.problems.into_iter();
    warnings.extend(problems.map(Warning::of(WarningCode::QueueFile)));
    warnings.extend(super::newer_version(left.newer_version));
    let results = SyncNow {
        ok: sum.rejected == 0,
        sum,
        pending: left.pending,
        intents_recorded: recorded.events,
        intents_waiting: recorded.waiting,
    };
    match stopped {
        None => Ok(results.outcome(context).warn(warnings)),
        Some(Stopped::Deadline) => {
            let timed_out = "timed out; some events are still queued; run: spec-kitty sync now";
            let timed_out = Warning::new(WarningCode::TimedOut, timed_out);
            Ok(results.outcome(context).warn([timed_out]).warn(warnings))
        }
        Some(Stopped::Failed {
            failure,
            may_have_arrived,
        }) => Err(results.failure(*failure, may_have_arrived, warnings)),
    }
}

fn record_events(context: &Context, project: &Project) -> Recorded {
    let team_slug = context.team_slug();
    record_owed_events(context.service(project, team_slug.as_deref(), CommitPolicy::Never))
}

fn progress(queues: &[Queue], context: &Context) -> ProgressBar {
    if context.ui.may_draw() {
        ProgressBar::new(queues.iter().map(|queue| queue.counts().pending).sum())
    } else {
        ProgressBar::hidden()
    }
}

impl SyncNow {
    fn outcome(self, context: &Context) -> Outcome {
        let recorded = self.intents_recorded;
        let rows = [
            ("delivered", Some(self.sum.accepted.to_string())),
            ("duplicates", Some(self.sum.duplicates.to_string())),
            ("rejected", Some(self.sum.rejected.to_string())),
            ("pending", Some(self.pending.to_string())),
            ("recorded", (recorded > 0).then(|| recorded.to_string())),
        ];
        let exit = match self.sum.rejected {
            0 => ExitCode::Ok,
            _ => ExitCode::Internal,
        };
        let text = record_known(&context.ui, rows);
        Outcome::new(self, text).exit(exit)
    }

    fn failure(&self, failure: Failure, may_have_arrived: bool, warnings: Vec<Warning>) -> Failure {
        let effect = match (may_have_arrived, self.sum.total() + self.intents_recorded) {
            (true, _) => Effect::Unknown,
            (false, 0) => Effect::None,
            (false, _) => Effect::Applied,
        };
        let mut failure = failure.effect(effect).warn(warnings);
        if let Value::Object(fields) = json!(self) {
            failure.details.extend(fields);
            failure.details.remove("ok");
        }
        failure
    }
}
