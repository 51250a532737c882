//! The list of tickets.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::control_plane::api_error::ApiError;
use crate::control_plane::app::App;
use crate::control_plane::extract::{Caller, Document};
use crate::control_plane::store::Cursor;
use crate::wire::ticket::StatusFilter;
use crate::wire::ticket_list::{ListRequest, ListResponse};

/// Lists one page of the project's tickets, newest update first. Nothing says which user of the
/// control plane an assignee of an imported ticket is, so `mine` selects all of them.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(caller): Caller,
    Document(request): Document<ListRequest>,
) -> Result<Json<ListResponse>, ApiError> {
    if !(1..=100).contains(&request.limit) {
        let message = "limit: must be from 1 to 100";
        return Err(ApiError::Invalid(message.to_owned()));
    }
    let invalid_cursor = || ApiError::Invalid("cursor: is not one of this server".to_owned());
    let read = |text: &String| Cursor::parse(text).ok_or_else(invalid_cursor);
    let cursor = request.cursor.as_ref().map(read).transpose()?;
    let (slug, binding_ref) = (
        request.project_slug.as_deref(),
        request.binding_ref.as_deref(),
    );
    let project = app
        .project(&caller, &request.provider, slug, binding_ref)
        .await?;
    let status = request.status.unwrap_or(StatusFilter::All);
    let page = app
        .store
        .tickets_by_update(&project, status, cursor.as_ref(), request.limit)
        .await?;
    Ok(Json(ListResponse {
        tickets: page.tickets,
        resource_type: project.resource_type,
        resource_id: project.resource_id,
        has_more: page.next_cursor.is_some(),
        next_cursor: page.next_cursor,
    }))
}
