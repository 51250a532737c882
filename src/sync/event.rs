//! The payloads of events and the envelope around them. A new event type also needs its rules in
//! `wire/event_rules.rs`.

use serde::Serialize;
use ulid::Ulid;

/// The team of an event without a session.
pub(crate) const LOCAL_TEAM: &str = "local";

/// A ticket was bound to a mission.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct MissionOriginBound<'a> {
    /// `061-web-123`
    pub feature_slug: &'a str,
    /// `jira` or `linear`
    pub provider: &'a str,
    /// The tracker's internal id of the ticket.
    pub external_issue_id: &'a str,
    /// `WEB-123`
    pub external_issue_key: &'a str,
    /// The web page of the ticket.
    pub external_issue_url: &'a str,
    /// The title of the ticket.
    pub title: &'a str,
}

/// A mission was created.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct FeatureCreated<'a> {
    /// `061-web-123`
    pub feature_slug: &'a str,
    /// `061`
    pub feature_number: &'a str,
    /// The branch into which the mission will be merged.
    pub target_branch: &'a str,
    /// The number of work packages.
    pub wp_count: u32,
}

/// An event of a known type. Its JSON is the payload.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub enum Event<'a> {
    /// A ticket was bound to a mission.
    MissionOriginBound(MissionOriginBound<'a>),
    /// A mission was created.
    FeatureCreated(FeatureCreated<'a>),
}

impl<'a> Event<'a> {
    pub(crate) const fn event_type(&self) -> &'static str {
        match self {
            Self::MissionOriginBound(_) => "MissionOriginBound",
            Self::FeatureCreated(_) => "FeatureCreated",
        }
    }

    /// The slug of the mission.
    pub(super) const fn aggregate_id(&self) -> &'a str {
        match self {
            Self::MissionOriginBound(event) => event.feature_slug,
            Self::FeatureCreated(event) => event.feature_slug,
        }
    }
}

/// An event in the form that is queued and sent.
#[derive(Debug, Serialize)]
pub(super) struct Envelope<'a> {
    pub event_id: Ulid,
    pub event_type: &'static str,
    pub aggregate_id: &'a str,
    pub aggregate_type: &'static str,
    pub payload: &'a Event<'a>,
    pub node_id: &'a str,
    pub lamport_clock: u64,
    pub causation_id: Option<&'a str>,
    pub timestamp: String,
    pub team_slug: &'a str,
    pub project_uuid: &'a str,
    pub project_slug: &'a str,
    pub git_branch: Option<&'a str>,
    pub head_commit_sha: Option<&'a str>,
    pub repo_slug: Option<&'a str>,
}
