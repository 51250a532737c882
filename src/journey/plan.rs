//! What would be made: everything that can be refused is refused here, before anything is written.

use std::path::Path;
use std::time::Duration;

use super::error::FeatureCreationError;
use crate::fs::FsError;
use crate::git::repository::Repository;
use crate::mission::commit::CommitPolicy;
use crate::mission::hidden;
use crate::mission::number::{self, numbered_folders};
use crate::mission::slug;
use crate::mission::without_number;
use crate::project::Project;
use crate::project::paths::SPECS;
use crate::tracker::ticket::Ticket;
use crate::world::World;

/// The kind of mission that is made unless another is asked for.
pub(crate) const DEFAULT_MISSION_TYPE: &str = "software-dev";

/// What may be chosen about a new mission.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CreationOptions<'a> {
    /// `software-dev`, `documentation`, …
    pub mission_type: &'a str,
    /// The branch it is meant to land on; the one checked out where `None`.
    pub target_branch: Option<&'a str>,
    /// A number that must be free; the next one where `None`.
    pub number: Option<u64>,
    /// The slug was asked for by name, so a mission that has it already is a conflict.
    pub slug_must_be_free: bool,
    /// The ticket the mission is for.
    pub ticket: Option<&'a Ticket>,
    /// Another mission for the ticket, whatever there is for it (`--allow-duplicate`).
    pub duplicate: bool,
    /// The team of the session, for the event.
    pub team_slug: Option<&'a str>,
    /// Whether and how to commit.
    pub commit: CommitPolicy,
    /// How long to wait for other processes.
    pub wait: Duration,
}

/// A mission that would be made: all that can be refused has not been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedMission {
    /// `061-web-123`.
    pub feature_slug: String,
    /// `061`.
    pub feature_number: String,
    /// The branch it is meant to land on.
    pub target_branch: String,
    /// The branch checked out.
    pub current_branch: String,
}

/// Refuses whatever can be refused and says what would be made. Writes nothing.
pub(crate) fn plan(
    world: &World,
    project: &Project,
    slug: &str,
    options: &CreationOptions<'_>,
) -> Result<PlannedMission, FeatureCreationError> {
    let Branches { current, target } = check(world, project, slug, options)?;
    let hidden = hidden::names(world, project)?;
    let number = choose_number(&project.root, &hidden, slug, options)?;
    let feature_number = number::padded(number);
    Ok(PlannedMission {
        feature_slug: format!("{feature_number}-{slug}"),
        feature_number,
        target_branch: target,
        current_branch: current,
    })
}

/// The branches of a mission to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branches {
    /// The one checked out.
    pub current: String,
    /// The one the mission is meant to land on.
    pub target: String,
}

/// Refuses what is wrong whatever missions there are: slug, type, repository, branch.
pub(crate) fn check(
    world: &World,
    project: &Project,
    slug: &str,
    options: &CreationOptions<'_>,
) -> Result<Branches, FeatureCreationError> {
    if !slug::is_valid(slug) {
        return Err(FeatureCreationError::InvalidSlug(slug.to_owned()));
    }
    if !slug::is_valid(options.mission_type) {
        return Err(FeatureCreationError::InvalidMissionType(
            options.mission_type.to_owned(),
        ));
    }
    let repository = require_repository(world, project)?;
    let current = repository
        .branch
        .clone()
        .ok_or(FeatureCreationError::DetachedHead)?;
    let target = options.target_branch.unwrap_or(&current).to_owned();
    if !is_branch_name(&target) {
        return Err(FeatureCreationError::InvalidBranch(target));
    }
    check_specs(&project.root)?;
    Ok(Branches { current, target })
}

pub(super) fn require_repository<'a>(
    world: &World,
    project: &'a Project,
) -> Result<&'a Repository, FeatureCreationError> {
    let Some(repository) = &project.repository else {
        return Err(FeatureCreationError::NotARepository(project.root.clone()));
    };
    let here =
        std::fs::canonicalize(world.directory()).unwrap_or_else(|_| world.directory().to_owned());
    let below_worktrees = here
        .components()
        .any(|part| part.as_os_str() == ".worktrees");
    if repository.is_linked_worktree() || below_worktrees {
        return Err(FeatureCreationError::InsideWorktree(here));
    }
    Ok(repository)
}

/// `kitty-specs` must be a folder of this project, or not there yet.
fn check_specs(root: &Path) -> Result<(), FeatureCreationError> {
    let specs = root.join(SPECS);
    match std::fs::symlink_metadata(&specs) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(FsError::on("look at", &specs)(error).into()),
        Ok(found) if found.is_dir() => Ok(()),
        Ok(found) if found.is_symlink() => Err(FeatureCreationError::SpecsUnusable(
            "is a symbolic link; git cannot commit below it",
        )),
        Ok(_) => Err(FeatureCreationError::SpecsUnusable("is not a folder")),
    }
}

fn choose_number(
    root: &Path,
    hidden: &[String],
    slug: &str,
    options: &CreationOptions<'_>,
) -> Result<u64, FeatureCreationError> {
    let hidden = hidden.iter().filter_map(|name| {
        let number = number::of_folder_name(name)?;
        Some((number, name.clone()))
    });
    let mut taken = numbered_folders(&root.join(SPECS))?;
    taken.extend(hidden);
    if options.slug_must_be_free
        && let Some((_, by)) = taken.iter().find(|(_, name)| without_number(name) == slug)
    {
        return Err(FeatureCreationError::SlugTaken {
            slug: slug.to_owned(),
            by: by.clone(),
        });
    }
    taken.extend(numbered_folders(&root.join(".worktrees"))?);
    let Some(number) = options.number else {
        return Ok(number::next(&taken));
    };
    match taken.into_iter().find(|(taken, _)| *taken == number) {
        Some((_, by)) => Err(FeatureCreationError::NumberTaken {
            number: number::padded(number),
            by,
        }),
        None => Ok(number),
    }
}

/// The rules of `git check-ref-format --branch` that a name can break by itself.
fn is_branch_name(name: &str) -> bool {
    let bad = |c: char| c.is_control() || c == ' ' || "~^:?*[\\".contains(c);
    !name.is_empty()
        && name != "@"
        && name != "HEAD"
        && !name.starts_with('-')
        && !name.ends_with('.')
        && !name.contains(bad)
        && !name.contains("..")
        && !name.contains("@{")
        && name.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with('.')
                && !part.to_ascii_lowercase().ends_with(".lock")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branch_names() {
        for good in ["main", "feature/x", "release-1.2", "ümlaut"] {
            assert!(is_branch_name(good), "{good}");
        }
        for bad in [
            "", "-x", "a b", "a..b", "a~1", "x.lock", "/a", "a/", "a//b", ".a", "@", "a@{1}",
            "a\n", "HEAD",
        ] {
            assert!(!is_branch_name(bad), "{bad:?}");
        }
    }
}
