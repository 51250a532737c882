//! A ticket in a JSON document: every key is always there, and null if it is unknown.

use schemars::JsonSchema;
use serde::Serialize;

use crate::text::one_line;
use crate::wire::full_ticket::FullTicket;
use crate::wire::ticket::{KnownMission, StatusKind};

/// A ticket as the tracker has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct TicketDocument {
    /// The tracker's own id.
    pub external_issue_id: String,
    pub external_issue_key: String,
    pub title: String,
    /// The name of the status; may be empty.
    pub status: String,
    /// What the status means.
    pub status_kind: Option<StatusKind>,
    pub url: String,
    /// The name of a person.
    pub assignee: Option<String>,
    /// When the ticket last changed (RFC 3339).
    pub updated_at: Option<String>,
    /// The missions that began from it; null if the server does not say.
    pub missions: Option<Vec<KnownMission>>,
}

impl From<FullTicket> for TicketDocument {
    fn from(ticket: FullTicket) -> Self {
        let candidate = &ticket.candidate;
        Self {
            external_issue_id: candidate.external_issue_id().to_owned(),
            external_issue_key: candidate.external_issue_key().to_owned(),
            title: candidate.title().to_owned(),
            status: candidate.status().to_owned(),
            status_kind: candidate.status_kind(),
            url: candidate.url().to_owned(),
            assignee: ticket.assignee,
            updated_at: ticket.updated_at,
            missions: candidate.missions().map(<[_]>::to_vec),
        }
    }
}

impl TicketDocument {
    /// As a row of a table: key, status, title and URL, and its missions.
    pub(crate) fn row(&self) -> ([String; 4], String) {
        let cells = [
            &self.external_issue_key,
            &self.status,
            &self.title,
            &self.url,
        ];
        let missions = self.missions.iter().flatten();
        let slugs: Vec<_> = missions.map(|mission| &*mission.mission_slug).collect();
        (cells.map(|cell| one_line(cell)), slugs.join(", "))
    }
}
