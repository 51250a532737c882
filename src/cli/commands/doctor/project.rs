//! Checks the project: configuration, binding, missions, git, temporary files.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::finding::{Check, Finding};
use super::{Arguments, FIX, commits, unfinished_work};
use crate::cli::hint::git_restore;
use crate::cli::{Context, Failure, ask};
use crate::fs::FsError;
use crate::git::branches::branch_at_head;
use crate::git::repair::{LeftLock, left_lock, repair};
use crate::git::repository::Repository;
use crate::mission;
use crate::project::inside::real_path;
use crate::project::paths::SPECS;
use crate::project::{Project, ProjectError};
use crate::text::{chain, count, shell_word};
use crate::tracker::binding::OriginBinding;

const GIT: Check = Check("git");
const DETACHED: &str = "detached HEAD: a mission needs a branch";

/// A younger temporary file may be in use.
const IN_USE: Duration = Duration::from_hours(1);

/// Checks the current project, if there is one.
pub(super) fn check(context: &Context, arguments: Arguments) -> Vec<Finding> {
    const CHECK: Check = Check("project");
    let project = match Project::open(&context.world) {
        Ok(project) => project,
        Err(ProjectError::Root(error)) => {
            return vec![CHECK.note(chain(&error), "run it in a project to check that too")];
        }
        Err(error) => {
            let failure = Failure::from(error);
            return vec![CHECK.problem(failure.reason(), failure.advice())];
        }
    };
    let root = format!("at {}", project.root.display());
    let mut findings = vec![CHECK.ok(root), binding(&project)];
    findings.extend(missions(&project));
    findings.extend(unfinished_work::check(context, &project));
    findings.extend(git(context, &project, arguments));
    findings.extend(commits::check(context, &project));
    findings.extend(leftovers(context, &project));
    findings
}

fn binding(project: &Project) -> Finding {
    const CHECK: Check = Check("binding");
    match OriginBinding::load(&project.root) {
        Ok(binding) => {
            let name = binding.project_slug.or(binding.binding_ref);
            let name = name.unwrap_or_default();
            CHECK.ok(format!("{} {name}", binding.provider.title()))
        }
        Err(error) => {
            let failure = Failure::from(error);
            let advice = failure.advice();
            CHECK.note(failure.message, advice)
        }
    }
}

/// Other commands skip a mission with an invalid `meta.json`.
fn missions(project: &Project) -> Vec<Finding> {
    const CHECK: Check = Check("missions");
    let mut all = match mission::all(&project.root) {
        Ok(all) => all,
        Err(error) => return vec![CHECK.error(&error, "make kitty-specs/ a readable folder")],
    };
    all.retain(|mission| !mission.is_hollow());
    let findings = all.iter().filter_map(|mission| {
        let error = mission.load(&project.root).err()?;
        let restore = git_restore(&mission.meta_file());
        let advice = format!("fix the file, or restore it: {restore}");
        Some(CHECK.error(&error, advice))
    });
    let findings = findings.collect();
    CHECK.or_ok(findings, count(all.len() as u64, "mission"))
}

fn git(context: &Context, project: &Project, arguments: Arguments) -> Vec<Finding> {
    let Some(repository) = &project.repository else {
        return vec![GIT.note("not a git repository with a work tree", "run: git init")];
    };
    let mut findings = vec![match &repository.branch {
        Some(branch) => GIT.ok(format!("on {branch}")),
        None => detached(context, repository),
    }];
    if let Some(operation) = repository.interrupted() {
        let name = operation.name();
        let advice = format!("finish it with: git {name} --continue");
        let what = format!("{name} in progress, so commits are deferred");
        findings.push(GIT.note(what, advice));
    }
    let specs = project.root.join(SPECS);
    let folder = specs.strip_prefix(&repository.root);
    let folder = folder.unwrap_or(Path::new(SPECS));
    match left_lock(&context.world, repository, folder) {
        Ok(None) => {}
        Ok(Some(left)) => findings.push(lock_finding(context, repository, left, arguments)),
        Err(error) => findings.push(GIT.error(&error, "run: git status")),
    }
    findings
}

fn detached(context: &Context, repository: &Repository) -> Finding {
    let branch = branch_at_head(&context.world, repository).ok().flatten();
    let advice = match branch {
        Some(branch) => format!("run: git switch {}", shell_word(&branch)),
        None => "run: git switch -c NAME".to_owned(),
    };
    GIT.note(DETACHED, advice)
}

/// Only a person can know whether a running git holds the lock.
fn lock_finding(
    context: &Context,
    repository: &Repository,
    left: LeftLock,
    arguments: Arguments,
) -> Finding {
    let list = |paths: &[PathBuf]| {
        let paths: Vec<_> = paths.iter().map(|path| path.to_string_lossy()).collect();
        paths.join(", ")
    };
    let locks = list(&left.paths);
    let mut what = format!("{locks}: locked by a running git process, or left by a killed one");
    if !left.reversed.is_empty() {
        let reversed = list(&left.reversed);
        what = format!("{what}; the next commit would revert {reversed}");
    }
    let advice = "if no git process is running, run: spec-kitty doctor --fix --yes";
    let finding = GIT.problem(what, advice);
    let question = "There are git locks. Is it certain that no git runs in this repository?";
    let confirmed = || {
        arguments.yes || context.ui.may_ask() && ask::confirm(context, question).unwrap_or(false)
    };
    if !arguments.fix || !confirmed() {
        return finding;
    }
    let (world, repository) = (context.world.clone(), repository.clone());
    finding.repaired_by(move || repair(&world, &repository, &left))
}

/// Temporary files of killed processes. The next write of the same file removes them, too.
fn leftovers(context: &Context, project: &Project) -> Vec<Finding> {
    const CHECK: Check = Check("leftovers");
    let root = &project.root;
    let mut folders = vec![root.join(".kittify"), root.join(SPECS)];
    folders.retain(|folder| real_path(root, folder).is_ok());
    folders.push(project.state_directory.clone());
    let missions = mission::all(root).unwrap_or_default();
    folders.extend(missions.into_iter().map(|mission| mission.directory));
    let found = folders
        .iter()
        .flat_map(|folder| temporaries(context, folder));
    let findings = found.map(|path| {
        let what = format!("{} was left by a killed command", path.display());
        CHECK.problem(what, FIX).repaired_by(move || remove(&path))
    });
    CHECK.or_ok(findings.collect(), "no temporary files")
}

fn temporaries(context: &Context, folder: &Path) -> Vec<PathBuf> {
    let now = SystemTime::from(context.world.now());
    let is_old = |path: &Path| {
        let modified = fs::symlink_metadata(path).and_then(|found| found.modified());
        modified.is_ok_and(|time| now.duration_since(time).is_ok_and(|age| age > IN_USE))
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        (name.starts_with(".spec-kitty-new-") || is_temporary(&name)) && is_old(path)
    });
    paths
}

/// Whether this is a temporary file of `fs::replace`, for example `.meta.json.Ab12Cd.tmp`.
fn is_temporary(name: &str) -> bool {
    let stem = name
        .strip_prefix('.')
        .and_then(|name| name.strip_suffix(".tmp"));
    let parts = stem.and_then(|stem| stem.rsplit_once('.'));
    parts.is_some_and(|(target, random)| {
        let alphanumeric = random.bytes().all(|byte| byte.is_ascii_alphanumeric());
        !target.is_empty() && random.len() == 6 && alphanumeric
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
