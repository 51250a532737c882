//! The tickets of the project's resource, without a search.

use std::collections::HashSet;

use super::binding::OriginBinding;
use super::control_plane_client::{ControlPlaneClient, TrackerError};
use super::search::status_kind;
use crate::wire::full_ticket::FullTicket;
use crate::wire::ticket::StatusFilter;
use crate::wire::ticket_list::{ListRequest, ListResponse};

/// The most tickets that a server sends at once.
const PAGE: u32 = 100;
/// The most pages of one list. A server that ignores the filter sends pages with few fitting tickets.
const MOST_PAGES: u32 = 20;

/// Which tickets to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListQuery {
    pub status: StatusFilter,
    /// Only the user's own; `None` leaves it to the server.
    pub mine: Option<bool>,
    /// The most tickets to return.
    pub limit: u32,
    /// Where the list before ended.
    pub cursor: Option<String>,
}

/// Lists tickets, newest update first: with one request, or in pages if the limit is larger than one
/// page. The filter holds even if the server ignores it, and no ticket is twice in the list: an update
/// moves it to another page.
pub(crate) fn list_tickets(
    binding: &OriginBinding,
    client: &ControlPlaneClient<'_>,
    query: ListQuery,
) -> Result<ListResponse, TrackerError> {
    let mut seen = HashSet::new();
    let mut is_new = |ticket: &FullTicket| {
        let id = ticket.candidate.external_issue_id().to_owned();
        query.status.accepts(status_kind(&ticket.candidate)) && seen.insert(id)
    };
    let mut request = ListRequest {
        provider: binding.provider.to_string(),
        project_slug: binding.project_slug.clone(),
        binding_ref: binding.binding_ref.clone(),
        limit: query.limit.min(PAGE),
        mine: query.mine,
        status: Some(query.status),
        cursor: query.cursor,
    };
    let mut list = client.list_tickets(&request)?;
    list.tickets.retain(&mut is_new);
    let pages = if query.limit > PAGE { MOST_PAGES } else { 1 };
    for _ in 1..pages {
        let listed = u32::try_from(list.tickets.len()).unwrap_or(u32::MAX);
        request.limit = query.limit.saturating_sub(listed).min(PAGE);
        // A server that sends the same cursor again would send the same page for ever.
        let leads_on = list.next_cursor.is_some() && list.next_cursor != request.cursor;
        if request.limit == 0 || !leads_on {
            break;
        }
        request.cursor = list.next_cursor.take();
        let page = client.list_tickets(&request)?;
        let tickets = page.tickets.into_iter();
        list.tickets.extend(tickets.filter(&mut is_new));
        (list.has_more, list.next_cursor) = (page.has_more, page.next_cursor);
    }
    Ok(list)
}
