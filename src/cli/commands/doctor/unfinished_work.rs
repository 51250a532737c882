//! Work that a crash or failure left (QUEUE §2.10).

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::FIX;
use super::finding::Finding;
use crate::cli::context::Context;
use crate::fs::lock::{self, LockError};
use crate::git::branches::branch_with;
use crate::git::command::GitError;
use crate::journey::intent::{self, Intents, Stored};
use crate::project::Project;
use crate::project::paths::SPECS;
use crate::text::shell_word;

const CHECK: &str = "unfinished work";

/// Work that a crash or failure left: its command goes on with it, unless its mission is gone.
pub(super) fn check(context: &Context, project: &Project) -> Vec<Finding> {
    let stored = match Intents::of(project).all() {
        Ok(stored) => stored,
        Err(error) => {
            return vec![Finding::error(
                CHECK,
                &error,
                "make the folder intents/ yours",
            )];
        }
    };
    if stored.is_empty() {
        return vec![Finding::ok(CHECK, "none")];
    }
    stored
        .into_iter()
        .map(|stored| unfinished(context, project, stored))
        .collect()
}

fn unfinished(context: &Context, project: &Project, stored: Stored) -> Finding {
    let path = stored.path;
    let Some(intent) = stored.intent else {
        let what = format!("{} cannot be understood", path.display());
        return Finding::problem(CHECK, what, FIX).repaired_by(move || intent::remove_file(&path));
    };
    let ticket = intent
        .ticket
        .as_ref()
        .map(|ticket| ticket.candidate.external_issue_key().to_owned());
    let is_duplicate = intent.creation.as_ref().is_some_and(|made| made.duplicate);
    let mission = &intent.feature_slug;
    let meta_file = project.root.join(SPECS).join(mission).join("meta.json");
    if !meta_file.exists() {
        return absent(context, project, mission, meta_file, path);
    }
    match ticket {
        Some(key) if intent.creation.is_some() => Finding::note(
            CHECK,
            format!("mission {mission} of {key} is not finished"),
            format!(
                "run: spec-kitty specify --from-ticket {}{} --yes",
                shell_word(&key),
                if is_duplicate {
                    " --allow-duplicate"
                } else {
                    ""
                }
            ),
        ),
        Some(key) if intent.event_recorded => Finding::note(
            CHECK,
            format!("the bind of {key} to {mission} is not committed"),
            again(mission, &key),
        ),
        Some(key) => Finding::note(
            CHECK,
            format!("mission {mission} is not bound to {key} yet"),
            again(mission, &key),
        ),
        None if intent.only_event_missing => Finding::note(
            CHECK,
            format!("the event of {mission} is not recorded"),
            "run: spec-kitty sync now",
        ),
        None => {
            let slug = intent
                .creation
                .map(|creation| creation.slug)
                .unwrap_or_default();
            Finding::note(
                CHECK,
                format!("mission {mission} is not committed"),
                format!("run: spec-kitty specify {slug}"),
            )
        }
    }
}

/// The mission is not in the work tree: on another branch its work still waits; deleted, it is over.
fn absent(
    context: &Context,
    project: &Project,
    mission: &str,
    meta_file: PathBuf,
    intent_file: PathBuf,
) -> Finding {
    match branch_of(context, project, &meta_file) {
        Ok(None) => {}
        Ok(Some(branch)) => {
            let what = format!("mission {mission} is on another branch, {branch}");
            let switch = format!("go on there: git switch {}", shell_word(&branch));
            return Finding::note(CHECK, what, switch);
        }
        Err(error) => return Finding::error(CHECK, &error, "run: git status"),
    }
    let what = format!("mission {mission} is gone; this will never finish");
    let world = context.world.clone();
    let lock_file = project.number_lock_file();
    Finding::problem(CHECK, what, FIX).repaired_by(move || {
        // A mission that is just being made has its intent before its folder.
        let _held = lock::acquire(&world, &lock_file?, Duration::from_secs(5))?;
        if meta_file.exists() {
            return Ok(());
        }
        intent::remove_file(&intent_file).map_err(LockError::from)
    })
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

fn again(mission: &str, key: &str) -> String {
    let (mission, key) = (shell_word(mission), shell_word(key));
    format!("run: spec-kitty tracker bind-origin --mission {mission} --key {key} --yes")
}
