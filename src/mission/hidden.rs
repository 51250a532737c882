//! Missions that a sparse checkout keeps out of the work tree. Their numbers, slugs and tickets are
//! still taken.

use std::path::{Path, PathBuf};

use super::Mission;
use crate::git::command::GitError;
use crate::git::sparse;
use crate::mission::metadata::{MissionMetadata, parse};
use crate::project::Project;
use crate::project::paths::SPECS;
use crate::world::World;

/// The folder names of the hidden missions, sorted. Starts no git process in a full checkout.
pub(crate) fn names(world: &World, project: &Project) -> Result<Vec<String>, GitError> {
    let files = files(world, project)?;
    let mut names: Vec<String> = files
        .into_iter()
        .filter_map(|(name, _)| name.to_str().map(str::to_owned))
        .collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// The hidden missions with a readable `meta.json`, as the index holds it.
pub(crate) fn readable(
    world: &World,
    project: &Project,
) -> Result<Vec<(Mission, MissionMetadata)>, GitError> {
    let Some(repository) = &project.repository else {
        return Ok(Vec::new());
    };
    let mut missions = Vec::new();
    for (name, file) in files(world, project)? {
        let directory = project.root.join(SPECS).join(&name);
        let path = directory.join("meta.json");
        if repository.root.join(&file) != path {
            continue;
        }
        let bytes = sparse::contents(world, repository, &file)?;
        if let Ok(meta) = parse(&path, bytes) {
            let name = name.to_string_lossy().into_owned();
            missions.push((Mission { directory, name }, meta));
        }
    }
    Ok(missions)
}

/// Every file of a hidden mission: the mission's folder name, and the path from the repository root.
fn files(world: &World, project: &Project) -> Result<Vec<(PathBuf, PathBuf)>, GitError> {
    let Some(repository) = &project.repository else {
        return Ok(Vec::new());
    };
    let specs = project.root.join(SPECS);
    let folder = specs
        .strip_prefix(&repository.root)
        .unwrap_or(Path::new(SPECS));
    let files = sparse::left_out(world, repository, folder)?;
    let named = |file: PathBuf| {
        let inside = file.strip_prefix(folder).ok()?;
        let mut parts = inside.components();
        let name = PathBuf::from(parts.next()?.as_os_str());
        // A file directly in kitty-specs/ belongs to no mission.
        parts.next()?;
        Some((name, file))
    };
    Ok(files.into_iter().filter_map(named).collect())
}
