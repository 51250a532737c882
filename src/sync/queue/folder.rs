//! A queue's folder: what its files are called, who may own them, what else lies there.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::fs::{FsError, ensure_private_directory, require_private, sync_directory};
use crate::world::World;

/// Locked by appenders and by sealing, for microseconds; never removed or renamed.
pub(super) const LOCK: &str = "lock";
/// Locked for a whole drain.
pub(super) const DRAIN_LOCK: &str = "drain.lock";
/// The only file that grows.
pub(super) const ACTIVE: &str = "active.v1.jsonl";
/// Where rejected and unreadable lines go.
pub(super) const DEAD: &str = "dead.v1.jsonl";
/// How a file ends that is not finished.
pub(super) const TEMPORARY: &str = ".tmp";

/// What a file of the folder is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Active,
    Sealed,
    Dead,
    Lock,
    /// What a crash left; meaningless.
    Temporary,
    /// A format this program does not know: never touched, always counted.
    Newer,
    /// Nothing of ours: never touched.
    Foreign,
}

/// One entry of the folder.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
}

/// The folder's entries in the order of their names; none where there is no folder.
pub(super) fn list(folder: &Path) -> Result<Vec<Entry>, FsError> {
    let failed = || FsError::on("list the folder", folder);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed()(error)),
    };
    let mut listed = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed())?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_file = entry.file_type().map_err(failed())?.is_file();
        listed.push(Entry {
            kind: if is_file {
                classify(&name)
            } else {
                Kind::Foreign
            },
            path: entry.path(),
            name,
        });
    }
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(listed)
}

fn classify(name: &str) -> Kind {
    match name {
        LOCK | DRAIN_LOCK => return Kind::Lock,
        ACTIVE => return Kind::Active,
        DEAD => return Kind::Dead,
        _ => {}
    }
    let version = name
        .strip_suffix(".jsonl")
        .and_then(|stem| stem.rsplit_once(".v"))
        .map(|(_, version)| version);
    match version {
        Some("1") if sequence(name).is_some() => Kind::Sealed,
        Some("1") | None if name.strip_suffix(TEMPORARY).is_some_and(is_ours) => Kind::Temporary,
        Some(digits) if digits != "1" && digits.parse::<u32>().is_ok() => Kind::Newer,
        _ => Kind::Foreign,
    }
}

fn is_ours(name: &str) -> bool {
    name == DEAD || sequence(name).is_some()
}

/// The number a sealed segment's name begins with: 20 digits, hyphen, 8 hex digits, `.v1.jsonl`.
fn sequence(name: &str) -> Option<u64> {
    let (digits, random) = name.strip_suffix(".v1.jsonl")?.split_once('-')?;
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_segment = digits.len() == 20
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && random.len() == 8
        && random.bytes().all(hex);
    is_segment.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// A name for a new segment, behind all that exist.
pub(super) fn next_segment(world: &World, folder: &Path) -> Result<PathBuf, FsError> {
    let highest = list(folder)?
        .iter()
        .filter_map(|entry| sequence(&entry.name))
        .max();
    let next = highest.map_or(0, |highest| highest.saturating_add(1));
    let random = world
        .try_random()
        .map_err(|e| FsError::because("name a segment in", folder, e.to_string()))?;
    let random = u32::from_ne_bytes(random);
    Ok(folder.join(format!("{next:020}-{random:08x}.v1.jsonl")))
}

/// Makes the folder and the two above it, ours and 0700 each, or refuses.
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

/// Makes the names in the folder durable, and the name of the folder itself. Whoever made the
/// folder may have been killed before it could do so.
pub(super) fn sync_names(folder: &Path) -> Result<(), FsError> {
    for level in folder.ancestors().take(3) {
        sync_directory(level)?;
    }
    // What holds the state directory need not be ours to open.
    if let Some(outside) = folder.ancestors().nth(3) {
        drop(sync_directory(outside));
    }
    Ok(())
}

/// Opens a regular file that is ours; never through a symbolic link, never waiting for a pipe.
pub(super) fn open(path: &Path, options: &mut OpenOptions) -> Result<(File, Metadata), FsError> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = options
        .mode(0o600)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .map_err(FsError::on("open", path))?;
    let found = file.metadata().map_err(FsError::on("look at", path))?;
    if !found.is_file() {
        return Err(FsError::on("open", path)(io::Error::other(
            "not a regular file",
        )));
    }
    require_own(path, &found)?;
    Ok((file, found))
}

/// [`open`], then takes away what others may do with the file.
pub(super) fn open_private(
    path: &Path,
    options: &mut OpenOptions,
) -> Result<(File, Metadata), FsError> {
    let (file, found) = open(path, options)?;
    require_private(path, &found, 0o600)?;
    Ok((file, found))
}

fn require_own(path: &Path, found: &Metadata) -> Result<(), FsError> {
    if found.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(FsError::on("trust", path)(io::Error::other(
        "it belongs to another user",
    )))
}

/// Whether the folder lies on a network or otherwise foreign file system (NFS, SMB, 9p, FUSE and
/// their like), where appending is simulated and locking may hang. One that cannot be asked is
/// taken for foreign: that costs a file a command and loses nothing.
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
    // The field's width differs between platforms; its low 32 bits are the number everywhere.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the low 32 bits are what is wanted"
    )]
    rustix::fs::statfs(folder).map_or(true, |found| FOREIGN.contains(&(found.f_type as u32)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_file_is() {
        let cases = [
            ("active.v1.jsonl", Kind::Active),
            ("dead.v1.jsonl", Kind::Dead),
            ("lock", Kind::Lock),
            ("drain.lock", Kind::Lock),
            ("00000000000000000042-9f3a61c2.v1.jsonl", Kind::Sealed),
            ("99999999999999999999-9f3a61c2.v1.jsonl", Kind::Sealed),
            (
                "00000000000000000042-9f3a61c2.v1.jsonl.tmp",
                Kind::Temporary,
            ),
            ("dead.v1.jsonl.tmp", Kind::Temporary),
            ("active.v2.jsonl", Kind::Newer),
            ("00000000000000000042-9f3a61c2.v12.jsonl", Kind::Newer),
            ("0000000000000000042-9f3a61c2.v1.jsonl", Kind::Foreign),
            ("00000000000000000042-9F3A61C2.v1.jsonl", Kind::Foreign),
            (
                "00000000000000000042-9f3a61c2.v1.jsonl.damaged",
                Kind::Foreign,
            ),
            ("notes.tmp", Kind::Foreign),
            ("notes.jsonl", Kind::Foreign),
            ("active.vx.jsonl", Kind::Foreign),
            ("active.v1.jsonl~", Kind::Foreign),
        ];
        for (name, kind) in cases {
            assert_eq!(classify(name), kind, "{name}");
        }
    }
}
