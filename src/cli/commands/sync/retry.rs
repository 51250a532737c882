//! `spec-kitty sync retry`.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::Scope;
use crate::cli::document::Document;
use crate::cli::{Code, CommandResult, Context, Failure, Outcome};
use crate::text::count;
use crate::warning::{Warning, WarningCode};

/// Arguments of `sync retry`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Events to put back [default: all rejected events]
    #[arg(value_name = "EVENT_ID")]
    event_ids: Vec<String>,
    #[command(flatten)]
    scope: Scope,
}

/// Rejected events that were put back.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct SyncRetry {
    /// Events put back into the queue.
    retried: u64,
    /// Unreadable lines that remain among the rejected events.
    unreadable: u64,
    /// Rejected events that remain.
    dead: u64,
}

impl Document for SyncRetry {
    const SCHEMA: &'static str = "spec-kitty.sync-retry/1";
}

/// Moves rejected events back into the queue.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    context.require_home()?;
    let (queues, _) = super::select(arguments.scope, context)?;
    let requested: HashSet<String> = arguments.event_ids.into_iter().collect();
    if !requested.is_empty() {
        let mut unknown = requested.clone();
        for queue in &queues {
            queue.remove_dead_ids(&mut unknown)?;
        }
        refuse_unknown(unknown)?;
    }
    let event_ids = (!requested.is_empty()).then_some(&requested);
    let mut answer = SyncRetry::default();
    for queue in queues.iter().filter(|queue| queue.exists()) {
        let Some(lock) = queue.lock_drain(&context.world)? else {
            return Err(Failure::new(Code::Busy, "another delivery is running"));
        };
        let retried = queue.retry(&context.world, &lock, event_ids)?;
        answer.retried += retried.events;
        answer.unreadable += retried.unreadable;
        answer.dead += queue.counts().dead;
    }
    let events = count(answer.retried, "event");
    let text = match answer.retried {
        0 => "nothing to retry".to_owned(),
        _ => format!("{events} back in the queue; run: spec-kitty sync now"),
    };
    let lines = count(answer.unreadable, "unreadable line");
    let warning = (answer.unreadable > 0)
        .then(|| format!("{lines} left in the rejected events; run: spec-kitty sync list --dead"))
        .map(Warning::of(WarningCode::UnreadableLines));
    Ok(Outcome::new(answer, text).warn(warning))
}

fn refuse_unknown(unknown: HashSet<String>) -> Result<(), Failure> {
    if unknown.is_empty() {
        return Ok(());
    }
    let mut unknown: Vec<_> = unknown.into_iter().collect();
    unknown.sort();
    let message = format!("not among the rejected events: {}", unknown.join(", "));
    Err(Failure::new(Code::EventNotFound, message).detail("event_ids", unknown))
}
