//! The switch of a work tree to the branch that the user wants for a mission.

use std::cell::OnceCell;

use super::branch::BranchState;
use super::error::{CreationError, JourneyError};
use super::plan::{MissionOptions, PlannedMission, require_repository};
use super::service::Service;
use super::walk::Arrival;
use super::{Journey, Journeys};
use crate::fs::lock::Lock;
use crate::git::branches;
use crate::git::command::GitError;
use crate::git::commit::GIT_LOCK_WAIT;
use crate::mission::committed::CommittedMission;
use crate::project::Project;

/// The work tree of a command that may switch it: the project as it is after each switch.
#[derive(Debug, Default)]
pub(super) struct Checkout {
    /// Keeps other commands from switching the same work tree.
    lock: OnceCell<Lock>,
    opened: OnceCell<Project>,
    followed: OnceCell<Project>,
    entered: OnceCell<Project>,
}

impl Checkout {
    /// Waits for other commands that switch this work tree, and keeps them away. Does nothing without
    /// `--branch`.
    pub(super) fn hold<'a>(
        &'a self,
        service: Service<'a>,
        options: &MissionOptions,
    ) -> Result<Service<'a>, CreationError> {
        if options.branch.is_none() {
            return Ok(service);
        }
        let root = service.project.root.to_string_lossy();
        let lock = service
            .project
            .lock(service.world, "checkout", &root, service.wait)?;
        self.lock.get_or_init(|| lock);
        let project = service.project.reopened(service.world)?;
        Ok(Service {
            project: self.opened.get_or_init(|| project),
            ..service
        })
    }

    /// Switches to a mission that an earlier run made on another branch.
    pub(super) fn follow<'a>(
        &'a self,
        service: Service<'a>,
        mission: &CommittedMission,
    ) -> Result<Service<'a>, CreationError> {
        switch(service, &mission.branch, false, &self.followed)
    }

    /// Switches to the branch of a planned mission. The journey is on disk first, so that a later run
    /// knows the target branch. If git refuses, nothing has changed.
    pub(super) fn enter<'a>(
        &'a self,
        service: Service<'a>,
        plan: &PlannedMission,
        journey: &Journey,
    ) -> Result<Service<'a>, CreationError> {
        let Some(branch) = &plan.branch else {
            return Ok(service);
        };
        if branch.state == BranchState::Current {
            return Ok(service);
        }
        let journeys = Journeys::of(service.project);
        // Best effort, like every save: the first step warns if it fails.
        drop(journeys.save(journey));
        let is_new = branch.state == BranchState::New;
        let switched = switch(service, &branch.name, is_new, &self.entered);
        match &switched {
            Ok(_) | Err(CreationError::BranchUnseen { .. }) => {}
            Err(_) => drop(journeys.remove(journey)),
        }
        switched
    }

    /// Completes the result of a command: the branch that the user asked for, and a refusal that came
    /// after the switch.
    pub(super) fn complete(
        &self,
        options: &MissionOptions,
        result: Result<Arrival, JourneyError>,
    ) -> Result<Arrival, JourneyError> {
        match (result, self.switched()) {
            (Ok(mut arrival), _) => {
                let branch = options.branch.as_ref();
                arrival.branch = branch.map(|_| arrival.current_branch.clone());
                Ok(arrival)
            }
            (Err(error @ (JourneyError::Creation(_) | JourneyError::Step(_))), Some(branch)) => {
                Err(JourneyError::Switched {
                    branch: branch.to_owned(),
                    source: Box::new(error),
                })
            }
            (Err(error), _) => Err(error),
        }
    }

    /// The branch that this command switched to.
    fn switched(&self) -> Option<&str> {
        let project = self.entered.get().or_else(|| self.followed.get());
        project.map(Project::current_branch)
    }
}

/// Switches to a branch and opens the project again. The branch that is then checked out decides: git
/// also fails if only a hook fails after the switch.
fn switch<'a>(
    service: Service<'a>,
    name: &str,
    is_new: bool,
    place: &'a OnceCell<Project>,
) -> Result<Service<'a>, CreationError> {
    let repository = require_repository(&service)?;
    let wait = GIT_LOCK_WAIT.min(service.wait);
    let switched = branches::switch(service.world, repository, name, is_new, wait);
    let project = service.project.reopened(service.world);
    let project = project.map_err(|source| CreationError::BranchUnseen {
        branch: name.to_owned(),
        source,
    })?;
    if project.current_branch() != name {
        return Err(match switched {
            Err(GitError::Failed(failure)) => CreationError::NotSwitched {
                branch: name.to_owned(),
                stderr: failure.stderr,
            },
            Err(error) => error.into(),
            Ok(()) => CreationError::NotSwitched {
                branch: name.to_owned(),
                stderr: "another branch is checked out".to_owned(),
            },
        });
    }
    Ok(Service {
        project: place.get_or_init(|| project),
        ..service
    })
}
