//! Whether a ticket has changed since its mission began.

use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::mission::metadata::OriginTicket;
use crate::mission::ticket_file::TicketFile;
use crate::text::hex;
use crate::wire::full_ticket::FullTicket;

/// What differs. Something that the mission does not record has not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct TicketChange {
    pub title: bool,
    pub status: bool,
    pub body: bool,
}

impl TicketChange {
    /// Compares what the mission records with the ticket of today.
    pub(crate) fn since(origin: &OriginTicket, file: &TicketFile, now: &FullTicket) -> Self {
        let digest = now.body.as_ref().map(|body| hex(&Sha256::digest(body)));
        let body = file.body_sha256.as_ref().zip(digest);
        Self {
            title: origin.title != now.candidate.title(),
            status: file
                .status
                .as_ref()
                .is_some_and(|old| old != now.candidate.status()),
            body: body.is_some_and(|(old, new)| !old.eq_ignore_ascii_case(&new)),
        }
    }
}
