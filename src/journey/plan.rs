//! What a new mission would be. Everything that can be refused is refused here, before anything is
//! written.

use std::path::{Path, PathBuf};

use super::NewBranch;
use super::branch::{BranchChoice, Outlook, PlannedBranch};
use super::error::CreationError;
use super::known::{is_of_repository, named};
use super::service::Service;
use crate::fs::FsError;
use crate::git::repository::Repository;
use crate::mission::number::{self, numbered_folders};
use crate::mission::{hidden, slug, without_number};
use crate::project::paths::SPECS;
use crate::tracker::ticket::Ticket;

/// The folder of the work trees in which work packages are implemented.
const WORKTREES: &str = ".worktrees";

/// The type of a mission unless the user names another.
pub(crate) const DEFAULT_MISSION_TYPE: &str = "software-dev";

/// What the user may choose about a new mission.
#[derive(Debug, Clone)]
pub(crate) struct MissionOptions {
    /// `software-dev`, `documentation`, …
    pub mission_type: String,
    /// The branch the mission lands on; the current branch if `None`.
    pub target_branch: Option<String>,
    /// The branch to commit to; the current one if `None`.
    pub branch: Option<BranchChoice>,
    /// The title of a mission without a ticket; derived from the slug if `None`.
    pub title: Option<String>,
    /// The slug without its number; derived from the ticket if `None`.
    pub slug: Option<String>,
    /// A number that must be free; the next one if `None`.
    pub number: Option<u64>,
    /// Make another mission for the ticket. A duplicate that was cut off is resumed.
    pub allow_duplicate: bool,
}

impl MissionOptions {
    pub(super) fn slug(&self, ticket: Option<&Ticket>) -> String {
        let candidate = ticket.map(|ticket| &ticket.candidate);
        let (key, title) = candidate.map_or(("", ""), |it| (it.external_issue_key(), it.title()));
        let derived = || slug::from_ticket(key, title);
        self.slug.clone().unwrap_or_else(derived)
    }
}

/// A validated plan for a new mission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedMission {
    /// `061-web-123`.
    pub mission_slug: String,
    /// `061`.
    pub number: String,
    pub target_branch: String,
    /// Empty on a detached HEAD.
    pub current_branch: String,
    /// The branch that the user asked for.
    pub branch: Option<PlannedBranch>,
}

impl PlannedMission {
    /// The name of the branch that the user asked for.
    pub(crate) fn branch_name(&self) -> Option<&str> {
        self.branch.as_ref().map(|branch| branch.name.as_str())
    }

    pub(super) fn new_branch(&self) -> Option<NewBranch> {
        self.branch.as_ref().map(|branch| NewBranch {
            name: branch.name.clone(),
            target: self.target_branch.clone(),
        })
    }
}

/// Plans a mission, for a ticket or without one. Writes nothing.
pub(crate) fn plan(
    service: &Service<'_>,
    options: &MissionOptions,
    ticket: Option<&Ticket>,
) -> Result<PlannedMission, CreationError> {
    check(service, options)?;
    service.require_commits()?;
    let slug = options.slug(ticket);
    let outlook = Outlook::of(service, options, ticket)?;
    let number = choose_number(service, options, &slug, ticket, outlook.as_ref())?;
    let number = number::padded(number);
    let mission_slug = format!("{number}-{slug}");
    let branch = outlook.as_ref().map(|it| it.branch(&mission_slug));
    let current_branch = service.project.current_branch();
    let candidates = [
        options.target_branch.as_deref(),
        outlook.as_ref().and_then(Outlook::begun_target),
        Some(current_branch).filter(|branch| !branch.is_empty()),
        branch.as_ref().map(|branch| branch.name.as_str()),
    ];
    let target_branch = candidates.into_iter().flatten().next();
    Ok(PlannedMission {
        target_branch: target_branch.unwrap_or_default().to_owned(),
        current_branch: current_branch.to_owned(),
        mission_slug,
        number,
        branch,
    })
}

/// Refuses what is wrong whatever missions exist: slug, type, repository, branch.
pub(crate) fn check(service: &Service<'_>, options: &MissionOptions) -> Result<(), CreationError> {
    if let Some(slug) = options.slug.as_ref().filter(|slug| !slug::is_valid(slug)) {
        return Err(CreationError::InvalidSlug(slug.clone()));
    }
    if !slug::is_valid(&options.mission_type) {
        let mission_type = options.mission_type.clone();
        return Err(CreationError::InvalidMissionType(mission_type));
    }
    let repository = require_repository(service)?;
    if repository.branch.is_none() && options.branch.is_none() {
        return Err(CreationError::DetachedHead);
    }
    let named = match &options.branch {
        Some(BranchChoice::Named(name)) => Some(name),
        Some(BranchChoice::OfMission) | None => None,
    };
    let mut names = options.target_branch.iter().chain(named);
    if let Some(name) = names.find(|name| !is_branch_name(name)) {
        return Err(CreationError::InvalidBranch(name.clone()));
    }
    check_specs(&service.project.root)
}

