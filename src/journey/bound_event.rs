//! The event of a bind.

use super::models::Ticket;
use crate::mission::metadata::MissionMetadata;
use crate::project::GitMetadata;
use crate::sync::emitter::{EmitError, Emitter};
use crate::sync::event::MissionOriginBound;

/// Records the event of a bind under the id its intent keeps.
pub(super) fn emit_bound(
    emitter: &Emitter<'_>,
    git: &GitMetadata,
    meta: &MissionMetadata,
    ticket: &Ticket,
    event_id: ulid::Ulid,
) -> Result<(), EmitError> {
    emitter.emit_mission_origin_bound(event_id, git, &event_of(meta, ticket))
}

/// The event of a bind, from what is recorded.
fn event_of<'a>(meta: &'a MissionMetadata, ticket: &'a Ticket) -> MissionOriginBound<'a> {
    MissionOriginBound {
        feature_slug: meta.feature_slug(),
        provider: ticket.provider.as_str(),
        external_issue_id: ticket.candidate.external_issue_id(),
        external_issue_key: ticket.candidate.external_issue_key(),
        external_issue_url: ticket.candidate.url(),
        title: ticket.candidate.title(),
    }
}
