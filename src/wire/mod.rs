//! The wire (DESIGN §5): requests, answers and the error envelope, as client and control plane
//! both speak them.

pub(crate) mod candidate;
pub(crate) mod error_envelope;
pub(crate) mod request;
pub(crate) mod response;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `POST`: user name and password for a session.
pub(crate) const TOKEN_PATH: &str = "/api/v1/token/";
/// `POST`: a refresh token for a new session.
pub(crate) const REFRESH_PATH: &str = "/api/v1/token/refresh/";
/// `POST`: candidates for a key or a text.
pub(crate) const SEARCH_ISSUES_PATH: &str = "/api/v1/tracker/issue-search/";
/// `POST`: binds a ticket to a mission; wants an [`IDEMPOTENCY_KEY`] header.
pub(crate) const BIND_ORIGIN_PATH: &str = "/api/v1/tracker/mission-origin/bind/";
/// `POST`: a batch of events, gzip or plain.
pub(crate) const EVENTS_PATH: &str = "/api/v1/events/batch/";

/// The header that makes a repeated bind the same bind.
pub(crate) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// The header that names the caller's team.
pub(crate) const TEAM_SLUG: &str = "X-Team-Slug";
/// The most bytes of an answer that are read.
pub(crate) const MAX_ANSWER_BYTES: u64 = 8 * 1024 * 1024;

/// A tracker whose tickets can be the origin of a mission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Atlassian Jira.
    Jira,
    /// Linear.
    Linear,
}

impl Provider {
    /// Every provider, in the order they are listed to people.
    pub const ALL: [Self; 2] = [Self::Jira, Self::Linear];

    /// The name on the wire and in files: `jira`, `linear`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jira => "jira",
            Self::Linear => "linear",
        }
    }

    /// The name in a sentence: `Jira`, `Linear`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Jira => "Jira",
            Self::Linear => "Linear",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A tracker name that is neither `jira` nor `linear`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("only jira and linear tickets can be the origin of a mission, not {0:?}")]
pub struct UnsupportedProvider(pub String);

impl FromStr for Provider {
    type Err = UnsupportedProvider;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|p| p.as_str() == name)
            .ok_or_else(|| UnsupportedProvider(name.to_owned()))
    }
}
