//! `spec-kitty sync now`.

use indicatif::ProgressBar;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::Scope;
use crate::auth::session::{Session, SessionError};
use crate::cli::document::Document;
use crate::cli::{Code, CommandResult, Context, Effect, ExitCode, Failure, Outcome, record_known};
use crate::http::{Answer, Call, Refusal, Retry};
use crate::journey::finish::{Recorded, record_owed_events};
use crate::mission::commit::CommitPolicy;
use crate::project::Project;
use crate::sync::delivery::{Delivered, Stop, deliver};
use crate::sync::queue::Queue;
use crate::text::count;
use crate::tracker::control_plane_client::TrackerError;
use crate::warning::{Warning, WarningCode};
use crate::wire::EVENTS_PATH;

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
    let (queues, project) = super::select(arguments.scope, context)?;
    let recorded = match &project {
        Some(project) => record_events(context, project),
        None => Recorded::default(),
    };
    let mut sum = Delivered::default();
    let mut stopped = None;
    // The first batch opens the session, so an empty queue needs no login.
    let mut session = None;
    let progress = progress(&queues, context);
    for queue in &queues {
        let before = sum.total();
        let (delivered, stop) = deliver(
            &context.world,
            queue,
            &context.deadline,
            &mut |body| post(context, &mut session, body),
            &mut |lines| progress.set_position(before + lines),
        )?;
        sum.add(delivered);
        stopped = stop;
        if stopped.is_some() {
            break;
        }
    }
    progress.finish_and_clear();
    let left = super::total(&queues);
    let mut warnings = recorded.warnings;
    let files = sum.warnings.drain(..).chain(left.problems);
    warnings.extend(files.map(Warning::of(WarningCode::QueueFile)));
    let results = SyncNow {
        ok: sum.rejected == 0,
        sum,
        pending: left.pending,
        intents_recorded: recorded.events,
        intents_waiting: recorded.waiting,
    };
    warnings.extend(results.warnings());
    warnings.extend(super::newer_version(left.newer_version));
    let (failure, may_have_arrived) = match stopped {
        None => return Ok(results.outcome(context).warn(warnings)),
        Some(Stop::Deadline) => {
            let timed_out = "timed out; some events are still queued; run: spec-kitty sync now";
            let outcome = results
                .outcome(context)
                .warn([Warning::new(WarningCode::TimedOut, timed_out)]);
            return Ok(outcome.warn(warnings));
        }
        Some(Stop::NoAnswer(error)) => {
            let may_have_arrived = error.may_have_arrived();
            (error.into(), may_have_arrived)
        }
        Some(Stop::BadAnswer(error)) => (TrackerError::BadResponse(error).into(), true),
        Some(Stop::Refused(answer)) => {
            let failure = match &session {
                Some(session) => Refusal::read(session.server(), &answer).into(),
                None => Failure::new(Code::Unavailable, "not delivered"),
            };
            (failure, answer.status >= 500)
        }
    };
    Err(results.failure(failure, may_have_arrived, warnings))
}

fn record_events(context: &Context, project: &Project) -> Recorded {
    let team_slug = context.team_slug();
    record_owed_events(context.service(project, team_slug.as_deref(), CommitPolicy::Never))
}

fn post<'a>(
    context: &'a Context,
    session: &mut Option<Session<'a>>,
    body: Vec<u8>,
) -> Result<Answer, SessionError> {
    let open = match session.take() {
        Some(open) => open,
        None => Session::open(&context.world, context.server.as_deref(), context.deadline)?,
    };
    let call = Call {
        path: EVENTS_PATH,
        body,
        gzip: true,
        retry: Retry::Safe,
        ..Call::default()
    };
    session.insert(open).post(call)
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

    fn warnings(&self) -> impl Iterator<Item = Warning> {
        let list = "run: spec-kitty sync list --dead";
        let some = |number, noun| (number > 0).then(|| count(number, noun));
        let busy = self
            .sum
            .busy
            .then(|| "another delivery is running".to_owned())
            .map(Warning::of(WarningCode::DeliveryRunning));
        let rejected = some(self.sum.rejected, "event")
            .map(|events| format!("the server rejected {events}; {list}"))
            .map(Warning::of(WarningCode::EventsRejected));
        let unreadable = some(self.sum.unreadable, "unreadable line")
            .map(|lines| format!("{lines} moved to the rejected events; {list}"))
            .map(Warning::of(WarningCode::UnreadableLines));
        [busy, rejected, unreadable].into_iter().flatten()
    }
}
