//! What belongs to the project: configuration, binding, missions, git, leftovers.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::finding::Finding;
use super::{Arguments, FIX, unfinished_work};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::fs::FsError;
use crate::git::repair::{LeftLock, left_lock, repair};
use crate::mission;
use crate::project::paths::SPECS;
use crate::project::{Project, ProjectError};
use crate::text::chain;
use crate::tracker::binding::OriginBinding;

/// A temporary file younger than this may be in use.
const IN_USE: Duration = Duration::from_hours(1);

/// Looks at the project the command runs in, if it runs in one.
pub(super) fn check(context: &Context, arguments: Arguments) -> Vec<Finding> {
    let project = match Project::open(&context.world) {
        Ok(project) => project,
        Err(ProjectError::Root(error)) => {
            return vec![Finding::note(
                "project",
                chain(&error),
                "run it in a project to check that too",
            )];
        }
        Err(error) => {
            let failure = Failure::from(error);
            let what = failure
                .cause
                .iter()
                .fold(failure.message, |text, cause| format!("{text}: {cause}"));
            return vec![Finding::problem(
                "project",
                what,
                failure
                    .hint
                    .map(|hint| hint.to_string())
                    .unwrap_or_default(),
            )];
        }
    };
    let mut findings = vec![Finding::ok(
        "project",
        format!("at {}", project.root.display()),
    )];
    findings.push(binding(&project));
    findings.extend(missions(&project));
    findings.extend(unfinished_work::check(context, &project));
    findings.extend(git(context, &project, arguments));
    findings.extend(leftovers(context, &project));
    findings
}

fn binding(project: &Project) -> Finding {
    match OriginBinding::load(&project.root) {
        Ok(binding) => {
            let name = binding
                .project_slug
                .or(binding.binding_ref)
                .unwrap_or_default();
            Finding::ok("binding", format!("{} {name}", binding.provider.title()))
        }
        Err(error) => {
            let advice = Failure::from(error);
            Finding::note(
                "binding",
                advice.message,
                advice.hint.map(|hint| hint.to_string()).unwrap_or_default(),
            )
        }
    }
}

/// A mission whose `meta.json` cannot be used is passed over by other commands; here it is named.
fn missions(project: &Project) -> Vec<Finding> {
    let mut all = match mission::all(&project.root) {
        Ok(all) => all,
        Err(error) => {
            return vec![Finding::error(
                "missions",
                &error,
                "make kitty-specs/ a folder you can read",
            )];
        }
    };
    all.retain(|mission| !mission.is_hollow());
    let total = all.len();
    let broken: Vec<_> = all
        .into_iter()
        .filter_map(|mission| mission.load(&project.root).err())
        .map(|error| {
            Finding::error(
                "missions",
                &error,
                "mend the file, or restore it: git checkout -- PATH",
            )
        })
        .collect();
    if broken.is_empty() {
        return vec![Finding::ok(
            "missions",
            crate::text::count(total as u64, "mission"),
        )];
    }
    broken
}

fn git(context: &Context, project: &Project, arguments: Arguments) -> Vec<Finding> {
    let Some(repository) = &project.repository else {
        return vec![Finding::note(
            "git",
            "not a git repository with a work tree",
            "run: git init",
        )];
    };
    let mut findings = vec![match &repository.branch {
        Some(branch) => Finding::ok("git", format!("on {branch}")),
        None => Finding::note(
            "git",
            "detached HEAD: missions cannot be made here",
            "run: git switch BRANCH",
        ),
    }];
    if let Some(open) = repository.interrupted() {
        let what = format!("a {} is in progress: commits are deferred", open.name());
        findings.push(Finding::note(
            "git",
            what,
            format!("finish it: git {} --continue", open.name()),
        ));
    }
    let specs = project.root.join(SPECS);
    let folder = specs
        .strip_prefix(&repository.root)
        .unwrap_or(Path::new(SPECS));
    match left_lock(&context.world, repository, folder) {
        Ok(None) => {}
        Ok(Some(left)) => findings.push(lock_finding(context, repository.clone(), left, arguments)),
        Err(error) => findings.push(Finding::error("git", &error, "run: git status")),
    }
    findings
}

/// Only a person can tell a lock that is held from one that was left.
fn lock_finding(
    context: &Context,
    repository: crate::git::repository::Repository,
    left: LeftLock,
    arguments: Arguments,
) -> Finding {
    let locks: Vec<_> = left
        .paths
        .iter()
        .map(|path| path.to_string_lossy())
        .collect();
    let verb = if locks.len() == 1 {
        "is held by a running git, or was"
    } else {
        "are held by a running git, or were"
    };
    let mut what = format!("{} {verb} left by a killed one", locks.join(", "));
    if !left.reversed.is_empty() {
        let paths: Vec<_> = left
            .reversed
            .iter()
            .map(|path| path.to_string_lossy())
            .collect();
        what = format!("{what}; the next commit would revert {}", paths.join(", "));
    }
    let finding = Finding::problem(
        "git",
        what,
        "if no git is running here, run: spec-kitty doctor --fix --yes",
    );
    if !arguments.fix || !(arguments.yes || no_git_is_running(context)) {
        return finding;
    }
    let world = context.world.clone();
    finding.repaired_by(move || repair(&world, &repository, &left))
}

fn no_git_is_running(context: &Context) -> bool {
    let question =
        "Locks of git are there. Is it certain that no git is running in this repository?";
    context.ui.may_ask() && crate::cli::ask::confirm(context, question).unwrap_or(false)
}

/// Temporary files of writers that were killed; the next writer of the same file removes them too.
fn leftovers(context: &Context, project: &Project) -> Vec<Finding> {
    let specs = project.root.join(SPECS);
    let mut folders = vec![
        project.state_directory.clone(),
        project.root.join(".kittify"),
        specs.clone(),
    ];
    folders.extend(
        mission::all(&project.root)
            .unwrap_or_default()
            .into_iter()
            .map(|mission| mission.directory),
    );
    let found: Vec<_> = folders
        .iter()
        .flat_map(|folder| temporaries(context, folder))
        .collect();
    if found.is_empty() {
        return vec![Finding::ok("leftovers", "none")];
    }
    let finding = |path: PathBuf| {
        let what = format!("{} was left by a command that was killed", path.display());
        Finding::problem("leftovers", what, FIX).repaired_by(move || remove(&path))
    };
    found.into_iter().map(finding).collect()
}

fn temporaries(context: &Context, folder: &Path) -> Vec<PathBuf> {
    let now = std::time::SystemTime::from(context.world.now());
    let old = |path: &Path| {
        let changed = fs::symlink_metadata(path).and_then(|found| found.modified());
        changed.is_ok_and(|time| now.duration_since(time).is_ok_and(|age| age > IN_USE))
    };
    let ours = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(".spec-kitty-new-") || is_temporary(&name)
    };
    let entries = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    entries.filter(|path| ours(path) && old(path)).collect()
}

/// `.meta.json.Ab12Cd.tmp`: what a replaced file is written to first. A `.notes.tmp` is not ours.
fn is_temporary(name: &str) -> bool {
    let between = name
        .strip_prefix('.')
        .and_then(|name| name.strip_suffix(".tmp"));
    between
        .and_then(|name| name.rsplit_once('.'))
        .is_some_and(|(target, random)| {
            !target.is_empty()
                && random.len() == 6
                && random.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

fn remove(path: &Path) -> Result<(), FsError> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    removed.map_err(FsError::on("remove", path))
}
