//! What the control plane knows about a ticket besides the fields of a candidate.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a tracker's status means, whatever its name is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum StatusKind {
    Backlog,
    Unstarted,
    Started,
    Done,
    Canceled,
}

impl StatusKind {
    /// Whether work on the ticket may still begin or go on.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Done | Self::Canceled)
    }
}

/// Which tickets a search or a list returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusFilter {
    /// Not done and not canceled.
    Open,
    Started,
    /// Done or canceled.
    Done,
    All,
}

impl StatusFilter {
    /// Whether a ticket passes the filter. A ticket of unknown kind counts as open.
    pub fn accepts(self, kind: Option<StatusKind>) -> bool {
        match self {
            Self::Open => kind.is_none_or(StatusKind::is_open),
            Self::Started => kind == Some(StatusKind::Started),
            Self::Done => kind.is_some_and(|kind| !kind.is_open()),
            Self::All => true,
        }
    }
}

/// A mission that a ticket has already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KnownMission {
    /// Its ULID, or its slug if it has none.
    pub mission_id: String,
    pub mission_slug: String,
    /// `None` if it was bound by a client that did not send it.
    #[serde(default)]
    pub repository: Option<String>,
    /// The user who bound it.
    #[serde(default)]
    pub bound_by: Option<String>,
    /// RFC 3339.
    #[serde(default)]
    pub bound_at: Option<String>,
}

impl KnownMission {
    /// The missions of a received ticket; `None` if the server does not send them. An entry without
    /// an id or a slug is an error, because a mission that is overlooked gets a twin.
    pub(crate) fn listed(value: Option<&Value>) -> Result<Option<Vec<Self>>, serde_json::Error> {
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(value) => Vec::deserialize(value).map(Some),
        }
    }
}
