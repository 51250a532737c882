//! How a call to a tracker fails.

use std::time::Duration;

/// A failed call. No message contains the credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TrackerError {
    #[error("the tracker does not accept the credential")]
    CredentialRefused,
    /// The tracker's own words.
    #[error("the tracker does not allow this: {0}")]
    Forbidden(String),
    /// The time until the next call may succeed.
    #[error("the tracker accepts no more requests for {} s", .0.as_secs())]
    RateLimited(Duration),
    /// Also after the one retry.
    #[error("the tracker is not available: {0}")]
    Unavailable(String),
    /// The reason names the field, if there is one.
    #[error("unexpected answer of the tracker: {0}")]
    BadAnswer(String),
    /// The tracker's own words.
    #[error("the tracker refuses the query: {0}")]
    QueryRefused(String),
}

impl TrackerError {
    /// A field of an answer that breaks a rule.
    pub(super) fn field(name: &str, rule: &str) -> Self {
        Self::BadAnswer(format!("{name} {rule}"))
    }
}
