//! What the service takes and returns.

use std::path::PathBuf;

use serde_json::Value;

pub(crate) use crate::tracker::ticket::Ticket;
use crate::wire::Provider;
pub(crate) use crate::wire::candidate::{MatchType, OriginCandidate};

/// What to search for. A key and a text may both be given; both are sent, and the key wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OriginQuery {
    /// A ticket key, as given.
    pub key: Option<String>,
    /// Words, as given.
    pub text: Option<String>,
    /// At most so many candidates: 1 to 100.
    pub limit: u32,
}

/// The answer to a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SearchOriginResult {
    /// In the server's order.
    pub candidates: Vec<OriginCandidate>,
    /// The tracker that was searched.
    pub provider: Provider,
    /// The kind of its resource; empty only without candidates.
    pub resource_type: String,
    /// The resource's id.
    pub resource_id: String,
    /// The key, else the text.
    pub query_used: String,
}

/// A bind that the control plane holds and `meta.json` records.
#[derive(Debug, Clone)]
pub(crate) struct BoundOrigin {
    /// The mission's folder, absolute.
    pub feature_dir: PathBuf,
    /// The mission's slug.
    pub feature_slug: String,
    /// The seven keys, as recorded.
    pub origin_ticket: Value,
    /// The control plane's id of the link.
    pub origin_link_id: String,
    /// When the link was first made.
    pub bound_at: String,
    /// Whether `MissionOriginBound` is durably in the queue.
    pub event_emitted: bool,
    /// The commit of `meta.json`, if one was made.
    pub commit: Option<String>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// A mission that is bound to the ticket it was asked for.
#[derive(Debug, Clone)]
pub(crate) struct MissionFromTicketResult {
    /// Whether its folder was made by this call.
    pub created: bool,
    /// The mission's folder, absolute.
    pub feature_dir: PathBuf,
    /// The mission's slug.
    pub feature_slug: String,
    /// Its `meta.json`, as it stands now.
    pub meta: crate::mission::metadata::Meta,
    /// The bind; `None` where the mission was bound already and nothing was done.
    pub bound: Option<BoundOrigin>,
    /// The commits that were made, oldest first.
    pub commits: Vec<String>,
    /// What a person should know.
    pub warnings: Vec<String>,
}
