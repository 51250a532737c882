//! What an event says, and the line it becomes in the queue (DESIGN §7).

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use ulid::Ulid;

use crate::project::GitMetadata;
use crate::project::identity::ProjectIdentity;

/// The team of an event that was recorded while logged out.
pub(crate) const LOCAL_TEAM: &str = "local";

/// A ticket was bound to a mission.
#[derive(Debug, Clone, Copy, Serialize)]
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
#[derive(Debug, Clone, Copy, Serialize)]
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

/// Something that happened, of one of the known types. As JSON it is the payload.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub enum Event<'a> {
    /// A ticket was bound to a mission.
    MissionOriginBound(MissionOriginBound<'a>),
    /// A mission was created.
    FeatureCreated(FeatureCreated<'a>),
}

impl<'a> Event<'a> {
    /// The name of its type.
    pub const fn event_type(&self) -> &'static str {
        match self {
            Self::MissionOriginBound(_) => "MissionOriginBound",
            Self::FeatureCreated(_) => "FeatureCreated",
        }
    }

    /// What it happened to: the mission.
    pub const fn aggregate_id(&self) -> &'a str {
        match self {
            Self::MissionOriginBound(event) => event.feature_slug,
            Self::FeatureCreated(event) => event.feature_slug,
        }
    }
}

/// What surrounds the payloads of one command's events.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances<'a> {
    pub identity: &'a ProjectIdentity,
    pub git: &'a GitMetadata,
    pub team_slug: Option<&'a str>,
    pub now: DateTime<Utc>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    event_id: String,
    event_type: &'static str,
    aggregate_id: &'a str,
    aggregate_type: &'static str,
    payload: &'a Event<'a>,
    node_id: &'a str,
    lamport_clock: u64,
    causation_id: Option<&'a str>,
    timestamp: String,
    team_slug: &'a str,
    project_uuid: &'a str,
    project_slug: &'a str,
    git_branch: Option<&'a str>,
    head_commit_sha: Option<&'a str>,
    repo_slug: Option<&'a str>,
}

/// The event as the compact JSON object that is queued and sent, without a newline.
pub(super) fn line(
    event: &Event<'_>,
    event_id: Ulid,
    lamport_clock: u64,
    around: &Circumstances<'_>,
) -> serde_json::Result<Vec<u8>> {
    let Circumstances {
        identity,
        git,
        team_slug,
        now,
    } = around;
    serde_json::to_vec(&Envelope {
        event_id: event_id.to_string(),
        event_type: event.event_type(),
        aggregate_id: event.aggregate_id(),
        aggregate_type: "Feature",
        payload: event,
        node_id: &identity.node_id,
        lamport_clock,
        causation_id: None,
        timestamp: now.to_rfc3339_opts(SecondsFormat::Micros, true),
        team_slug: team_slug.unwrap_or(LOCAL_TEAM),
        project_uuid: &identity.project_uuid,
        project_slug: &identity.project_slug,
        git_branch: git.branch.as_deref(),
        head_commit_sha: git.head.as_deref(),
        repo_slug: identity.repo_slug.as_deref(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_compact_object_with_every_key() {
        let identity = ProjectIdentity {
            project_uuid: "550e8400-e29b-41d4-a716-446655440000".to_owned(),
            project_slug: "web".to_owned(),
            node_id: "0123456789ab".to_owned(),
            repo_slug: None,
        };
        let event = Event::MissionOriginBound(MissionOriginBound {
            feature_slug: "061-web-123",
            provider: "linear",
            external_issue_id: "9f1c",
            external_issue_key: "WEB-123",
            external_issue_url: "https://linear.app/x",
            title: "two\nlines \u{1b}[31m é",
        });
        let around = Circumstances {
            identity: &identity,
            git: &GitMetadata {
                branch: Some("main".to_owned()),
                head: None,
            },
            team_slug: None,
            now: DateTime::from_timestamp(1_790_000_000, 5_000).unwrap(),
        };
        let line = line(&event, Ulid::from_parts(1, 2), 7, &around).unwrap();
        assert_eq!(
            String::from_utf8(line).unwrap(),
            concat!(
                r#"{"event_id":"00000000010000000000000002","event_type":"MissionOriginBound","#,
                r#""aggregate_id":"061-web-123","aggregate_type":"Feature","#,
                r#""payload":{"feature_slug":"061-web-123","provider":"linear","#,
                r#""external_issue_id":"9f1c","external_issue_key":"WEB-123","#,
                r#""external_issue_url":"https://linear.app/x","#,
                r#""title":"two\nlines \u001b[31m é"},"node_id":"0123456789ab","#,
                r#""lamport_clock":7,"causation_id":null,"#,
                r#""timestamp":"2026-09-21T14:13:20.000005Z","team_slug":"local","#,
                r#""project_uuid":"550e8400-e29b-41d4-a716-446655440000","#,
                r#""project_slug":"web","git_branch":"main","head_commit_sha":null,"#,
                r#""repo_slug":null}"#
            )
        );
    }
}
