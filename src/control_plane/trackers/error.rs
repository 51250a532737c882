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
    /// The stable name in answers and documents.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::CredentialRefused => "tracker_credential_refused",
            Self::Forbidden(_) => "tracker_forbidden",
            Self::RateLimited(_) => "tracker_rate_limited",
            Self::Unavailable(_) => "tracker_unavailable",
            Self::BadAnswer(_) => "tracker_bad_answer",
            Self::QueryRefused(_) => "tracker_query_refused",
        }
    }

    /// Whether only the host of the control plane can help.
    pub(crate) fn needs_the_host(&self) -> bool {
        matches!(self, Self::CredentialRefused | Self::Forbidden(_))
    }

    /// A field of an answer that breaks a rule.
    pub(super) fn field(name: &str, rule: &str) -> Self {
        Self::BadAnswer(format!("{name} {rule}"))
    }
}
