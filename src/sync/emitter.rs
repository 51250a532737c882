//! Records events in the offline queue.

use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use ulid::Ulid;

use super::event::{Envelope, Event, FeatureCreated, LOCAL_TEAM, MissionOriginBound};
use super::lamport_clock::{self, ClockError};
use super::queue::{NotRecorded, Queue};
use crate::project::identity::ProjectIdentity;
use crate::project::{GitMetadata, Project};
use crate::wire::event_rules::{self, RuleBroken};
use crate::world::World;

/// Records the events of one project.
#[derive(Debug, Clone, Copy)]
pub struct Emitter<'a> {
    /// Provides the time.
    pub world: &'a World,
    /// Contains the queues and the Lamport clock.
    pub state_directory: &'a Path,
    /// The project.
    pub identity: &'a ProjectIdentity,
    /// The team of the session; `None` without one.
    pub team_slug: Option<&'a str>,
}

/// Why an event was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// The payload breaks a rule. A second attempt would fail again.
    #[error(transparent)]
    Rule(#[from] RuleBroken),
    #[error("the event cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Clock(#[from] ClockError),
    #[error(transparent)]
    Queue(#[from] NotRecorded),
}

impl<'a> Emitter<'a> {
    /// The emitter of a project.
    pub(crate) fn of_project(
        world: &'a World,
        project: &'a Project,
        team_slug: Option<&'a str>,
    ) -> Self {
        Self {
            world,
            state_directory: &project.state_directory,
            identity: &project.identity,
            team_slug,
        }
    }

    /// Records that a ticket was bound to a mission.
    pub(crate) fn emit_mission_origin_bound(
        &self,
        event_id: Ulid,
        git: &GitMetadata,
        event: &MissionOriginBound<'_>,
    ) -> Result<(), EmitError> {
        self.emit(event_id, git, &Event::MissionOriginBound(*event))
    }

    /// Records that a mission was created.
    pub(crate) fn emit_feature_created(
        &self,
        event_id: Ulid,
        git: &GitMetadata,
        event: &FeatureCreated<'_>,
    ) -> Result<(), EmitError> {
        self.emit(event_id, git, &Event::FeatureCreated(*event))
    }

    /// Records an event. After `Ok` it is durable. If the payload breaks a rule, the clock does not
    /// advance.
    pub fn emit(
        &self,
        event_id: Ulid,
        git: &GitMetadata,
        event: &Event<'_>,
    ) -> Result<(), EmitError> {
        event_rules::validate(event.event_type(), &serde_json::to_value(event)?)?;
        let queue = Queue::of_project(self.state_directory, &self.identity.project_uuid);
        let lamport_clock = lamport_clock::advance(
            self.world,
            self.state_directory,
            &self.identity.node_id,
            || queue.newest_lamport_clock(),
            || self.highest_lamport_clock(),
        )?;
        let envelope = self.envelope(event_id, git, event, lamport_clock, self.world.now());
        let line = serde_json::to_vec(&envelope)?;
        Ok(queue.append(self.world, &[line])?)
    }

    /// The maximum of all queues, because they share the clock.
    fn highest_lamport_clock(&self) -> u64 {
        let queues = Queue::all(self.state_directory).unwrap_or_default();
        let clocks = queues.iter().map(|queue| queue.counts().lamport_clock);
        clocks.max().unwrap_or(0)
    }

    fn envelope<'e>(
        &'e self,
        event_id: Ulid,
        git: &'e GitMetadata,
        event: &'e Event<'_>,
        lamport_clock: u64,
        now: DateTime<Utc>,
    ) -> Envelope<'e> {
        Envelope {
            event_id,
            event_type: event.event_type(),
            aggregate_id: event.aggregate_id(),
            aggregate_type: "Feature",
            payload: event,
            node_id: &self.identity.node_id,
            lamport_clock,
            causation_id: None,
            timestamp: now.to_rfc3339_opts(SecondsFormat::Micros, true),
            team_slug: self.team_slug.unwrap_or(LOCAL_TEAM),
            project_uuid: &self.identity.project_uuid,
            project_slug: &self.identity.project_slug,
            git_branch: git.branch.as_deref(),
            head_commit_sha: git.head.as_deref(),
            repo_slug: self.identity.repo_slug.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    struct Home {
        _folder: tempfile::TempDir,
        world: World,
        state: std::path::PathBuf,
        identity: ProjectIdentity,
    }

    impl Home {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            Self {
                world: World::with_variables::<&str, &str>(folder.path().to_owned(), []),
                state: folder.path().join("state"),
                identity: ProjectIdentity {
                    project_uuid: "550e8400-e29b-41d4-a716-446655440000".to_owned(),
                    project_slug: "web".to_owned(),
                    node_id: "0123456789ab".to_owned(),
                    repo_slug: None,
                },
                _folder: folder,
            }
        }

        fn emitter<'a>(&'a self, team_slug: Option<&'a str>) -> Emitter<'a> {
            Emitter {
                world: &self.world,
                state_directory: &self.state,
                identity: &self.identity,
                team_slug,
            }
        }

        fn queued(&self) -> Vec<Value> {
            let queue = self.state.join("queue").join(&self.identity.project_uuid);
            let text = std::fs::read_to_string(queue.join("active.v1.jsonl")).unwrap_or_default();
            text.lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect()
        }
    }

    fn bound(title: &str) -> MissionOriginBound<'_> {
        MissionOriginBound {
            feature_slug: "061-web-123",
            provider: "linear",
            external_issue_id: "9f1c",
            external_issue_key: "WEB-123",
            external_issue_url: "https://linear.app/x",
            title,
        }
    }

    const CREATED: FeatureCreated<'_> = FeatureCreated {
        feature_slug: "061-web-123",
        feature_number: "061",
        target_branch: "main",
        wp_count: 0,
    };

    #[test]
    fn events_have_increasing_clocks() {
        let home = Home::new();
        let emitter = home.emitter(Some("acme"));
        let git = GitMetadata::default();
        let (one, two) = (Ulid::from_parts(1, 1), Ulid::from_parts(1, 2));
        emitter.emit_feature_created(one, &git, &CREATED).unwrap();
        emitter
            .emit_mission_origin_bound(two, &git, &bound("T"))
            .unwrap();
        let events = home.queued();
        let ids: Vec<_> = events
            .iter()
            .map(|e| e["event_id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, [one, two].map(|id| id.to_string()));
        let clocks: Vec<_> = events
            .iter()
            .map(|e| e["lamport_clock"].as_u64().unwrap())
            .collect();
        assert_eq!(clocks[1], clocks[0] + 1);
        assert!(events.iter().all(|e| e["team_slug"] == "acme"));
    }

    #[test]
    fn a_payload_that_breaks_a_rule_is_never_queued_and_moves_no_clock() {
        let home = Home::new();
        let error = home
            .emitter(None)
            .emit_mission_origin_bound(Ulid::from_parts(1, 2), &GitMetadata::default(), &bound(""))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "title of a MissionOriginBound event must be a non-empty string"
        );
        assert!(!home.state.exists());
    }

    #[test]
    fn a_line_is_one_compact_object_with_every_key() {
        let home = Home::new();
        let event = Event::MissionOriginBound(bound("two\nlines \u{1b}[31m é"));
        let git = GitMetadata {
            branch: Some("main".to_owned()),
            head: None,
        };
        let emitter = home.emitter(None);
        let now = DateTime::from_timestamp(1_790_000_000, 5_000).unwrap();
        let envelope = emitter.envelope(Ulid::from_parts(1, 2), &git, &event, 7, now);
        let expected = concat!(
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
        );
        assert_eq!(serde_json::to_string(&envelope).unwrap(), expected);
    }
}
