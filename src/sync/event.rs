//! What an event says (DESIGN §7).

use serde::Serialize;

/// Where the project's repository stood when the event happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitMetadata {
    /// The branch checked out; `None` on a detached HEAD or outside git.
    pub branch: Option<String>,
    /// The full sha of HEAD; `None` before the first commit or outside git.
    pub head: Option<String>,
}

/// A ticket was bound to a mission.
#[derive(Debug, Clone, Serialize)]
pub struct MissionOriginBound<'a> {
    /// The mission: `061-web-123`.
    pub feature_slug: &'a str,
    /// `jira` or `linear`.
    pub provider: &'a str,
    /// The tracker's own id of the ticket.
    pub external_issue_id: &'a str,
    /// The key people use: `WEB-123`.
    pub external_issue_key: &'a str,
    /// Where to read it.
    pub external_issue_url: &'a str,
    /// The ticket's title.
    pub title: &'a str,
}

/// A mission was created.
#[derive(Debug, Clone, Serialize)]
pub struct FeatureCreated<'a> {
    /// The mission: `061-web-123`.
    pub feature_slug: &'a str,
    /// Its number: `061`.
    pub feature_number: &'a str,
    /// The branch it is meant to land on.
    pub target_branch: &'a str,
    /// How many work packages it has.
    pub wp_count: u32,
}
