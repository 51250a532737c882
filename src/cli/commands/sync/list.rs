//! `spec-kitty sync list`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Scope;
use crate::cli::document::Document;
use crate::cli::lines::LinesArgument;
use crate::cli::{CommandResult, Context, Outcome, table};
use crate::sync::queue::DeadEvent;
use crate::warning::{Warning, WarningCode};

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
    #[command(flatten)]
    lines: LinesArgument,
}

/// The queued events, or with `--dead` the rejected ones.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SyncList {
    /// In the order of their delivery.
    events: Vec<ListedEvent>,
    /// How many exist in all.
    total: u64,
}

impl Document for SyncList {
    const SCHEMA: &'static str = "spec-kitty.sync-list/1";
    const LIST: Option<&'static str> = Some("events");
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum ListedEvent {
    Rejected(DeadEvent),
    /// An event as it will be sent.
    Queued(#[schemars(with = "Map<String, Value>")] Value),
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
        let problems = counts.problems.into_iter();
        warnings.extend(problems.map(Warning::of(WarningCode::QueueFile)));
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
        let message = format!("showing {shown} of {total} events; see --limit");
        warnings.push(Warning::new(WarningCode::ListCut, message));
    }
    let (events, text) = if arguments.dead {
        let rows: Vec<_> = rejected.iter().map(rejected_row).collect();
        let headings = ["event_id", "time", "type", "aggregate", "reason"];
        let events = rejected.into_iter().map(ListedEvent::Rejected).collect();
        (events, table(&context.ui, headings, &rows))
    } else {
        let rows: Vec<_> = queued.iter().map(row).collect();
        let headings = ["event_id", "time", "type", "aggregate"];
        let events = queued.into_iter().map(ListedEvent::Queued).collect();
        (events, table(&context.ui, headings, &rows))
    };
    Ok(Outcome::new(SyncList { events, total }, text).warn(warnings))
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
