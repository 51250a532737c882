//! Puts events into the offline queue.

use std::path::Path;

use ulid::Ulid;

use super::event::{self, Circumstances, Event, FeatureCreated, MissionOriginBound};
use super::lamport_clock::{self, ClockError};
use super::queue::{NotRecorded, Queue};
use crate::project::identity::ProjectIdentity;
use crate::project::{GitMetadata, Project};
use crate::wire::event_rules::{self, RuleBroken};
use crate::world::World;

/// Records events of one project.
#[derive(Debug, Clone, Copy)]
pub struct Emitter<'a> {
    /// Clock and entropy.
    pub world: &'a World,
    /// Where queue and Lamport clock lie.
    pub state_directory: &'a Path,
    /// Whose events they are.
    pub identity: &'a ProjectIdentity,
    /// The team of the session; `None` when logged out.
    pub team_slug: Option<&'a str>,
}

/// Why an event was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// Its payload breaks a rule.
    #[error(transparent)]
    Rule(#[from] RuleBroken),
    /// It cannot be written as JSON.
    #[error("the event cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// It got no place in the order of events.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The queue did not take it.
    #[error(transparent)]
    Queue(#[from] NotRecorded),
}

impl<'a> Emitter<'a> {
    /// The emitter of a project's events.
    pub fn of_project(world: &'a World, project: &'a Project, team_slug: Option<&'a str>) -> Self {
        Self {
            world,
            state_directory: &project.state_directory,
            identity: &project.identity,
            team_slug,
        }
    }

    /// Records that a ticket was bound to a mission; durable on return.
    pub fn emit_mission_origin_bound(
        &self,
        event_id: Ulid,
        git: &GitMetadata,
        event: &MissionOriginBound<'_>,
    ) -> Result<(), EmitError> {
        self.emit(git, &[(event_id, Event::MissionOriginBound(*event))])
    }

    /// Records that a mission was created; durable on return.
    pub fn emit_feature_created(
        &self,
        event_id: Ulid,
        git: &GitMetadata,
        event: &FeatureCreated<'_>,
    ) -> Result<(), EmitError> {
        self.emit(git, &[(event_id, Event::FeatureCreated(*event))])
    }

    /// Records these events in this order: all or none, with one write. Nothing is recorded, and
    /// the clock does not move, if one of them breaks a rule.
    pub fn emit(&self, git: &GitMetadata, events: &[(Ulid, Event<'_>)]) -> Result<(), EmitError> {
        for (_, event) in events {
            event_rules::validate(event.event_type(), &serde_json::to_value(event)?)?;
        }
        let first = self.reserve(events.len() as u64)?;
        let around = Circumstances {
            identity: self.identity,
            git,
            team_slug: self.team_slug,
            now: self.world.now(),
        };
        let lines = (first..)
            .zip(events)
            .map(|(clock, (event_id, event))| event::line(event, *event_id, clock, &around))
            .collect::<Result<Vec<_>, _>>()?;
        let queue = Queue::of_project(self.state_directory, &self.identity.project_uuid);
        Ok(queue.append(self.world, &lines)?)
    }

    /// The first of so many clock values. All queues of the machine share the clock, so a lost one
    /// starts above the highest of all.
    fn reserve(&self, count: u64) -> Result<u64, ClockError> {
        let highest = || {
            let queues = Queue::all(self.state_directory).unwrap_or_default();
            let clocks = queues.iter().map(Queue::highest_lamport_clock);
            clocks.max().unwrap_or(0)
        };
        let node_id = &self.identity.node_id;
        let queue = Queue::of_project(self.state_directory, &self.identity.project_uuid);
        let newest = || queue.newest_lamport_clock();
        lamport_clock::reserve(
            self.world,
            self.state_directory,
            node_id,
            count,
            newest,
            highest,
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn identity() -> ProjectIdentity {
        ProjectIdentity {
            project_uuid: "550e8400-e29b-41d4-a716-446655440000".to_owned(),
            project_slug: "web".to_owned(),
            node_id: "0123456789ab".to_owned(),
            repo_slug: None,
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

    fn queued(state: &Path) -> Vec<Value> {
        let queue = state.join("queue").join(identity().project_uuid);
        let text = std::fs::read_to_string(queue.join("active.v1.jsonl")).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn events_of_one_command_get_their_places_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let world = World::with_variables::<&str, &str>(folder.path().to_owned(), []);
        let state = folder.path().join("state");
        let emitter = Emitter {
            world: &world,
            state_directory: &state,
            identity: &identity(),
            team_slug: Some("acme"),
        };
        let git = GitMetadata::default();
        let (one, two, three) = (
            Ulid::from_parts(1, 1),
            Ulid::from_parts(1, 2),
            Ulid::from_parts(1, 3),
        );
        let both = [
            (one, Event::FeatureCreated(CREATED)),
            (two, Event::MissionOriginBound(bound("T"))),
        ];
        emitter.emit(&git, &both).unwrap();
        emitter
            .emit_mission_origin_bound(three, &git, &bound("T"))
            .unwrap();
        let events = queued(&state);
        let ids: Vec<_> = events
            .iter()
            .map(|e| e["event_id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, [one, two, three].map(|id| id.to_string()));
        let clocks: Vec<_> = events
            .iter()
            .map(|e| e["lamport_clock"].as_u64().unwrap())
            .collect();
        assert_eq!(clocks[1], clocks[0] + 1);
        assert!(clocks[2] > clocks[1]);
        assert!(events.iter().all(|e| e["team_slug"] == "acme"));
    }

    #[test]
    fn a_payload_that_breaks_a_rule_is_never_queued_and_moves_no_clock() {
        let folder = tempfile::tempdir().unwrap();
        let world = World::with_variables::<&str, &str>(folder.path().to_owned(), []);
        let state = folder.path().join("state");
        let emitter = Emitter {
            world: &world,
            state_directory: &state,
            identity: &identity(),
            team_slug: None,
        };
        let events = [
            (Ulid::from_parts(1, 1), Event::FeatureCreated(CREATED)),
            (Ulid::from_parts(1, 2), Event::MissionOriginBound(bound(""))),
        ];
        let error = emitter.emit(&GitMetadata::default(), &events).unwrap_err();
        assert_eq!(
            error.to_string(),
            "title of a MissionOriginBound event must be a non-empty string"
        );
        assert!(!state.exists());
    }
}
