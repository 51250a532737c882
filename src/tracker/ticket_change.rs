//! Whether a ticket has changed since its mission began.

use schemars::JsonSchema;
use serde::Serialize;

use crate::mission::metadata::OriginTicket;
use crate::mission::ticket_file::{TicketFile, digest, value};
use crate::wire::full_ticket::FullTicket;

/// What differs. Something that the mission does not record has not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct TicketChange {
    pub title: bool,
    pub status: bool,
    pub body: bool,
}

impl TicketChange {
    /// Compares what the mission records with the ticket of today. A server that sent a body once would
    /// send it again, so a body that is missing was removed.
    pub(crate) fn since(origin: &OriginTicket, file: &TicketFile, now: &FullTicket) -> Self {
        let status = value(now.candidate.status());
        let body = now.body.as_deref().map(digest);
        let is_other = |old: &str| {
            body.as_ref()
                .is_none_or(|new| !old.eq_ignore_ascii_case(new))
        };
        Self {
            title: origin.title != now.candidate.title(),
            status: file.status.as_ref().is_some_and(|old| *old != status),
            body: file.body_sha256.as_deref().is_some_and(is_other),
        }
    }
}
