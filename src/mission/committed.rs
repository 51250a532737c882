//! Missions as the newest commits of other branches hold them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::git::branches::{self, Place};
use crate::git::command::GitError;
use crate::git::repository::Repository;
use crate::mission::metadata::{MissionMetadata, parse};
use crate::project::Project;
use crate::project::paths::SPECS;
use crate::world::World;

/// A mission on a branch that is not checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommittedMission {
    pub branch: String,
    /// The name of its folder.
    pub name: String,
}

/// The folder names of the missions on a branch.
pub(crate) fn names(
    world: &World,
    project: &Project,
    repository: &Repository,
    branch: &str,
) -> Result<Vec<String>, GitError> {
    branches::folders(world, repository, branch, &specs(project, repository))
}

/// The folder names of the missions on any of these branches.
pub(crate) fn all_names(
    world: &World,
    project: &Project,
    repository: &Repository,
    branches: &[String],
) -> Result<BTreeSet<String>, GitError> {
    branches::folders_of_all(world, repository, branches, &specs(project, repository))
}

/// The `meta.json` of each of these missions; `None` if the branch has none, or an invalid one.
pub(crate) fn metadata(
    world: &World,
    project: &Project,
    repository: &Repository,
    missions: &[CommittedMission],
) -> Result<Vec<Option<MissionMetadata>>, GitError> {
    let specs = specs(project, repository);
    let place = |mission: &CommittedMission| Place {
        branch: mission.branch.clone(),
        path: specs.join(&mission.name).join("meta.json"),
    };
    let places: Vec<_> = missions.iter().map(place).collect();
    let files = branches::files(world, repository, &places)?.into_iter();
    let documents = places.iter().zip(files);
    Ok(documents
        .map(|(place, bytes)| parse(&place.path, bytes?).ok())
        .collect())
}

/// The folder of the missions, relative to the repository's root.
fn specs(project: &Project, repository: &Repository) -> PathBuf {
    let folder = project.root.strip_prefix(&repository.root);
    folder.unwrap_or(Path::new("")).join(SPECS)
}
