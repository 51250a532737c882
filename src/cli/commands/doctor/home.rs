//! Checks the state directory: permissions, settings, clock, queues.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::FIX;
use super::finding::{Check, Finding};
use crate::cli::Context;
use crate::cli::commands::sync::total;
use crate::fs::FsError;
use crate::settings;
use crate::sync::lamport_clock;
use crate::sync::queue::Queue;
use crate::text::count;
use crate::world::World;

/// Checks everything that does not belong to a project.
pub(super) fn check(context: &Context) -> Vec<Finding> {
    let home = context.world.state_directory();
    let mut findings = permissions(context, &home);
    let settings = Check("settings");
    findings.push(match settings::load(&context.world) {
        Ok(_) => settings.ok("config.toml is valid"),
        Err(error) => settings.error(&error, "fix or remove config.toml"),
    });
    findings.push(clock(&context.world, &home));
    findings.extend(queues(&home));
    findings
}

/// The folder must be writable, and group and others must not have access.
fn permissions(context: &Context, home: &Path) -> Vec<Finding> {
    const CHECK: Check = Check("home");
    if let Err(error) = context.require_home() {
        return vec![CHECK.problem(error.reason(), error.advice())];
    }
    let path = home.display();
    if !home.exists() {
        return vec![CHECK.ok(format!("{path} does not exist yet"))];
    }
    let open = open_to_others(home).into_iter();
    let findings = open.map(|path| {
        let what = format!("others can read or write {}", path.display());
        CHECK
            .problem(what, FIX)
            .repaired_by(move || close_to_others(&path))
    });
    CHECK.or_ok(findings.collect(), format!("{path}: permissions OK"))
}

/// The secret files and folders in the state directory. Anything else in it is the user's settings, an
/// empty lock, or belongs to another program that shares the directory.
const SECRET: [&str; 7] = [
    "clock.json",
    "clock.json.damaged",
    "control-plane",
    "control-plane",
    "credentials",
    "intents",
    "queue",
];

/// The state directory and the secret files and folders in it to which others have access.
fn open_to_others(home: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = SECRET
        .iter()
        .flat_map(|name| with_content(home.join(name), 3))
        .chain([home.to_owned()])
        .filter(|path| is_open(path))
        .collect();
    found.sort();
    found
}

/// A file, or a folder and what is in it.
fn with_content(path: PathBuf, depth: usize) -> Vec<PathBuf> {
    let is_folder = fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir());
    let mut found = Vec::new();
    if is_folder && depth > 0 {
        let entries = fs::read_dir(&path).into_iter().flatten().flatten();
        found.extend(entries.flat_map(|entry| with_content(entry.path(), depth - 1)));
    }
    found.push(path);
    found
}

fn is_open(path: &Path) -> bool {
    let found = fs::symlink_metadata(path);
    found.is_ok_and(|found| !found.is_symlink() && found.mode() & 0o077 != 0)
}

fn close_to_others(path: &Path) -> Result<(), FsError> {
    let found = fs::symlink_metadata(path).map_err(FsError::on("look at", path))?;
    let mode = if found.is_dir() { 0o700 } else { 0o600 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(FsError::on("tighten", path))
}

fn clock(world: &World, home: &Path) -> Finding {
    const CHECK: Check = Check("clock");
    match lamport_clock::read(home) {
        Ok(None) if !home.join("clock.json").exists() => CHECK.ok("no events yet"),
        Ok(None) => {
            let (world, home) = (world.clone(), home.to_owned());
            CHECK
                .problem("clock.json is damaged", FIX)
                .repaired_by(move || lamport_clock::set_aside(&world, &home))
        }
        Ok(Some(value)) => CHECK.ok(format!("event clock: {value}")),
        Err(error) => CHECK.error(&error, "make clock.json a file that you can read and write"),
    }
}

fn queues(home: &Path) -> Vec<Finding> {
    const CHECK: Check = Check("queue");
    const REJECTED: Check = Check("rejected events");
    let queues = match Queue::all(home) {
        Ok(queues) => queues,
        Err(error) => {
            let advice = "make the folder queue/ readable, or move it away";
            return vec![CHECK.error(&error, advice)];
        }
    };
    let total = total(&queues);
    let mut findings = vec![match total.pending {
        0 => CHECK.ok("empty"),
        number => {
            let what = format!("{} queued", count(number, "event"));
            CHECK.note(what, "run: spec-kitty sync now --all")
        }
    }];
    if total.newer_version > 0 {
        let events = count(total.newer_version, "event");
        let what = format!("{events} written by a newer version of spec-kitty");
        findings.push(CHECK.note(what, "deliver them with that version"));
    }
    if total.damaged_clocks > 0 {
        let events = count(total.damaged_clocks, "event");
        let advice = "new events go on from the highest undamaged one";
        findings.push(CHECK.note(format!("{events} with a damaged clock"), advice));
    }
    if total.unreadable > 0 {
        let advice = "run `spec-kitty sync now --all` to set them aside";
        findings.push(CHECK.note(count(total.unreadable, "unreadable line"), advice));
    }
    let advice = "check the file, and move it away if it does not belong there";
    let problems = total.problems.into_iter();
    findings.extend(problems.map(|problem| CHECK.problem(problem, advice)));
    let list = "run: spec-kitty sync list --dead, then: spec-kitty sync retry";
    findings.push(match total.dead {
        0 => REJECTED.ok("no rejected events"),
        number => REJECTED.note(count(number, "event"), list),
    });
    findings
}
