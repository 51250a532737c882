//! Ticket search.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::control_plane::api_error::ApiError;
use crate::control_plane::app::{App, check_limit};
use crate::control_plane::extract::{Caller, Document};
use crate::control_plane::store::TextQuery;
use crate::wire::request::SearchRequest;
use crate::wire::response::SearchResponse;
use crate::wire::ticket::StatusFilter;

/// Searches by key, or by text if the request has no key. Each ticket comes with its missions.
pub(super) async fn search(
    State(app): State<Arc<App>>,
    Caller(caller): Caller,
    Document(request): Document<SearchRequest>,
) -> Result<Json<SearchResponse>, ApiError> {
    check_limit(request.limit)?;
    let key = trimmed(request.query_key.as_deref());
    let Some(query) = key.or_else(|| trimmed(request.query_text.as_deref())) else {
        let message = "query_key, query_text: one is required";
        return Err(ApiError::Invalid(message.to_owned()));
    };
    let (slug, binding_ref) = (
        request.project_slug.as_deref(),
        request.binding_ref.as_deref(),
    );
    let project = app
        .project(&caller, &request.provider, slug, binding_ref)
        .await?;
    let status = request.status.unwrap_or(StatusFilter::All);
    let found = if key.is_some() {
        app.ticket_by_key(&project, query, status).await?
    } else {
        let query = TextQuery {
            text: query,
            status,
            limit: request.limit,
            time: app.limits.search_time,
        };
        app.tickets_by_text(&project, query).await?
    };
    Ok(Json(SearchResponse {
        candidates: found.tickets,
        resource_type: project.resource_type,
        resource_id: project.resource_id,
        has_more: Some(found.has_more),
    }))
}

/// The query without surrounding space, unless it is empty.
fn trimmed(query: Option<&str>) -> Option<&str> {
    query.map(str::trim).filter(|query| !query.is_empty())
}
