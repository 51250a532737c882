//! What the payload of each type of event must hold (DESIGN §7).

/// A payload that breaks a rule; such an event is never queued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} of a {event_type} event {rule}")]
pub struct RuleBroken {
    /// The event's type.
    pub event_type: &'static str,
    /// The field of the payload.
    pub field: &'static str,
    /// `must be a non-empty string`, …
    pub rule: &'static str,
}
