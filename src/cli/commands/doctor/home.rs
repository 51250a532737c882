//! Checks the state directory: permissions, settings, credentials, clock, queues.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::FIX;
use super::finding::{Check, Finding};
use crate::auth::status::{Standing, look};
use crate::cli::commands::sync::total;
use crate::cli::{Context, Failure};
use crate::fs::FsError;
use crate::settings;
use crate::sync::lamport_clock;
use crate::sync::queue::Queue;
use crate::text::{chain, count};
use crate::world::World;

/// Checks everything that does not belong to a project.
pub(super) fn check(context: &Context) -> Vec<Finding> {
    let home = context.world.state_directory();
    let mut findings = permissions(&home);
    let settings = Check("settings");
    findings.push(match settings::load(&context.world) {
        Ok(_) => settings.ok("config.toml is valid"),
        Err(error) => settings.error(&error, "fix or remove config.toml"),
    });
    findings.push(credentials(context));
    findings.push(clock(&context.world, &home));
    findings.extend(queues(&home));
    findings
}

/// Group and others must not have access.
fn permissions(home: &Path) -> Vec<Finding> {
    const CHECK: Check = Check("home");
    let path = home.display();
    let unusable = match fs::metadata(home) {
        Ok(found) if found.is_dir() => {
            let open = open_to_others(home).into_iter();
            let findings = open.map(|path| {
                let what = format!("others can read or write {}", path.display());
                CHECK
                    .problem(what, FIX)
                    .repaired_by(move || close_to_others(&path))
            });
            return CHECK.or_ok(findings.collect(), format!("{path}: permissions OK"));
        }
        Ok(_) => {
            let advice = "move it away; the next command creates a folder";
            CHECK.problem(format!("{path} is not a folder"), advice)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            CHECK.ok(format!("{path} does not exist yet"))
        }
        Err(error) => CHECK.problem(format!("{path}: {error}"), "make it readable"),
    };
    vec![unusable]
}

/// The folders and secret files in the state directory to which others have access.
fn open_to_others(home: &Path) -> Vec<PathBuf> {
    const MAX_DEPTH: usize = 3;
    let mut found = Vec::new();
    let mut folders = vec![(home.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < MAX_DEPTH => folders.push((path, depth + 1)),
                Ok(kind) if kind.is_file() && is_secret(&path) && is_open(&path) => {
                    found.push(path);
                }
                _ => {}
            }
        }
        if is_open(&folder) {
            found.push(folder);
        }
    }
    found.sort();
    found
}

/// Unlike tokens and tickets, the user's settings may be readable.
fn is_secret(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name != "config.toml")
}

fn is_open(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.mode() & 0o077 != 0)
}

fn close_to_others(path: &Path) -> Result<(), FsError> {
    let found = fs::symlink_metadata(path).map_err(FsError::on("look at", path))?;
    let mode = if found.is_dir() { 0o700 } else { 0o600 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(FsError::on("tighten", path))
}

fn credentials(context: &Context) -> Finding {
    const CHECK: Check = Check("credentials");
    let log_in = "run: spec-kitty auth login";
    let status = match look(&context.world, context.server.as_deref()) {
        Ok(status) => status,
        Err(error) => {
            let what = chain(&error);
            return CHECK.problem(what, Failure::from(error).advice());
        }
    };
    let server = status.server.map(|server| server.to_string());
    let server = server.unwrap_or_else(|| "no server".to_owned());
    match status.standing {
        Standing::LoggedIn | Standing::Environment => CHECK.ok(format!("logged in to {server}")),
        Standing::LoggedOut => CHECK.note("not logged in", log_in),
        Standing::Expired => CHECK.problem("the session has expired", log_in),
        Standing::OtherServer(issuer) => CHECK.problem(
            format!("logged in to {issuer}, but commands use {server}"),
            format!("{log_in} --server {server}"),
        ),
    }
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
