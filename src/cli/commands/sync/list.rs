//! `spec-kitty sync list`.

use serde_json::{Value, json};

use super::Scope;
use crate::cli::context::{CommandResult, Context};
use crate::cli::outcome::Outcome;
use crate::cli::table::table;
use crate::sync::queue::DeadEvent;

/// Arguments of `sync list`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The events that were rejected, with the reason
    #[arg(long)]
    dead: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: usize,
    /// Whose events.
    #[command(flatten)]
    scope: Scope,
}

/// Lists events in the order they will be sent.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let (queues, _) = super::select(arguments.scope, context)?;
    let mut total = 0;
    let mut warnings = Vec::new();
    let mut events = Vec::new();
    let mut dead = Vec::new();
    for queue in &queues {
        let counts = queue.counts();
        warnings.extend(counts.problems);
        let room = arguments.limit.saturating_sub(events.len() + dead.len());
        if arguments.dead {
            total += counts.dead;
            dead.extend(queue.dead_letters(room)?);
        } else {
            total += counts.pending;
            events.extend(queue.events(room));
        }
    }
    let shown = events.len() + dead.len();
    if (shown as u64) < total {
        warnings.push(format!("{shown} of {total} events are listed; see --limit"));
    }
    let (listed, text) = if arguments.dead {
        let rows: Vec<_> = dead.iter().map(dead_row).collect();
        let headings = ["event_id", "time", "type", "aggregate", "reason"];
        (json!(dead), table(&context.ui, headings, &rows))
    } else {
        let rows: Vec<_> = events.iter().map(row).collect();
        let headings = ["event_id", "time", "type", "aggregate"];
        (json!(events), table(&context.ui, headings, &rows))
    };
    let fields = json!({"events": listed, "total": total});
    Ok(Outcome::new("spec-kitty.sync-list/1", fields, text).warn(warnings))
}

fn row(event: &Value) -> [String; 4] {
    ["event_id", "timestamp", "event_type", "aggregate_id"].map(|key| match event.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    })
}

fn dead_row(dead: &DeadEvent) -> [String; 5] {
    let [id, time, kind, aggregate] = match (&dead.event, &dead.raw) {
        (None, Some(raw)) => row(&json!({"aggregate_id": raw})),
        (event, _) => row(event.as_ref().unwrap_or(&Value::Null)),
    };
    [id, time, kind, aggregate, dead.reason.clone()]
}
