//! Searching tickets of the project's tracker.

use super::binding::OriginBinding;
use super::control_plane_client::{ControlPlaneClient, TrackerError};
use super::ticket_url::Site;
use crate::wire::Provider;
use crate::wire::candidate::OriginCandidate;
use crate::wire::full_ticket::FullTicket;
use crate::wire::request::SearchRequest;
use crate::wire::ticket::{StatusFilter, StatusKind};

/// What to search for. If a key and a text are given, both are sent, and the key wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OriginQuery {
    /// A ticket key, as the user typed it.
    pub key: Option<String>,
    /// Words, as the user typed them.
    pub text: Option<String>,
    /// The most candidates to return: 1 to 100.
    pub limit: u32,
    /// Which tickets to return; all if `None`.
    pub status: Option<StatusFilter>,
    /// The site of a pasted URL. A ticket on another site is an error.
    pub site: Option<Site>,
}

/// Why a search has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SearchError {
    #[error(transparent)]
    Tracker(#[from] TrackerError),
    /// The same key on another site is another ticket.
    #[error("the URL is on {asked_site}, but {key} is on {ticket_site}")]
    OtherSite {
        key: String,
        asked_site: String,
        ticket_site: String,
        /// The ticket's own URL.
        url: String,
    },
}

/// The tickets a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SearchOriginResult {
    /// Open tickets first, otherwise in the server's order.
    pub tickets: Vec<FullTicket>,
    pub provider: Provider,
    /// What kind of resource was searched: `linear_team`. Empty only without candidates.
    pub resource_type: String,
    /// The resource's id. Empty only without candidates.
    pub resource_id: String,
    /// Whether more tickets match; `None` if the server does not say.
    pub has_more: Option<bool>,
    /// The key, else the text.
    pub query_used: String,
}

/// Searches by key or text.
pub(crate) fn search_origin_candidates(
    binding: &OriginBinding,
    client: &ControlPlaneClient<'_>,
    query: OriginQuery,
) -> Result<SearchOriginResult, SearchError> {
    let found = client.search_issues(&SearchRequest {
        provider: binding.provider.to_string(),
        project_slug: binding.project_slug.clone(),
        binding_ref: binding.binding_ref.clone(),
        limit: query.limit,
        query_key: query.key.clone(),
        query_text: query.text.clone(),
        status: query.status,
    })?;
    if let Some(site) = &query.site {
        require_site(binding.provider, site, &found.candidates)?;
    }
    Ok(SearchOriginResult {
        tickets: selected(found.candidates, query.status),
        provider: binding.provider,
        resource_type: found.resource_type,
        resource_id: found.resource_id,
        has_more: found.has_more,
        query_used: query.key.or(query.text).unwrap_or_default(),
    })
}

/// The tickets that pass the filter, which a server may ignore, with the open ones first.
fn selected(mut tickets: Vec<FullTicket>, status: Option<StatusFilter>) -> Vec<FullTicket> {
    let filter = status.unwrap_or(StatusFilter::All);
    tickets.retain(|ticket| filter.accepts(status_kind(&ticket.candidate)));
    tickets.sort_by_key(|ticket| !StatusFilter::Open.accepts(status_kind(&ticket.candidate)));
    tickets
}

/// The kind of a ticket's status. Without one from the server, only the name can tell.
pub(super) fn status_kind(candidate: &OriginCandidate) -> Option<StatusKind> {
    let by_name = || StatusKind::of_status(candidate.status());
    candidate.status_kind().or_else(by_name)
}

/// Refuses tickets on another site than the pasted URL.
fn require_site(
    provider: Provider,
    asked: &Site,
    tickets: &[FullTicket],
) -> Result<(), SearchError> {
    for FullTicket { candidate, .. } in tickets {
        let site = Site::of_ticket(provider, candidate.url());
        if site.as_ref() != Some(asked) {
            return Err(SearchError::OtherSite {
                key: candidate.external_issue_key().to_owned(),
                asked_site: asked.to_string(),
                ticket_site: site.as_ref().map_or_else(String::new, Site::to_string),
                url: candidate.url().to_owned(),
            });
        }
    }
    Ok(())
}
