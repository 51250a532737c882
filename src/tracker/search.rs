//! Searching tickets of the project's tracker.

use super::binding::OriginBinding;
use super::control_plane_client::{ControlPlaneClient, TrackerError};
use crate::wire::Provider;
use crate::wire::candidate::OriginCandidate;
use crate::wire::request::SearchRequest;

/// What to search for. If a key and a text are given, both are sent, and the key wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OriginQuery {
    /// A ticket key, as the user typed it.
    pub key: Option<String>,
    /// Words, as the user typed them.
    pub text: Option<String>,
    /// The most candidates to return: 1 to 100.
    pub limit: u32,
}

/// The tickets a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SearchOriginResult {
    /// In the server's order.
    pub candidates: Vec<OriginCandidate>,
    pub provider: Provider,
    /// What kind of resource was searched: `linear_team`. Empty only without candidates.
    pub resource_type: String,
    /// The resource's id. Empty only without candidates.
    pub resource_id: String,
    /// The key, else the text.
    pub query_used: String,
}

/// Searches by key or text.
pub(crate) fn search_origin_candidates(
    binding: &OriginBinding,
    client: &ControlPlaneClient<'_>,
    query: OriginQuery,
) -> Result<SearchOriginResult, TrackerError> {
    let found = client.search_issues(&SearchRequest {
        provider: binding.provider.to_string(),
        project_slug: binding.project_slug.clone(),
        binding_ref: binding.binding_ref.clone(),
        limit: query.limit,
        query_key: query.key.clone(),
        query_text: query.text.clone(),
        status: None,
    })?;
    Ok(SearchOriginResult {
        candidates: found.candidates,
        provider: binding.provider,
        resource_type: found.resource_type,
        resource_id: found.resource_id,
        query_used: query.key.or(query.text).unwrap_or_default(),
    })
}
