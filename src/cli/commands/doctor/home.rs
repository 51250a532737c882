//! What lies in the state directory: modes, credentials, clock, queues, dead letters.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::FIX;
use super::finding::Finding;
use crate::auth::status::{Standing, look};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::fs::FsError;
use crate::settings;
use crate::sync::lamport_clock;
use crate::sync::queue::Queue;
use crate::text::{chain, count};

/// Looks at everything that belongs to the user and not to a project.
pub(super) fn check(context: &Context) -> Vec<Finding> {
    let home = context.world.state_directory();
    let mut findings = modes(&home);
    findings.push(settings(context));
    findings.push(credentials(context));
    findings.push(clock(&home));
    findings.extend(queues(&home));
    findings
}

/// Nothing there may be read or written by others.
fn modes(home: &Path) -> Vec<Finding> {
    match fs::metadata(home) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return vec![Finding::ok(
                "home",
                format!("{} is not there yet", home.display()),
            )];
        }
        Err(error) => {
            return vec![Finding::problem(
                "home",
                format!("{}: {error}", home.display()),
                "make it readable for you",
            )];
        }
        Ok(found) if !found.is_dir() => {
            let what = format!("{} is not a folder", home.display());
            return vec![Finding::problem(
                "home",
                what,
                "move it away; a folder is made in its place",
            )];
        }
        Ok(_) => {}
    }
    let open: Vec<_> = open_to_others(home);
    if open.is_empty() {
        return vec![Finding::ok(
            "home",
            format!("{} is yours alone", home.display()),
        )];
    }
    let finding = |path: PathBuf| {
        let what = format!("others can read or write {}", path.display());
        Finding::problem("home", what, FIX).repaired_by(move || close_to_others(&path))
    };
    open.into_iter().map(finding).collect()
}

/// The home itself, its files and the folders of queues and intents, as deep as these go.
fn open_to_others(home: &Path) -> Vec<PathBuf> {
    const DEEPEST: usize = 3;
    let mut found = Vec::new();
    let mut folders = vec![(home.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        if is_open(&folder) {
            found.push(folder.clone());
        }
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < DEEPEST => {
                    folders.push((entry.path(), depth + 1));
                }
                Ok(kind)
                    if kind.is_file() && is_secret(&entry.path()) && is_open(&entry.path()) =>
                {
                    found.push(entry.path());
                }
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// The settings of a user may be open to others; tokens and tickets may not.
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

fn settings(context: &Context) -> Finding {
    match settings::load(&context.world) {
        Ok(_) => Finding::ok("settings", "config.toml is in order"),
        Err(error) => Finding::error("settings", &error, "mend or remove config.toml"),
    }
}

fn credentials(context: &Context) -> Finding {
    let log_in = "run: spec-kitty auth login";
    match look(&context.world, context.server.as_deref()) {
        Err(error) => {
            let what = chain(&error);
            let advice = Failure::from(error)
                .hint
                .map(|hint| hint.to_string())
                .unwrap_or_default();
            Finding::problem("credentials", what, advice)
        }
        Ok(status) => {
            let server = status
                .server
                .map_or_else(|| "no server".to_owned(), |server| server.to_string());
            match status.standing {
                Standing::LoggedIn | Standing::Environment => {
                    Finding::ok("credentials", format!("logged in to {server}"))
                }
                Standing::LoggedOut => Finding::note("credentials", "not logged in", log_in),
                Standing::Expired => Finding::problem("credentials", "the session expired", log_in),
                Standing::OtherServer(issuer) => Finding::problem(
                    "credentials",
                    format!("the session is of {issuer}, but commands go to {server}"),
                    format!("{log_in} --server {server}"),
                ),
            }
        }
    }
}

fn clock(home: &Path) -> Finding {
    match lamport_clock::read(home) {
        Ok(None) if !home.join("clock.json").exists() => Finding::ok("clock", "not started yet"),
        Ok(None) => Finding::note(
            "clock",
            "clock.json cannot be understood",
            "the next event sets it beyond every value in the queue",
        ),
        Ok(Some(value)) => Finding::ok("clock", format!("stands at {value}")),
        Err(error) => Finding::error(
            "clock",
            &error,
            "make clock.json a file that you can read and write",
        ),
    }
}

fn queues(home: &Path) -> Vec<Finding> {
    let queues = match Queue::all(home) {
        Ok(queues) => queues,
        Err(error) => {
            return vec![Finding::error(
                "queue",
                &error,
                "make the folder queue/ yours, or move it away",
            )];
        }
    };
    let mut total = crate::sync::queue::Counts::default();
    for queue in &queues {
        total.add(queue.counts());
    }
    let mut findings = Vec::new();
    findings.push(if total.pending == 0 {
        Finding::ok("queue", "empty")
    } else {
        Finding::note(
            "queue",
            format!("{} pending", count(total.pending, "event")),
            "run: spec-kitty sync now --all",
        )
    });
    if total.newer_version > 0 {
        let what = format!(
            "{} written by a newer version",
            count(total.newer_version, "event")
        );
        findings.push(Finding::note(
            "queue",
            what,
            "deliver them with that version",
        ));
    }
    if total.unreadable > 0 {
        let what = count(total.unreadable, "unreadable line");
        findings.push(Finding::note(
            "queue",
            what,
            "run: spec-kitty sync now --all, which parks them",
        ));
    }
    for problem in total.problems {
        findings.push(Finding::problem(
            "queue",
            problem,
            "look at it, and move it away if it is not yours",
        ));
    }
    findings.push(if total.dead == 0 {
        Finding::ok("dead letter", "empty")
    } else {
        Finding::note(
            "dead letter",
            format!("{} rejected", count(total.dead, "event")),
            "run: spec-kitty sync list --dead, then: spec-kitty sync retry",
        )
    });
    findings
}
