//! Work that a crash or failure cut off.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::FIX;
use super::finding::{Check, Finding};
use crate::cli::Context;
use crate::cli::resume::{resuming_command, resuming_words};
use crate::fs::lock::{self, LockError};
use crate::git::branches::{branch_with, local};
use crate::git::command::GitError;
use crate::journey::{Journey, Journeys, Step, StoredJourney, remove_file};
use crate::mission::Mission;
use crate::project::Project;
use crate::text::shell_word;

const CHECK: Check = Check("unfinished work");

/// Journeys that were cut off: their command resumes them, unless their mission is gone.
pub(crate) fn check(context: &Context, project: &Project) -> Vec<Finding> {
    let stored = match Journeys::of(project).all() {
        Ok(stored) => stored,
        Err(error) => return vec![CHECK.error(&error, "make the folder intents/ yours")],
    };
    let findings = stored
        .into_iter()
        .map(|stored| unfinished(context, project, stored));
    CHECK.or_ok(findings.collect(), "none")
}

fn unfinished(context: &Context, project: &Project, stored: StoredJourney) -> Finding {
    let path = stored.path;
    let Some(journey) = stored.journey else {
        let what = format!("{} cannot be read", path.display());
        return CHECK
            .problem(what, FIX)
            .repaired_by(move || remove_file(&path));
    };
    let mission = &journey.mission;
    if journey.unbind.is_some() {
        let what = format!("mission {mission} is not unbound completely");
        return CHECK.note(what, format!("run: {}", resuming_command(&journey)));
    }
    let meta_file = Mission::named(&project.root, mission).meta_file();
    if !meta_file.exists() {
        return absent(context, project, &journey, meta_file, path);
    }
    let ticket = journey.ticket.as_ref();
    let ticket = ticket.map(|ticket| ticket.candidate.external_issue_key());
    let owed = journey.owed();
    let what = match (owed.first(), ticket) {
        (_, Some(key)) if journey.taken => format!("{key} has another mission than {mission}"),
        (Some(Step::RecordCreated | Step::RecordBound), _) if !owed.contains(&Step::Bind) => {
            format!("the event of {mission} is not recorded")
        }
        (Some(Step::CommitOrigin), Some(key)) => {
            format!("the bind of {key} to {mission} is not committed")
        }
        (_, Some(key)) if journey.creation.is_some() => {
            format!("mission {mission} for {key} is not finished")
        }
        (_, Some(key)) => format!("mission {mission} is not bound to {key} yet"),
        (_, None) => format!("mission {mission} is not committed"),
    };
    let command = resuming_command(&journey);
    CHECK.note(what, format!("run: {command}"))
}

/// The mission is not in the work tree: in another one or on another branch its work still waits;
/// deleted, it is over.
fn absent(
    context: &Context,
    project: &Project,
    journey: &Journey,
    meta_file: PathBuf,
    journey_file: PathBuf,
) -> Finding {
    let mission = &journey.mission;
    let is_there = |root: &PathBuf| Mission::named(root, mission).meta_file().exists();
    if let Some(root) = project.other_roots().into_iter().find(is_there) {
        let root = root.to_string_lossy();
        let what = format!("mission {mission} is in another work tree, {root}");
        let command = resuming_words(journey);
        let advice = format!("run: spec-kitty -C {} {command}", shell_word(&root));
        return CHECK.note(what, advice);
    }
    match branch_of(context, project, &meta_file) {
        Ok(None) => match begun_branch(context, project, journey) {
            Ok(None) => {}
            Ok(Some(branch)) => {
                let what = format!("mission {mission} on the branch {branch} is not made yet");
                return CHECK.note(what, format!("run: {}", resuming_command(journey)));
            }
            Err(error) => return CHECK.error(&error, "run: git status"),
        },
        Ok(Some(branch)) => {
            let what = format!("mission {mission} is on another branch, {branch}");
            let switch = format!("go on there: git switch {}", shell_word(&branch));
            return CHECK.note(what, switch);
        }
        Err(error) => return CHECK.error(&error, "run: git status"),
    }
    let what = format!("mission {mission} is gone; this will never finish");
    let world = context.world.clone();
    let lock_file = project.number_lock_file();
    CHECK.problem(what, FIX).repaired_by(move || {
        // A mission that is just being made has its journey on disk before its folder.
        let _held = lock::acquire(&world, &lock_file?, Duration::from_secs(5))?;
        if meta_file.exists() {
            return Ok(());
        }
        remove_file(&journey_file).map_err(LockError::from)
    })
}

/// The branch that a command made for its mission, which it has not made.
fn begun_branch<'a>(
    context: &Context,
    project: &Project,
    journey: &'a Journey,
) -> Result<Option<&'a str>, GitError> {
    let branch = journey.creation.as_ref().and_then(|it| it.branch.as_ref());
    let (Some(branch), Some(repository)) = (branch, &project.repository) else {
        return Ok(None);
    };
    let exists = local(&context.world, repository)?.contains(&branch.name);
    Ok(exists.then_some(&*branch.name))
}

/// The branch that holds a file which is not in the work tree.
fn branch_of(
    context: &Context,
    project: &Project,
    file: &Path,
) -> Result<Option<String>, GitError> {
    let Some(repository) = &project.repository else {
        return Ok(None);
    };
    let inside = file.strip_prefix(&repository.root).unwrap_or(file);
    branch_with(&context.world, repository, inside)
}
