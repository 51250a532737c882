//! What the control plane knows about a ticket besides the fields of a candidate.

use std::fmt;

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
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Backlog,
        Self::Unstarted,
        Self::Started,
        Self::Done,
        Self::Canceled,
    ];

    /// The word on the wire and in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Backlog => "backlog",
            Self::Unstarted => "unstarted",
            Self::Started => "started",
            Self::Done => "done",
            Self::Canceled => "canceled",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What the name of a status suggests, if the source of a ticket does not say its kind.
    pub fn of_status(status: &str) -> Option<Self> {
        match status.trim().to_ascii_lowercase().as_str() {
            "done" | "closed" | "resolved" => Some(Self::Done),
            "canceled" | "cancelled" => Some(Self::Canceled),
            _ => None,
        }
    }

    /// Whether work on the ticket may still begin or go on.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Done | Self::Canceled)
    }
}

/// Which tickets a search or a list returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// `013-web-211, bound by ada at 2026-11-22T10:00:00Z`, as far as it is known.
impl fmt::Display for KnownMission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mission_slug)?;
        if self.bound_by.is_some() || self.bound_at.is_some() {
            f.write_str(", bound")?;
        }
        for (word, value) in [("by", &self.bound_by), ("at", &self.bound_at)] {
            if let Some(value) = value {
                write!(f, " {word} {value}")?;
            }
        }
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_word() {
        for kind in StatusKind::ALL {
            assert_eq!(StatusKind::from_word(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }

    #[test]
    fn some_names_of_a_status_say_its_kind() {
        assert_eq!(StatusKind::of_status(" Closed "), Some(StatusKind::Done));
        assert_eq!(
            StatusKind::of_status("Cancelled"),
            Some(StatusKind::Canceled)
        );
        assert_eq!(StatusKind::of_status("Not done"), None);
    }
}
