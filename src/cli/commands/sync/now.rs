//! `spec-kitty sync now`.

use indicatif::ProgressBar;
use serde_json::json;

use super::Scope;
use crate::auth::session::{Session, SessionError};
use crate::cli::code::Code;
use crate::cli::context::{CommandResult, Context};
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::{Effect, Failure};
use crate::cli::outcome::Outcome;
use crate::cli::table::record;
use crate::http::{Answer, Call, Refusal, Retry};
use crate::journey::Service;
use crate::journey::finish::{Recorded, record_owed_events};
use crate::mission::commit::CommitPolicy;
use crate::sync::delivery::{Delivered, Outlets, Stop, deliver};
use crate::sync::queue::Queue;
use crate::text::count;
use crate::tracker::control_plane_client::TrackerError;
use crate::wire::EVENTS_PATH;

/// Arguments of `sync now`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Whose events.
    #[command(flatten)]
    scope: Scope,
}

/// What was done in all queues together.
#[derive(Default)]
struct Report {
    sum: Delivered<SessionError>,
    intents: Recorded,
    pending: u64,
    newer_version: u64,
}

/// Records what interrupted binds left to be recorded, then delivers.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let (queues, project) = super::select(arguments.scope, context)?;
    let mut report = Report::default();
    if let Some(project) = &project {
        let team_slug = context.team_slug();
        report.intents = record_owed_events(Service {
            world: &context.world,
            project,
            team_slug: team_slug.as_deref(),
            commit: CommitPolicy::Never,
            wait: context.remaining(),
            tracker: None,
        });
    }
    // Opened by the first batch: without one nobody need be logged in.
    let mut session = None;
    let progress = progress(&queues, context);
    for queue in &queues {
        let delivered = deliver(
            &context.world,
            queue,
            &context.deadline,
            Outlets {
                send: &mut |body| post(context, &mut session, body),
                progress: &mut |done| progress.set_position(report.sum.total() + done),
            },
        )?;
        report.sum.add(delivered);
        if report.sum.stopped.is_some() {
            break;
        }
    }
    progress.finish_and_clear();
    for queue in &queues {
        let counts = queue.counts();
        report.pending += counts.pending;
        report.newer_version += counts.newer_version;
        report.sum.warnings.extend(counts.problems);
    }
    match report.sum.stopped.take() {
        None => Ok(report.outcome(context, None)),
        Some(Stop::Deadline) => {
            let warning = "the time is over before the queue is empty; run: spec-kitty sync now";
            Ok(report.outcome(context, Some(warning)))
        }
        Some(Stop::NoAnswer(error)) => {
            let may_have_arrived = error.may_have_arrived();
            Err(report.failure(error.into(), may_have_arrived))
        }
        Some(Stop::BadAnswer(error)) => {
            Err(report.failure(TrackerError::BadResponse(error).into(), true))
        }
        Some(Stop::Refused(answer)) => {
            let may_have_arrived = answer.status >= 500;
            let failure = match &session {
                Some(session) => Refusal::read(session.server(), &answer).into(),
                None => Failure::new(Code::Unavailable, "not delivered"),
            };
            Err(report.failure(failure, may_have_arrived))
        }
    }
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

impl Report {
    fn outcome(self, context: &Context, warning: Option<&str>) -> Outcome {
        let sum = &self.sum;
        let mut rows = vec![
            ("delivered", sum.delivered.to_string()),
            ("duplicates", sum.duplicates.to_string()),
            ("rejected", sum.rejected.to_string()),
            ("pending", self.pending.to_string()),
        ];
        if self.intents.events > 0 {
            rows.push(("recorded", self.intents.events.to_string()));
        }
        let exit = if sum.rejected > 0 {
            ExitCode::Internal
        } else {
            ExitCode::Ok
        };
        Outcome::new(
            "spec-kitty.sync-now/1",
            self.fields(),
            record(&context.ui, &rows),
        )
        .warn(warning.map(str::to_owned))
        .warn(self.warnings())
        .exit(exit)
    }

    fn failure(self, failure: Failure, may_have_arrived: bool) -> Failure {
        let effect = match (may_have_arrived, self.sum.total() + self.intents.events) {
            (true, _) => Effect::Unknown,
            (false, 0) => Effect::None,
            (false, _) => Effect::Applied,
        };
        let mut failure = failure.effect(effect).warn(self.warnings());
        if let serde_json::Value::Object(fields) = self.fields() {
            failure.details.extend(fields);
        }
        failure
    }

    fn fields(&self) -> serde_json::Value {
        json!({
            "delivered": self.sum.delivered,
            "duplicates": self.sum.duplicates,
            "rejected": self.sum.rejected,
            "unreadable": self.sum.unreadable,
            "pending": self.pending,
            "busy": self.sum.busy,
            "intents_recorded": self.intents.events,
            "intents_waiting": self.intents.waiting,
        })
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = self.intents.warnings.clone();
        warnings.extend(self.sum.warnings.iter().cloned());
        if self.sum.busy {
            warnings.push("another drain is running".to_owned());
        }
        if self.sum.rejected > 0 {
            let events = count(self.sum.rejected, "event");
            warnings.push(format!(
                "the control plane rejected {events}; run: spec-kitty sync list --dead"
            ));
        }
        if self.sum.unreadable > 0 {
            let lines = count(self.sum.unreadable, "unreadable line");
            warnings.push(format!(
                "{lines} moved to the dead letter; run: spec-kitty sync list --dead"
            ));
        }
        if self.newer_version > 0 {
            let events = count(self.newer_version, "event");
            warnings.push(format!("{events} written by a newer version wait for it"));
        }
        warnings
    }
}
