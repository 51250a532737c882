//! The HTTP API of the control plane, shared by client and server: paths, headers, requests,
//! responses, errors and the rules for events.

pub(crate) mod candidate;
pub(crate) mod error_envelope;
pub(crate) mod event_rules;
pub(crate) mod full_ticket;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod ticket;
pub(crate) mod ticket_list;

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST`: user name and password for a session.
pub(crate) const TOKEN_PATH: &str = "/api/v1/token/";
/// `POST`: a refresh token for a new session.
pub(crate) const REFRESH_PATH: &str = "/api/v1/token/refresh/";
/// `POST`: searches tickets by key or text.
pub(crate) const SEARCH_ISSUES_PATH: &str = "/api/v1/tracker/issue-search/";
/// `POST`: lists the tickets of a project, newest update first.
pub(crate) const LIST_TICKETS_PATH: &str = "/api/v1/tracker/list-tickets/";
/// `POST`: binds a ticket to a mission; requires an [`IDEMPOTENCY_KEY`] header.
pub(crate) const BIND_ORIGIN_PATH: &str = "/api/v1/tracker/mission-origin/bind/";
/// `POST`: removes the origin of a mission; requires an [`IDEMPOTENCY_KEY`] header.
pub(crate) const UNBIND_ORIGIN_PATH: &str = "/api/v1/tracker/mission-origin/unbind/";
/// `GET`: whether a project is mapped; query `provider` with `project_slug` or `binding_ref`.
pub(crate) const TRACKER_STATUS_PATH: &str = "/api/v1/tracker/status/";
/// `GET`: the user of the token.
pub(crate) const ME_PATH: &str = "/api/v1/me";
/// `POST`: a batch of events, gzip or plain.
pub(crate) const EVENTS_PATH: &str = "/api/v1/events/batch/";

/// The header that makes a repeated bind the same bind.
pub(crate) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// The header that selects the caller's team.
pub(crate) const TEAM_SLUG: &str = "X-Team-Slug";
/// The team of the personal control plane.
pub(crate) const PERSONAL_TEAM: &str = "personal";
/// The client rejects a larger response body.
pub(crate) const MAX_ANSWER_BYTES: u64 = 8 * 1024 * 1024;

pub(crate) const NON_EMPTY: &str = "must be a non-empty string";

/// A tracker whose tickets can be the origin of a mission.
///
/// A new provider touches four places: this type with `ALL` and the two messages below, the ticket
/// URLs in `tracker/ticket_url.rs`, `control_plane/trackers`, and the documentation. The compiler names every `match`; a test
/// next to this type reminds of `ALL`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Atlassian Jira.
    Jira,
    /// Linear.
    Linear,
}

/// The rule for a provider's name.
pub(crate) const PROVIDER_NAME: &str = "must be \"jira\" or \"linear\"";

/// A tracker name that is neither `jira` nor `linear`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unsupported tracker {0:?}: only jira and linear are supported")]
pub struct UnsupportedProvider(pub String);

impl Provider {
    /// Every provider, in display order.
    pub const ALL: [Self; 2] = [Self::Jira, Self::Linear];

    /// The name on the wire and in files: `jira`, `linear`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jira => "jira",
            Self::Linear => "linear",
        }
    }

    /// The kind of tracker resource that a project is mapped to.
    pub const fn resource_type(self) -> &'static str {
        match self {
            Self::Jira => "jira_project",
            Self::Linear => "linear_team",
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

impl FromStr for Provider {
    type Err = UnsupportedProvider;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|provider| provider.as_str() == name)
            .ok_or_else(|| UnsupportedProvider(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_is_listed_and_has_one_name() {
        for provider in Provider::ALL {
            // Does not compile with a variant that is missing here; list it in ALL too.
            match provider {
                Provider::Jira | Provider::Linear => {}
            }
            assert_eq!(provider.as_str().parse(), Ok(provider));
            assert_eq!(serde_json::to_value(provider).unwrap(), provider.as_str());
        }
    }
}
