//! Delivers queues to the control plane: the part that `sync now` and `--deliver` share.

use super::{Code, Context, Effect, Failure, progress};
use crate::auth::session::Session;
use crate::fs::FsError;
use crate::http::{Answer, Call, Refusal, Retry};
use crate::project::Project;
use crate::settings::{self, UserConfigError};
use crate::sync::delivery::{Delivered, Stop, deliver};
use crate::sync::queue::Queue;
use crate::text::{chain, count};
use crate::tracker::control_plane_client::TrackerError;
use crate::warning::{Warning, WarningCode};
use crate::wire::EVENTS_PATH;
use crate::world::names;

/// Whether to deliver at the end of a command.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct DeliverArguments {
    /// Deliver the project's queued events afterwards
    #[arg(long)]
    deliver: bool,
}

/// Why a delivery stopped before the end of the queues.
pub(crate) enum Stopped {
    /// The time limit was reached.
    Deadline,
    Failed {
        failure: Box<Failure>,
        may_have_arrived: bool,
    },
}

/// Delivers queues one after the other until one stops. Calls `progress` with the number of lines
/// that have left them.
pub(crate) fn deliver_queues(
    context: &Context,
    queues: &[Queue],
    progress: &mut dyn FnMut(u64),
) -> Result<(Delivered, Option<Stopped>), FsError> {
    let mut sum = Delivered::default();
    // The first batch opens the session, so an empty queue needs no login.
    let mut session = None;
    for queue in queues {
        let before = sum.total();
        let (delivered, stop) = deliver(
            &context.world,
            queue,
            &context.deadline,
            &mut |body| post(context, &mut session, body),
            &mut |lines| progress(before + lines),
        )?;
        sum.add(delivered);
        if let Some(stop) = stop {
            return Ok((sum, Some(stopped(stop, session.as_ref()))));
        }
    }
    Ok((sum, None))
}

fn post<'a>(
    context: &'a Context,
    session: &mut Option<Session<'a>>,
    body: Vec<u8>,
) -> Result<Answer, Failure> {
    let open = match session.take() {
        Some(open) => open,
        None => context.session()?,
    };
    let call = Call {
        path: EVENTS_PATH,
        body,
        gzip: true,
        retry: Retry::Safe,
        ..Call::default()
    };
    Ok(session.insert(open).post(call)?)
}

fn stopped(stop: Stop<Failure>, session: Option<&Session<'_>>) -> Stopped {
    let (failure, may_have_arrived) = match stop {
        Stop::Deadline => return Stopped::Deadline,
        Stop::NoAnswer(failure) => {
            let may_have_arrived = failure.effect == Effect::Unknown;
            (failure, may_have_arrived)
        }
        Stop::BadAnswer(error) => (TrackerError::BadResponse(error).into(), true),
        Stop::Refused(answer) => {
            let failure = match session {
                Some(session) => Refusal::read(session.server(), &answer).into(),
                None => Failure::new(Code::Unavailable, "not delivered"),
            };
            (failure, answer.status >= 500)
        }
    };
    Stopped::Failed {
        failure: Box::new(failure),
        may_have_arrived,
    }
}

/// What the user should know of a delivery, whether or not it came to its end.
pub(crate) fn warnings(delivered: &Delivered) -> impl Iterator<Item = Warning> {
    let list = "run: spec-kitty sync list --dead";
    let some = |number, noun| (number > 0).then(|| count(number, noun));
    let busy = delivered
        .busy
        .then(|| "another delivery is running".to_owned())
        .map(Warning::of(WarningCode::DeliveryRunning));
    let rejected = some(delivered.rejected, "event")
        .map(|events| format!("the server rejected {events}; {list}"))
        .map(Warning::of(WarningCode::EventsRejected));
    let unreadable = some(delivered.unreadable, "unreadable line")
        .map(|lines| format!("{lines} moved to the rejected events; {list}"))
        .map(Warning::of(WarningCode::UnreadableLines));
    let own = delivered.warnings.clone().into_iter();
    let own = own.map(Warning::of(WarningCode::QueueFile));
    own.chain([busy, rejected, unreadable].into_iter().flatten())
}

impl DeliverArguments {
    /// Delivers the project's events in the time that is left, if the user wants that. The command
    /// has succeeded already, so every failure is a warning.
    pub(crate) fn after(self, context: &Context, project: &Project) -> Vec<Warning> {
        match self.is_wanted(context) {
            Ok(true) => progress::during(&context.ui, "Delivering", || try_all(context, project)),
            Ok(false) => Vec::new(),
            Err(error) => vec![Warning::new(WarningCode::NotDelivered, chain(&error))],
        }
    }

    fn is_wanted(self, context: &Context) -> Result<bool, UserConfigError> {
        let world = &context.world;
        if self.deliver {
            return Ok(true);
        }
        match world.variable(names::DELIVER) {
            Some(_) => Ok(world.flag(names::DELIVER)),
            None => Ok(settings::load(world)?.delivers_after_commands),
        }
    }
}

fn try_all(context: &Context, project: &Project) -> Vec<Warning> {
    let uuid = &project.identity.project_uuid;
    let queue = Queue::of_project(&project.state_directory, uuid);
    let (delivered, reason) = match deliver_queues(context, &[queue], &mut |_| ()) {
        Err(error) => return vec![not_delivered(&chain(&error))],
        Ok((delivered, stopped)) => (delivered, stopped.map(reason)),
    };
    let reason = reason.map(|reason| not_delivered(&reason));
    warnings(&delivered).chain(reason).collect()
}

fn reason(stopped: Stopped) -> String {
    match stopped {
        Stopped::Deadline => "time limit reached".to_owned(),
        Stopped::Failed { failure, .. } => failure.reason(),
    }
}

fn not_delivered(reason: &str) -> Warning {
    let message = format!("events not delivered: {reason}; run: spec-kitty sync now");
    Warning::new(WarningCode::NotDelivered, message)
}
