//! The tickets of a project: imported into the store, or live at a tracker.

use super::api_error::ApiError;
use super::app::App;
use super::live::Place;
use super::store::{ConnectionRow, Cursor, FoundTickets, ProjectMapping, TextQuery, TicketPage};
use super::tracker_failure::TrackerFailure;
use super::trackers::{Filter, Ticket, TrackerError};
use crate::wire::candidate::{MatchType, OriginCandidate};
use crate::wire::full_ticket::FullTicket;
use crate::wire::ticket::StatusFilter;

impl App {
    /// The ticket with this key, ignoring case. A live tracker may find a moved one by its former key.
    pub(super) async fn ticket_by_key(
        &self,
        project: &ProjectMapping,
        key: &str,
        status: StatusFilter,
    ) -> Result<FoundTickets, ApiError> {
        let Some(connection) = self.connection(project).await? else {
            return Ok(self.store.ticket_by_key(project, key, status).await?);
        };
        let place = place(project, &connection);
        let ticket = self.live.find(&self.store, place, key).await;
        let ticket = ticket.map_err(|error| self.failed(&connection, error))?;
        let ticket = ticket.filter(|ticket| status.accepts(ticket.status_kind));
        let tickets = ticket.into_iter().collect();
        Ok(FoundTickets {
            tickets: self
                .with_missions(project, tickets, MatchType::Exact)
                .await?,
            has_more: false,
        })
    }

    /// The tickets that match a text best.
    pub(super) async fn tickets_by_text(
        &self,
        project: &ProjectMapping,
        query: TextQuery<'_>,
    ) -> Result<FoundTickets, ApiError> {
        let Some(connection) = self.connection(project).await? else {
            return Ok(self.store.tickets_by_text(project, query).await?);
        };
        let place = place(project, &connection);
        let found = self.live.search(
            &self.store,
            place,
            query.text,
            query.status,
            query.limit as usize,
        );
        let found = found
            .await
            .map_err(|error| self.failed(&connection, error))?;
        Ok(FoundTickets {
            tickets: self
                .with_missions(project, found.tickets, MatchType::Text)
                .await?,
            has_more: found.has_more,
        })
    }

    /// Whether a list contains only tickets of the caller. A tracker knows only the owner of its
    /// credential. That is the caller on a personal control plane; a team shares the credential. An
    /// imported ticket names its assignee, but nothing says which user that is.
    pub(super) fn only_mine(
        &self,
        project: &ProjectMapping,
        asked: Option<bool>,
    ) -> Result<bool, ApiError> {
        let is_known = self.personal.is_some() && project.connection.is_some();
        match asked {
            Some(true) if !is_known => Err(ApiError::MineUnknown),
            asked => Ok(asked.unwrap_or(is_known)),
        }
    }

    /// A page of a list, newest update first. `mine` selects the tickets of the owner of the
    /// credential; see [`Self::only_mine`].
    pub(super) async fn ticket_page(
        &self,
        project: &ProjectMapping,
        filter: Filter,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<TicketPage, ApiError> {
        let Some(connection) = self.connection(project).await? else {
            let invalid = || ApiError::Invalid("cursor: is not one of this server".to_owned());
            let read = |text| Cursor::parse(text).ok_or_else(invalid);
            let cursor = cursor.map(read).transpose()?;
            let (store, status) = (&self.store, filter.status);
            let page = store.tickets_by_update(project, status, cursor.as_ref(), limit);
            return Ok(page.await?);
        };
        let place = place(project, &connection);
        let (live, limit) = (&self.live, limit as usize);
        let page = live.list(&self.store, place, filter, limit, cursor).await;
        let page = page.map_err(|error| self.failed(&connection, error))?;
        Ok(TicketPage {
            tickets: self
                .with_missions(project, page.tickets, MatchType::Text)
                .await?,
            next_cursor: page.next,
        })
    }

    /// A ticket that exists as far as the control plane knows without asking a live tracker.
    pub(super) async fn known_ticket(
        &self,
        project: &ProjectMapping,
        id: &str,
        key: &str,
    ) -> Result<Option<OriginCandidate>, ApiError> {
        let Some(connection) = self.connection(project).await? else {
            return Ok(self.store.ticket(project, id, key).await?);
        };
        let ticket = self.live.seen(place(project, &connection), id, key);
        Ok(ticket.as_ref().and_then(origin))
    }

    /// The ticket with this id and this key at a live tracker; `None` for imported tickets.
    pub(super) async fn live_ticket(
        &self,
        project: &ProjectMapping,
        id: &str,
        key: &str,
    ) -> Result<Option<OriginCandidate>, ApiError> {
        let Some(connection) = self.connection(project).await? else {
            return Ok(None);
        };
        let place = place(project, &connection);
        let ticket = self.live.find(&self.store, place, key).await;
        let ticket = ticket.map_err(|error| self.failed(&connection, error))?;
        let ticket = ticket.filter(|ticket| ticket.external_issue_id == id);
        Ok(ticket.as_ref().and_then(origin))
    }

    /// The connection of a project; `None` if its tickets are imported.
    async fn connection(
        &self,
        project: &ProjectMapping,
    ) -> Result<Option<ConnectionRow>, ApiError> {
        let Some(id) = project.connection else {
            return Ok(None);
        };
        // It can have been removed a moment ago.
        let row = self.store.connection(id).await?;
        row.map(Some).ok_or(ApiError::Internal)
    }

    /// Logs only the kind of the failure: the tracker's own words can contain what a user typed.
    fn failed(&self, connection: &ConnectionRow, error: TrackerError) -> ApiError {
        let Ok(provider) = connection.provider.parse() else {
            return ApiError::Internal;
        };
        tracing::warn!(
            connection = connection.name,
            code = error.code(),
            "tracker failed"
        );
        ApiError::Tracker(Box::new(TrackerFailure {
            connection: connection.clone(),
            provider,
            is_personal: self.personal.is_some(),
            error,
        }))
    }

    async fn with_missions(
        &self,
        project: &ProjectMapping,
        tickets: Vec<Ticket>,
        match_type: MatchType,
    ) -> Result<Vec<FullTicket>, ApiError> {
        let ids = tickets.iter().map(|ticket| &*ticket.external_issue_id);
        let mut missions = self.store.missions(project, ids).await?;
        let full = |ticket: Ticket| {
            let missions = missions
                .remove(&ticket.external_issue_id)
                .unwrap_or_default();
            ticket.full(match_type, missions)
        };
        Ok(tickets.into_iter().filter_map(full).collect())
    }
}

fn place<'a>(project: &'a ProjectMapping, connection: &'a ConnectionRow) -> Place<'a> {
    Place {
        connection,
        resource: &project.resource_id,
    }
}

/// The fields of a ticket were checked when it was read.
fn origin(ticket: &Ticket) -> Option<OriginCandidate> {
    ticket.candidate(MatchType::Exact, Vec::new()).ok()
}
