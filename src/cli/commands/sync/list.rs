//! `spec-kitty sync list`.

use serde::Serialize;
use serde_json::{Value, json};

use super::Scope;
use crate::cli::{CommandResult, Context, Outcome, table};
use crate::sync::queue::DeadEvent;

/// Arguments of `sync list`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// List rejected events, with the reason
    #[arg(long)]
    dead: bool,
    /// Maximum number of events
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: usize,
    #[command(flatten)]
    scope: Scope,
}

#[derive(Serialize)]
struct ListAnswer {
    events: Value,
    total: u64,
}

/// Lists events in the order of their delivery, or rejected events.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let (queues, _) = super::select(arguments.scope, context)?;
    let mut total = 0;
    let mut warnings = Vec::new();
    let mut queued = Vec::new();
    let mut rejected = Vec::new();
    for queue in &queues {
        let counts = queue.counts();
        warnings.extend(counts.problems);
        let room = arguments
            .limit
            .saturating_sub(queued.len() + rejected.len());
        if arguments.dead {
            total += counts.dead;
            rejected.extend(queue.dead_events(room)?);
        } else {
            total += counts.pending;
            queued.extend(queue.events(room));
        }
    }
    let shown = queued.len() + rejected.len();
    if (shown as u64) < total {
        warnings.push(format!("showing {shown} of {total} events; see --limit"));
    }
    let (events, text) = if arguments.dead {
        let rows: Vec<_> = rejected.iter().map(rejected_row).collect();
        let headings = ["event_id", "time", "type", "aggregate", "reason"];
        (json!(rejected), table(&context.ui, headings, &rows))
    } else {
        let rows: Vec<_> = queued.iter().map(row).collect();
        let headings = ["event_id", "time", "type", "aggregate"];
        (json!(queued), table(&context.ui, headings, &rows))
    };
    let answer = json!(ListAnswer { events, total });
    Ok(Outcome::new("spec-kitty.sync-list/1", answer, text).warn(warnings))
}

fn row(event: &Value) -> [String; 4] {
    ["event_id", "timestamp", "event_type", "aggregate_id"].map(|key| match event.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    })
}

fn rejected_row(rejected: &DeadEvent) -> [String; 5] {
    let [id, time, kind, aggregate] = match (&rejected.event, &rejected.raw) {
        (None, Some(raw)) => row(&json!({"aggregate_id": raw})),
        (event, _) => row(event.as_ref().unwrap_or(&Value::Null)),
    };
    [id, time, kind, aggregate, rejected.reason.clone()]
}
