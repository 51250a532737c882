//! Creates and removes the folder of a mission: it appears and disappears complete or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::fs::{FsError, entries, read_unlinked, sync_directory};
use crate::mission::Mission;
use crate::mission::metadata::{MetadataError, MetadataKeys, write_meta};
use crate::mission::ticket_file::{self, TICKET_FILE};
use crate::project::inside::unlinked_path;
use crate::project::paths::SPECS;

const TASKS_README: &str = include_str!("../../assets/tasks-readme.md");
/// Where a project may keep a template for `spec.md`; the first one found is used.
const TEMPLATES: [&str; 2] = [
    ".kittify/templates/spec-template.md",
    "templates/spec-template.md",
];
/// The largest template that is copied, in bytes.
const MAX_TEMPLATE: u64 = 4 * 1024 * 1024;
/// The prefix of a folder under construction or removal. One that remains was cut off.
const UNFINISHED: &str = ".spec-kitty-new-";

/// The files of a new mission, relative to its folder.
pub(crate) const FILES: [&str; 7] = [
    "spec.md",
    "meta.json",
    "tasks/README.md",
    "tasks/.gitkeep",
    "checklists/.gitkeep",
    "research/.gitkeep",
    "status.events.jsonl",
];

/// Creates `kitty-specs/NAME/` with all its files, and with this text as its ticket file. The caller
/// holds the number lock, so this may remove what killed processes left under construction.
pub(crate) fn create(
    root: &Path,
    name: &str,
    meta: &MetadataKeys,
    ticket: Option<&str>,
) -> Result<PathBuf, MetadataError> {
    let specs = root.join(SPECS);
    fs::create_dir_all(&specs).map_err(FsError::on("create the folder", &specs))?;
    remove_unfinished(&specs)?;
    let staging = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .tempdir_in(&specs)
        .map_err(FsError::on("create a folder in", &specs))?;
    fill(root, staging.path(), meta)?;
    if let Some(text) = ticket {
        write_new(&staging.path().join(TICKET_FILE), text.as_bytes())?;
    }
    let directory = specs.join(name);
    rename_exclusively(staging.path(), &directory)
        .map_err(FsError::on("create the folder", &directory))?;
    // The folder has its final name, so nothing is left to remove.
    let _renamed = staging.keep();
    // Best effort: the mission exists, even if its name might not survive a power cut.
    drop(sync_directory(&specs));
    Ok(directory)
}

fn fill(root: &Path, folder: &Path, meta: &MetadataKeys) -> Result<(), MetadataError> {
    for name in ["tasks", "checklists", "research"] {
        let path = folder.join(name);
        fs::create_dir(&path).map_err(FsError::on("create the folder", &path))?;
        write_new(&path.join(".gitkeep"), b"")?;
    }
    write_new(&folder.join("spec.md"), &template(root)?)?;
    write_new(&folder.join("status.events.jsonl"), b"")?;
    write_new(&folder.join("tasks/README.md"), TASKS_README.as_bytes())?;
    write_meta(&folder.join("meta.json"), meta)?;
    Ok(())
}

/// The project's template, or nothing. Refuses a link: the author of the repository chose its target.
fn template(root: &Path) -> Result<Vec<u8>, MetadataError> {
    for place in TEMPLATES {
        let path = unlinked_path(root, &root.join(place))?;
        if let Some(bytes) = read_unlinked(&path, MAX_TEMPLATE)? {
            return Ok(bytes);
        }
    }
    Ok(Vec::new())
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), FsError> {
    let write = || -> io::Result<()> {
        let mut file = fs::File::create_new(path)?;
        file.write_all(bytes)?;
        // An empty file has no content to lose.
        if bytes.is_empty() {
            Ok(())
        } else {
            file.sync_data()
        }
    };
    write().map_err(FsError::on("write", path))
}

/// Renames; fails if the name is taken, even by an empty folder.
fn rename_exclusively(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS)
            if fs::symlink_metadata(to).is_err() =>
        {
            fs::rename(from, to)
        }
        other => other.map_err(io::Error::from),
    }
}

fn remove_unfinished(specs: &Path) -> Result<(), FsError> {
    for entry in fs::read_dir(specs).map_err(FsError::on("list the folder", specs))? {
        let entry = entry.map_err(FsError::on("list the folder", specs))?;
        let ours = entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(UNFINISHED.as_bytes());
        if ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            fs::remove_dir_all(entry.path()).map_err(FsError::on("remove", &entry.path()))?;
        }
    }
    Ok(())
}

/// Whether a file of a mission is as [`create`] makes it, so that nothing is lost with it. The
/// metadata is never the user's.
pub(crate) fn is_pristine(root: &Path, mission: &Mission, file: &Path) -> bool {
    let Ok(name) = file.strip_prefix(&mission.directory) else {
        return false;
    };
    if name == Path::new(TICKET_FILE) {
        let found = read_unlinked(file, ticket_file::LARGEST as u64);
        let found = found
            .ok()
            .flatten()
            .and_then(|it| String::from_utf8(it).ok());
        return found.is_some_and(|text| ticket_file::is_as_written(&text));
    }
    let Some(name) = FILES.iter().find(|known| name == Path::new(known)) else {
        return false;
    };
    let is = |expected: &[u8]| {
        let limit = expected.len() as u64;
        read_unlinked(file, limit).is_ok_and(|found| found.as_deref() == Some(expected))
    };
    match *name {
        "meta.json" => true,
        "tasks/README.md" => is(TASKS_README.as_bytes()),
        "spec.md" => is(b"") || template(root).is_ok_and(|template| is(&template)),
        _ => is(b""),
    }
}

/// Every file below a folder, links included.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>, FsError> {
    let mut files = Vec::new();
    for entry in entries(folder)? {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            files.extend(files_below(&entry.path())?);
        } else {
            files.push(entry.path());
        }
    }
    Ok(files)
}

/// Removes the mission's folder, which disappears complete or not at all, and what killed processes
/// left. The caller holds the number lock.
pub(crate) fn remove(root: &Path, mission: &Mission) -> Result<(), FsError> {
    let specs = root.join(SPECS);
    remove_unfinished(&specs)?;
    if mission.directory.symlink_metadata().is_err() {
        return Ok(());
    }
    let staging = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(&specs)
        .map_err(FsError::on("create a folder in", &specs))?;
    fs::rename(&mission.directory, staging.path().join(&mission.name))
        .map_err(FsError::on("remove", &mission.directory))?;
    sync_directory(&specs)?;
    let path = staging.path().to_owned();
    staging.close().map_err(FsError::on("remove", &path))
}
