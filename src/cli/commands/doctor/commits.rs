//! Checks what commits need: an identity, a signer if git signs, and a committed configuration of the
//! project.

use super::finding::{Check, Finding};
use crate::cli::{Context, Failure};
use crate::git::repository::is_committed;
use crate::project::Project;
use crate::project::config::{self, CONFIG_FILE};
use crate::text::shell_word;

pub(super) fn check(context: &Context, project: &Project) -> Vec<Finding> {
    const CHECK: Check = Check("commits");
    if project.repository.is_none() {
        return Vec::new();
    }
    let mut findings: Vec<_> = configuration(context, project).into_iter().collect();
    if let Err(error) = project.require_commits(&context.world) {
        let failure = Failure::from(error);
        findings.push(CHECK.problem(failure.message.clone(), failure.advice()));
    }
    CHECK.or_ok(findings, "git can commit")
}

/// Other clones and branches know the project only from a commit.
fn configuration(context: &Context, project: &Project) -> Option<Finding> {
    const CHECK: Check = Check("configuration");
    let repository = project.repository.as_ref()?;
    let path = config::path(&project.root);
    let place = path.strip_prefix(&repository.root).unwrap_or(&path);
    let what = if project.has_uncommitted_config() {
        "is not committed, so no other clone or branch knows this project"
    } else if path.exists()
        && !is_committed(&context.world, repository, &[place.to_owned()]).unwrap_or(true)
    {
        "has changes that are not committed"
    } else {
        return None;
    };
    let word = shell_word(&path.to_string_lossy());
    let advice = format!("commit it: git add {word} && git commit");
    Some(CHECK.note(format!("{CONFIG_FILE} {what}"), advice))
}
