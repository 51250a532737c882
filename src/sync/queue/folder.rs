//! The folder of a queue: file names, file kinds, permissions.

use std::fs::{self, File, Metadata, OpenOptions};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::fs::{FsError, ensure_private_directory, entries, require_private, sync_directory};
use crate::world::World;

/// The lock for appending and sealing, held for microseconds. Never removed or renamed.
pub(super) const LOCK: &str = "lock";
/// The lock for a whole delivery.
pub(super) const DRAIN_LOCK: &str = "drain.lock";
/// The only file that grows.
pub(super) const ACTIVE: &str = "active.v1.jsonl";
/// The dead-letter file: rejected events and unreadable lines.
pub(super) const DEAD: &str = "dead.v1.jsonl";
/// The extension of incomplete files.
pub(super) const TEMPORARY: &str = ".tmp";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Active,
    Sealed,
    Dead,
    Lock,
    /// Left by a crash, without meaning.
    Temporary,
    /// Written by a newer version: counted, never changed.
    Newer,
    /// Not a queue file: never changed.
    Foreign,
}

/// A file of the folder.
#[derive(Debug)]
pub(super) struct QueueFile {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) kind: FileKind,
}

/// The files sorted by name; empty if the folder does not exist.
pub(super) fn list(folder: &Path) -> Result<Vec<QueueFile>, FsError> {
    let mut files = Vec::new();
    for entry in entries(folder)? {
        let file_type = entry.file_type();
        let file_type = file_type.map_err(FsError::on("list the folder", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = if file_type.is_file() {
            classify(&name)
        } else {
            FileKind::Foreign
        };
        let path = entry.path();
        files.push(QueueFile { name, path, kind });
    }
    Ok(files)
}

fn classify(name: &str) -> FileKind {
    match name {
        LOCK | DRAIN_LOCK => return FileKind::Lock,
        ACTIVE => return FileKind::Active,
        DEAD => return FileKind::Dead,
        _ => {}
    }
    let is_replaced = |name: &str| name == DEAD || sequence(name).is_some();
    let version = name
        .strip_suffix(".jsonl")
        .and_then(|stem| stem.rsplit_once(".v"))
        .map(|(_, version)| version);
    match version {
        Some("1") if sequence(name).is_some() => FileKind::Sealed,
        None if name.strip_suffix(TEMPORARY).is_some_and(is_replaced) => FileKind::Temporary,
        Some(digits) if digits != "1" && digits.parse::<u32>().is_ok() => FileKind::Newer,
        _ => FileKind::Foreign,
    }
}

/// The number in the name of a sealed segment: 20 digits, hyphen, 8 hex digits, `.v1.jsonl`.
fn sequence(name: &str) -> Option<u64> {
    let (digits, random) = name.strip_suffix(".v1.jsonl")?.split_once('-')?;
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_segment = digits.len() == 20
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && random.len() == 8
        && random.bytes().all(hex);
    is_segment.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// The path of a new segment, after all existing ones.
pub(super) fn next_segment(world: &World, folder: &Path) -> Result<PathBuf, FsError> {
    let files = list(folder)?;
    let highest = files.iter().filter_map(|file| sequence(&file.name)).max();
    let next = highest.map_or(0, |highest| highest.saturating_add(1));
    let random = world
        .try_random()
        .map_err(|error| FsError::because("name a segment in", folder, error.to_string()))?;
    let random = u32::from_ne_bytes(random);
    Ok(folder.join(format!("{next:020}-{random:08x}.v1.jsonl")))
}

/// Creates the folder and the two folders above it with mode 0700. Refuses folders of other users.
pub(super) fn prepare(folder: &Path) -> Result<(), FsError> {
    let mut levels: Vec<_> = folder.ancestors().take(3).collect();
    levels.reverse();
    for level in levels {
        let found = match fs::metadata(level) {
            Ok(found) if found.is_dir() => found,
            _ => {
                ensure_private_directory(level)?;
                fs::metadata(level).map_err(FsError::on("look at", level))?
            }
        };
        require_own(level, &found)?;
        require_private(level, &found, 0o700)?;
    }
    Ok(())
}

/// Makes the names in the folder durable, and the name of the folder itself: the process that
/// created the folder may have been killed before it could do so.
pub(super) fn sync_names(folder: &Path) -> Result<(), FsError> {
    for level in folder.ancestors().take(3) {
        sync_directory(level)?;
    }
    // The user need not have access to the parent of the state directory.
    if let Some(parent) = folder.ancestors().nth(3) {
        drop(sync_directory(parent));
    }
    Ok(())
}

/// Opens a regular file of the current user. Does not follow symbolic links or wait for a pipe.
pub(super) fn open(path: &Path, options: &mut OpenOptions) -> Result<(File, Metadata), FsError> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = options
        .mode(0o600)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .map_err(FsError::on("open", path))?;
    let found = file.metadata().map_err(FsError::on("look at", path))?;
    if !found.is_file() {
        return Err(FsError::because("open", path, "not a regular file"));
    }
    require_own(path, &found)?;
    Ok((file, found))
}

/// Like [`open`], for reading.
pub(super) fn open_to_read(path: &Path) -> Result<(File, Metadata), FsError> {
    open(path, OpenOptions::new().read(true))
}

/// Like [`open`], and removes the permissions of group and others.
pub(super) fn open_private(
    path: &Path,
    options: &mut OpenOptions,
) -> Result<(File, Metadata), FsError> {
    let (file, found) = open(path, options)?;
    require_private(path, &found, 0o600)?;
    Ok((file, found))
}

/// Like [`open_private`], for appending and for reading the end. Creates the file if necessary.
pub(super) fn open_to_append(path: &Path) -> Result<(File, Metadata), FsError> {
    open_private(
        path,
        OpenOptions::new().read(true).append(true).create(true),
    )
}

fn require_own(path: &Path, found: &Metadata) -> Result<(), FsError> {
    if found.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let reason = "it belongs to another user";
    Err(FsError::because("trust", path, reason))
}

/// Whether the folder is on a network or otherwise foreign file system, where appends are simulated
/// and locks may block. If the type is unknown the answer is yes, which costs one file per command.
pub(super) fn is_foreign_file_system(folder: &Path) -> bool {
    const FOREIGN: [u32; 13] = [
        0x6969,      // NFS
        0x517b,      // SMB
        0xfe53_4d42, // SMB2
        0xff53_4d42, // CIFS
        0x0102_1997, // 9p
        0x6573_5546, // FUSE, virtiofs
        0x564c,      // NCP
        0x7375_7245, // Coda
        0x5346_414f, // AFS
        0x6b41_4653, // kAFS
        0x00c3_6400, // Ceph
        0x0bd0_0bd0, // Lustre
        0x786f_4256, // VirtualBox shared folders
    ];
    // The width of the field depends on the platform; the number is in the low 32 bits.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "only the low 32 bits count"
    )]
    rustix::fs::statfs(folder).map_or(true, |found| FOREIGN.contains(&(found.f_type as u32)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_determines_the_kind() {
        let cases = [
            ("active.v1.jsonl", FileKind::Active),
            ("dead.v1.jsonl", FileKind::Dead),
            ("lock", FileKind::Lock),
            ("drain.lock", FileKind::Lock),
            ("00000000000000000042-9f3a61c2.v1.jsonl", FileKind::Sealed),
            ("99999999999999999999-9f3a61c2.v1.jsonl", FileKind::Sealed),
            (
                "00000000000000000042-9f3a61c2.v1.jsonl.tmp",
                FileKind::Temporary,
            ),
            ("dead.v1.jsonl.tmp", FileKind::Temporary),
            ("active.v2.jsonl", FileKind::Newer),
            ("00000000000000000042-9f3a61c2.v12.jsonl", FileKind::Newer),
            ("0000000000000000042-9f3a61c2.v1.jsonl", FileKind::Foreign),
            ("00000000000000000042-9F3A61C2.v1.jsonl", FileKind::Foreign),
            (
                "00000000000000000042-9f3a61c2.v1.jsonl.damaged",
                FileKind::Foreign,
            ),
            ("notes.tmp", FileKind::Foreign),
            ("notes.jsonl", FileKind::Foreign),
            ("active.vx.jsonl", FileKind::Foreign),
            ("active.v1.jsonl~", FileKind::Foreign),
        ];
        for (name, kind) in cases {
            assert_eq!(classify(name), kind, "{name}");
        }
    }
}
