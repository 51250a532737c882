//! `spec-kitty sync retry`.

use std::collections::HashSet;

use serde_json::json;

use super::Scope;
use crate::cli::code::Code;
use crate::cli::context::{CommandResult, Context};
use crate::cli::failure::Failure;
use crate::cli::outcome::Outcome;
use crate::sync::queue::Retried;
use crate::text::count;

/// Arguments of `sync retry`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Events to put back; all that were rejected where none is named
    #[arg(value_name = "EVENT_ID")]
    event_ids: Vec<String>,
    /// Whose events.
    #[command(flatten)]
    scope: Scope,
}

/// Puts events of the dead letter back into the queue.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let (queues, _) = super::select(arguments.scope, context)?;
    let named: HashSet<String> = arguments.event_ids.iter().cloned().collect();
    if !named.is_empty() {
        let mut unknown = named.clone();
        for queue in &queues {
            queue.remove_dead_ids(&mut unknown)?;
        }
        refuse_unknown(unknown)?;
    }
    let wanted = (!named.is_empty()).then_some(&named);
    let mut sum = Retried::default();
    let mut dead = 0;
    for queue in queues.iter().filter(|queue| queue.exists()) {
        let Some(lock) = queue.lock_drain(&context.world)? else {
            return Err(Failure::new(Code::Busy, "another drain is running"));
        };
        let retried = queue.retry(&context.world, &lock, wanted)?;
        sum.events += retried.events;
        sum.unreadable += retried.unreadable;
        dead += queue.counts().dead;
    }
    let events = count(sum.events, "event");
    let text = match sum.events {
        0 => "nothing to retry".to_owned(),
        _ => format!("{events} back in the queue; run: spec-kitty sync now"),
    };
    let left = count(sum.unreadable, "line");
    let warning = (sum.unreadable > 0)
        .then(|| format!("{left} of the dead letter can be read by nobody and stay there"));
    let fields = json!({"retried": sum.events, "unreadable": sum.unreadable, "dead": dead});
    Ok(Outcome::new("spec-kitty.sync-retry/1", fields, text).warn(warning))
}

fn refuse_unknown(unknown: HashSet<String>) -> Result<(), Failure> {
    if unknown.is_empty() {
        return Ok(());
    }
    let mut unknown: Vec<_> = unknown.into_iter().collect();
    unknown.sort();
    let message = format!("not in the dead letter: {}", unknown.join(", "));
    Err(Failure::new(Code::EventNotFound, message).detail("event_ids", unknown))
}
