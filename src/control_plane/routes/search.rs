//! Searching the tickets of a project.

use axum::Json;
use axum::extract::State;

use crate::control_plane::app::App;
use crate::control_plane::extract::{Caller, Document};
use crate::control_plane::refusal::Refusal;
use crate::wire::request::SearchRequest;
use crate::wire::response::SearchResponse;

/// Candidates for a key or, without one, for a text.
pub(super) async fn search(
    State(app): State<App>,
    Caller(caller): Caller,
    Document(request): Document<SearchRequest>,
) -> Result<Json<SearchResponse>, Refusal> {
    if !(1..=100).contains(&request.limit) {
        return Err(Refusal::invalid("limit: must be from 1 to 100"));
    }
    let given = |query: &'_ Option<String>| {
        query
            .as_deref()
            .map(str::trim)
            .filter(|query| !query.is_empty())
            .map(str::to_owned)
    };
    let (key, text) = (given(&request.query_key), given(&request.query_text));
    if key.is_none() && text.is_none() {
        return Err(Refusal::invalid("query_key, query_text: one is required"));
    }
    let named = (
        request.project_slug.as_deref(),
        request.binding_ref.as_deref(),
    );
    let project = app
        .project(caller.user_id, &request.provider, named)
        .await?;
    let candidates = match (key, text) {
        (Some(key), _) => app.store.ticket_by_key(&project, &key).await?,
        (None, text) => {
            let text = text.unwrap_or_default();
            app.store
                .tickets_by_text(&project, &text, request.limit)
                .await?
        }
    };
    Ok(Json(SearchResponse {
        candidates,
        resource_type: project.resource_type,
        resource_id: project.resource_id,
    }))
}
