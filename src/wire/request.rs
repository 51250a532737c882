//! Request bodies. The fields that name a project or a mission stand in each of them: with
//! `serde(flatten)` the control plane would keep every unknown field of a request in memory, at many
//! times its size.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::ticket::StatusFilter;
use crate::secret::Secret;

/// Body of [`super::TOKEN_PATH`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TokenRequest {
    pub username: String,
    pub password: Secret,
}

/// Body of [`super::REFRESH_PATH`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RefreshRequest {
    /// Can be used once.
    pub refresh: Secret,
}

/// Body of [`super::SEARCH_ISSUES_PATH`]. One of `project_slug` and `binding_ref` is present.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SearchRequest {
    /// `jira` or `linear`.
    pub provider: String,
    /// The project's name on the control plane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_slug: Option<String>,
    /// The control plane's stable reference to the project, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding_ref: Option<String>,
    /// The most candidates: 1 to 100.
    pub limit: u32,
    /// A ticket key, as the user typed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_key: Option<String>,
    /// Words, as the user typed them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_text: Option<String>,
    /// Which tickets: `open`, `started`, `done` or `all`; `all` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusFilter>,
}

/// Body of [`super::BIND_ORIGIN_PATH`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindRequest {
    /// `jira` or `linear`.
    pub provider: String,
    /// The project's name on the control plane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_slug: Option<String>,
    /// The control plane's stable reference to the project, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding_ref: Option<String>,
    /// The mission's `mission_id`, or its `feature_slug` if it has none.
    pub mission_id: String,
    /// The mission's slug with its number: `061-web-123`. Clients that do not send it use the slug
    /// as `mission_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mission_slug: Option<String>,
    /// The repository the mission is in: `owner/name` of its remote, else the project's UUID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Whether the ticket must not have another mission.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exclusive: bool,
    /// The tracker's internal id of the ticket.
    pub external_issue_id: String,
    pub external_issue_key: String,
    pub external_issue_url: String,
    pub external_title: String,
    /// May be empty.
    pub external_status: String,
}

impl BindRequest {
    /// The mission's slug.
    pub fn slug(&self) -> &str {
        self.mission_slug.as_deref().unwrap_or(&self.mission_id)
    }
}

/// Body of [`super::UNBIND_ORIGIN_PATH`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnbindRequest {
    /// `jira` or `linear`.
    pub provider: String,
    /// The project's name on the control plane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_slug: Option<String>,
    /// The control plane's stable reference to the project, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding_ref: Option<String>,
    /// As in [`BindRequest`].
    pub mission_id: String,
    /// As in [`BindRequest`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mission_slug: Option<String>,
    /// As in [`BindRequest`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
}

impl UnbindRequest {
    /// The mission's slug.
    pub(crate) fn slug(&self) -> &str {
        self.mission_slug.as_deref().unwrap_or(&self.mission_id)
    }
}

/// Body of [`super::EVENTS_PATH`]: events from the queue, byte for byte.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EventsRequest<'a> {
    /// At most 1,000.
    #[serde(borrow)]
    pub events: Vec<&'a RawValue>,
}
