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
