//! The list of tickets.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::control_plane::api_error::ApiError;
use crate::control_plane::app::{App, check_limit};
use crate::control_plane::extract::{Caller, Document};
use crate::control_plane::trackers::Filter;
use crate::wire::ticket::StatusFilter;
use crate::wire::ticket_list::{ListRequest, ListResponse};

/// Lists one page of the project's tickets, newest update first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(caller): Caller,
    Document(request): Document<ListRequest>,
) -> Result<Json<ListResponse>, ApiError> {
    check_limit(request.limit)?;
    let (slug, binding_ref) = (
        request.project_slug.as_deref(),
        request.binding_ref.as_deref(),
    );
    let project = app
        .project(&caller, &request.provider, slug, binding_ref)
        .await?;
    let filter = Filter {
        mine: app.only_mine(&project, request.mine)?,
        status: request.status.unwrap_or(StatusFilter::All),
    };
    let cursor = request.cursor.as_deref();
    let page = app
        .ticket_page(&project, filter, request.limit, cursor)
        .await?;
    Ok(Json(ListResponse {
        tickets: page.tickets,
        resource_type: project.resource_type,
        resource_id: project.resource_id,
        has_more: page.next_cursor.is_some(),
        next_cursor: page.next_cursor,
        mine: Some(filter.mine),
    }))
}
