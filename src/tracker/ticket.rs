//! The ticket a mission starts from.

use serde::{Deserialize, Serialize};

use crate::wire::Provider;
use crate::wire::candidate::OriginCandidate;

/// A ticket and the tracker resource that holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub provider: Provider,
    /// `linear_team` or `jira_project`.
    pub resource_type: String,
    pub resource_id: String,
    pub candidate: OriginCandidate,
    /// The text of its `research/ticket.md`. A journey does not keep it: the command that makes the
    /// folder has just read the ticket.
    #[serde(skip)]
    pub file: Option<String>,
    /// The tracker's own suggestion for a git branch, only for a new mission. Anything can be in it.
    #[serde(skip)]
    pub branch_name: Option<String>,
}

impl Ticket {
    /// Whether both are the same ticket, even if it was renamed or moved.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.provider == other.provider
            && self.candidate.external_issue_id() == other.candidate.external_issue_id()
    }

    /// The tracker and the tracker's own id: what makes two tickets the same.
    pub(crate) fn identity(&self) -> (&str, &str) {
        (self.provider.as_str(), self.candidate.external_issue_id())
    }

    /// The key of the lock that commands on this ticket exclude each other with.
    pub(crate) fn lock_key(&self) -> String {
        let (provider, id) = self.identity();
        format!("ticket:{provider}:{id}")
    }
}
