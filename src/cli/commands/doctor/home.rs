//! Checks the state directory: permissions, settings, credentials, clock, queues.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::FIX;
use super::finding::Finding;
use crate::auth::status::{Standing, look};
use crate::cli::{Context, Failure};
use crate::fs::FsError;
use crate::settings;
use crate::sync::lamport_clock;
use crate::sync::queue::{Counts, Queue};
use crate::text::{chain, count};

/// Checks everything that does not belong to a project.
pub(super) fn check(context: &Context) -> Vec<Finding> {
    let home = context.world.state_directory();
    let mut findings = permissions(&home);
    findings.push(match settings::load(&context.world) {
        Ok(_) => Finding::ok("settings", "config.toml is valid"),
        Err(error) => Finding::error("settings", &error, "fix or remove config.toml"),
    });
    findings.push(credentials(context));
    findings.push(clock(&home));
    findings.extend(queues(&home));
    findings
}

/// Group and others must not have access.
fn permissions(home: &Path) -> Vec<Finding> {
    const CHECK: &str = "home";
    let path = home.display();
    let unusable = match fs::metadata(home) {
        Ok(found) if found.is_dir() => None,
        Ok(_) => {
            let advice = "move it away; the next command creates a folder";
            Some(Finding::problem(
                CHECK,
                format!("{path} is not a folder"),
                advice,
            ))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Some(Finding::ok(CHECK, format!("{path} does not exist yet")))
        }
        Err(error) => Some(Finding::problem(
            CHECK,
            format!("{path}: {error}"),
            "make it readable",
        )),
    };
    if let Some(finding) = unusable {
        return vec![finding];
    }
    let open = open_to_others(home);
    if open.is_empty() {
        return vec![Finding::ok(CHECK, format!("{path}: permissions OK"))];
    }
    let finding = |path: PathBuf| {
        let what = format!("others can read or write {}", path.display());
        Finding::problem(CHECK, what, FIX).repaired_by(move || close_to_others(&path))
    };
    open.into_iter().map(finding).collect()
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
    const CHECK: &str = "credentials";
    let log_in = "run: spec-kitty auth login";
    let status = match look(&context.world, context.server.as_deref()) {
        Ok(status) => status,
        Err(error) => {
            let what = chain(&error);
            return Finding::problem(CHECK, what, Failure::from(error).advice());
        }
    };
    let server = status.server.map(|server| server.to_string());
    let server = server.unwrap_or_else(|| "no server".to_owned());
    match status.standing {
        Standing::LoggedIn | Standing::Environment => {
            Finding::ok(CHECK, format!("logged in to {server}"))
        }
        Standing::LoggedOut => Finding::note(CHECK, "not logged in", log_in),
        Standing::Expired => Finding::problem(CHECK, "the session has expired", log_in),
        Standing::OtherServer(issuer) => Finding::problem(
            CHECK,
            format!("logged in to {issuer}, but commands use {server}"),
            format!("{log_in} --server {server}"),
        ),
    }
}

fn clock(home: &Path) -> Finding {
    const CHECK: &str = "clock";
    match lamport_clock::read(home) {
        Ok(None) if !home.join("clock.json").exists() => Finding::ok(CHECK, "no events yet"),
        Ok(None) => Finding::note(
            CHECK,
            "clock.json is damaged",
            "the next event repairs it from the queue",
        ),
        Ok(Some(value)) => Finding::ok(CHECK, format!("event clock: {value}")),
        Err(error) => {
            let advice = "make clock.json a file that you can read and write";
            Finding::error(CHECK, &error, advice)
        }
    }
}

fn queues(home: &Path) -> Vec<Finding> {
    const CHECK: &str = "queue";
    let queues = match Queue::all(home) {
        Ok(queues) => queues,
        Err(error) => {
            let advice = "make the folder queue/ readable, or move it away";
            return vec![Finding::error(CHECK, &error, advice)];
        }
    };
    let mut total = Counts::default();
    for queue in &queues {
        total.add(queue.counts());
    }
    let some = |check, number, noun, what, advice| {
        let text = format!("{}{what}", count(number, noun));
        (number > 0).then(|| Finding::note(check, text, advice))
    };
    let deliver = "run: spec-kitty sync now --all";
    let pending = some(CHECK, total.pending, "event", " queued", deliver);
    let mut findings = vec![pending.unwrap_or_else(|| Finding::ok(CHECK, "empty"))];
    findings.extend(some(
        CHECK,
        total.newer_version,
        "event",
        " written by a newer version of spec-kitty",
        "deliver them with that version",
    ));
    findings.extend(some(
        CHECK,
        total.unreadable,
        "unreadable line",
        "",
        "run `spec-kitty sync now --all` to set them aside",
    ));
    let problems = total.problems.into_iter();
    let advice = "check the file, and move it away if it does not belong there";
    findings.extend(problems.map(|problem| Finding::problem(CHECK, problem, advice)));
    let check = "rejected events";
    let list = "run: spec-kitty sync list --dead, then: spec-kitty sync retry";
    let rejected = some(check, total.dead, "event", "", list);
    findings.push(rejected.unwrap_or_else(|| Finding::ok(check, "no rejected events")));
    findings
}