pub(super) fn require_repository<'a>(
    service: &Service<'a>,
) -> Result<&'a Repository, CreationError> {
    let Some(repository) = &service.project.repository else {
        let root = service.project.root.clone();
        return Err(CreationError::NotARepository(root));
    };
    let directory = service.world.directory();
    let here = std::fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    if let Some(checkout) = checkout_with_worktree(repository, &here) {
        let main = repository.main_checkout().map(Path::to_owned);
        let main = main.unwrap_or(checkout);
        return Err(CreationError::InsideWorktree { here, main });
    }
    Ok(repository)
}

/// The checkout that has this folder in its `.worktrees/`, where missions are implemented on branches
/// of their own. Any other linked work tree is as good as the main checkout.
fn checkout_with_worktree(repository: &Repository, here: &Path) -> Option<PathBuf> {
    let mut checkouts = repository.other_work_trees();
    checkouts.push(repository.root.clone());
    checkouts.into_iter().find(|checkout| {
        let inside = here.strip_prefix(checkout).unwrap_or(Path::new(""));
        let mut parts = inside.components();
        parts.any(|part| part.as_os_str() == WORKTREES)
    })
}

/// `kitty-specs` must be a real folder, or absent.
fn check_specs(root: &Path) -> Result<(), CreationError> {
    let specs = root.join(SPECS);
    match std::fs::symlink_metadata(&specs) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(FsError::on("look at", &specs)(error).into()),
        Ok(found) if found.is_dir() => Ok(()),
        Ok(found) if found.is_symlink() => Err(CreationError::SpecsUnusable(
            "is a symbolic link; git cannot commit below it",
        )),
        Ok(_) => Err(CreationError::SpecsUnusable("is not a folder")),
    }
}

/// Missions outside a sparse checkout, in other work trees and on the branches of `outlook` count, and
/// those that only the control plane knows: a merge would bring them. A slug that the user asked for
/// must be free if the mission is for a ticket; missions without a ticket may share one.
fn choose_number(
    service: &Service<'_>,
    options: &MissionOptions,
    slug: &str,
    ticket: Option<&Ticket>,
    outlook: Option<&Outlook>,
) -> Result<u64, CreationError> {
    let root = &service.project.root;
    let hidden = hidden::names(service.world, service.project)?;
    let hidden = hidden
        .into_iter()
        .filter_map(|name| Some((number::of_folder_name(&name)?, name)));
    let mut taken = numbered_folders(&root.join(SPECS))?;
    taken.extend(hidden);
    taken.extend(named_here(service, ticket));
    taken.extend_from_slice(outlook.map_or(&[], Outlook::taken));
    if ticket.is_some()
        && options.slug.is_some()
        && let Some((_, by)) = taken.iter().find(|(_, name)| without_number(name) == slug)
    {
        return Err(CreationError::SlugTaken {
            slug: slug.to_owned(),
            by: by.clone(),
        });
    }
    let work_trees = root.join(WORKTREES);
    if work_trees.is_dir() {
        taken.extend(numbered_folders(&work_trees)?);
    }
    for other in service.project.other_roots() {
        // What cannot be read there must not block this work tree.
        let folders = [SPECS, WORKTREES].map(|name| numbered_folders(&other.join(name)));
        taken.extend(folders.into_iter().flat_map(Result::unwrap_or_default));
    }
    let Some(number) = options.number else {
        let begun = outlook.and_then(Outlook::begun_number);
        let begun = begun.filter(|number| taken.iter().all(|(taken, _)| taken != number));
        return Ok(begun.unwrap_or_else(|| number::next(&taken)));
    };
    match taken.into_iter().find(|(taken, _)| *taken == number) {
        Some((_, by)) => Err(CreationError::NumberTaken {
            number: number::padded(number),
            by,
        }),
        None => Ok(number),
    }
}

/// The missions of the ticket in this repository, as the control plane names them.
fn named_here(service: &Service<'_>, ticket: Option<&Ticket>) -> Vec<(u64, String)> {
    let missions = ticket.map(named).unwrap_or_default().iter();
    missions
        .filter(|it| is_of_repository(*service, it))
        .filter_map(|it| {
            Some((
                number::of_folder_name(&it.mission_slug)?,
                it.mission_slug.clone(),
            ))
        })
        .collect()
}

/// The rules of `git check-ref-format --branch` that a name can break by itself.
pub(super) fn is_branch_name(name: &str) -> bool {
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
