//! What every route works with.

use std::time::Duration;

use super::CreationError;
use crate::fs::lock::{Lock, LockError};
use crate::git::readiness::NotReady;
use crate::mission::Mission;
use crate::mission::commit::CommitPolicy;
use crate::project::Project;
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::world::World;

/// The project, the user's choices for this command, and the control plane if the command binds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Service<'a> {
    pub world: &'a World,
    pub project: &'a Project,
    /// The team of the session; `None` when logged out.
    pub team_slug: Option<&'a str>,
    pub commit: CommitPolicy,
    /// How long to wait for other processes.
    pub wait: Duration,
    /// `None` for commands that need no ticket.
    pub tracker: Option<Tracker<'a>>,
}

/// The project's tracker, reached through the control plane.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tracker<'a> {
    pub binding: &'a OriginBinding,
    pub client: &'a ControlPlaneClient<'a>,
}

impl Service<'_> {
    /// Refuses what keeps git from committing, if the user wants commits.
    pub(super) fn require_commits(&self) -> Result<(), NotReady> {
        match self.commit {
            CommitPolicy::Never => Ok(()),
            CommitPolicy::Commit | CommitPolicy::WithoutHooks => {
                self.project.require_commits(self.world)
            }
        }
    }

    /// Whether the user commits missions to a project whose own configuration is not committed.
    pub(super) fn has_uncommitted_config(&self) -> bool {
        self.commit != CommitPolicy::Never && self.project.has_uncommitted_config()
    }

    /// Keeps other processes from working on the same ticket or name.
    pub(super) fn lock(&self, key: &str) -> Result<Lock, CreationError> {
        let lock = self.project.lock(self.world, "mission", key, self.wait);
        Ok(lock?)
    }

    /// Keeps other processes from discarding the mission while its files change.
    pub(super) fn lock_folder(&self, mission: &Mission) -> Result<Lock, LockError> {
        let Self { world, wait, .. } = *self;
        self.project.lock(world, "folder", &mission.name, wait)
    }
}
