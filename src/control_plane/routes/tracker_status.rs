//! Which projects are mapped to a provider.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use url::form_urlencoded;

use crate::control_plane::api_error::ApiError;
use crate::control_plane::app::{App, provider};
use crate::control_plane::extract::Caller;
use crate::control_plane::store::ProjectName;
use crate::wire::response::TrackerStatusResponse;

/// The mapped projects of a provider, or the one that the query names. Whether the caller is linked
/// to the provider is part of the answer.
pub(super) async fn status(
    State(app): State<Arc<App>>,
    Caller(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<TrackerStatusResponse>, ApiError> {
    let query = query.unwrap_or_default();
    let provider = provider(&parameter(&query, "provider").unwrap_or_default())?;
    let (slug, binding_ref) = (
        parameter(&query, "project_slug"),
        parameter(&query, "binding_ref"),
    );
    let name = ProjectName::new(slug.as_deref(), binding_ref.as_deref());
    let bindings = app.store.projects_of(provider, name).await?;
    if let Some(name) = name.filter(|_| bindings.is_empty()) {
        return Err(app.no_mapping(provider, name));
    }
    let resource = bindings
        .iter()
        .map(|project| (&project.resource_type, &project.resource_id));
    let resources: BTreeSet<_> = resource.collect();
    Ok(Json(TrackerStatusResponse {
        provider: provider.as_str().to_owned(),
        connected: app.store.is_linked(caller.user_id, provider).await?,
        resource_count: resources.len() as u64,
        bindings,
    }))
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    let found = parameters.find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}
