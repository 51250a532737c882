//! Puts events into the offline queue.

use std::path::Path;

use ulid::Ulid;

use super::event::{FeatureCreated, GitMetadata, MissionOriginBound};
use super::payload_rules::RuleBroken;
use super::project_identity::ProjectIdentity;
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
    /// Not built yet.
    #[error("not built yet")]
    Stub,
}

impl Emitter<'_> {
    /// Records that a ticket was bound to a mission; durable on return.
    pub fn emit_mission_origin_bound(
        &self,
        _event_id: Ulid,
        _git: &GitMetadata,
        _event: &MissionOriginBound<'_>,
    ) -> Result<(), EmitError> {
        Err(EmitError::Stub)
    }

    /// Records that a mission was created; durable on return.
    pub fn emit_feature_created(
        &self,
        _event_id: Ulid,
        _git: &GitMetadata,
        _event: &FeatureCreated<'_>,
    ) -> Result<(), EmitError> {
        Err(EmitError::Stub)
    }
}
