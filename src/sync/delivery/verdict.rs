//! What the control plane answers about each event.

use std::collections::HashMap;

use crate::wire::response::EventsResponse;

/// The result of one event.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Success,
    Duplicate,
    /// The control plane refuses the event for this reason.
    Rejected(String),
    /// Unknown or contradictory: the event stays in the queue.
    Unclear,
}

/// The verdicts by event id. Contradictory results of one event give [`Verdict::Unclear`].
pub(super) fn verdicts(response: EventsResponse) -> HashMap<String, Verdict> {
    use Verdict::{Duplicate, Rejected, Success, Unclear};
    let mut verdicts = HashMap::new();
    for result in response.results {
        let message = result.error_message;
        let verdict = match result.status.as_str() {
            "success" => Success,
            "duplicate" => Duplicate,
            "rejected" => Rejected(message.unwrap_or_else(|| "rejected".to_owned())),
            _ => Unclear,
        };
        let merged = match (verdicts.remove(&result.event_id), verdict) {
            (None, verdict) => verdict,
            (Some(Success | Duplicate), Success | Duplicate) => Success,
            (Some(rejected @ Rejected(_)), Rejected(_)) => rejected,
            (Some(_), _) => Unclear,
        };
        verdicts.insert(result.event_id, merged);
    }
    verdicts
}
