//! The tickets of the project's resource, without a search.

use super::binding::OriginBinding;
use super::control_plane_client::{ControlPlaneClient, TrackerError};
use super::search::status_kind;
use crate::wire::ticket::StatusFilter;
use crate::wire::ticket_list::{ListRequest, ListResponse};

/// Which tickets to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListQuery {
    pub status: StatusFilter,
    /// Only the user's own; `None` leaves it to the server.
    pub mine: Option<bool>,
    /// The most tickets to return: 1 to 100.
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Lists tickets, newest update first. The filter holds even if the server ignores it.
pub(crate) fn list_tickets(
    binding: &OriginBinding,
    client: &ControlPlaneClient<'_>,
    query: ListQuery,
) -> Result<ListResponse, TrackerError> {
    let mut found = client.list_tickets(&ListRequest {
        provider: binding.provider.to_string(),
        project_slug: binding.project_slug.clone(),
        binding_ref: binding.binding_ref.clone(),
        limit: query.limit,
        mine: query.mine,
        status: Some(query.status),
        cursor: query.cursor,
    })?;
    let status = query.status;
    found
        .tickets
        .retain(|ticket| status.accepts(status_kind(&ticket.candidate)));
    Ok(found)
}
