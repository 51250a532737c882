//! The bytes of a repository, to check that nothing changed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Every file, link and folder of a project: its work tree and its whole `.git`, with index,
/// HEAD, refs, stash and objects, but without `.git/spec-kitty`, the place of the program's locks
/// and notes.
#[must_use]
#[derive(Clone)]
pub(crate) struct Snapshot {
    entries: BTreeMap<PathBuf, Entry>,
}

#[derive(Clone, PartialEq, Eq)]
enum Entry {
    Folder {
        mode: u32,
    },
    Link(PathBuf),
    File {
        mode: u32,
        inode: u64,
        bytes: Vec<u8>,
    },
    Other,
}

impl Snapshot {
    /// Reads a folder.
    pub(crate) fn of(root: &Path) -> Self {
        let mut entries = BTreeMap::new();
        read(root, root, &mut entries);
        Self { entries }
    }

    /// The same without a path and everything below it.
    pub(crate) fn without(mut self, prefix: &str) -> Self {
        self.entries.retain(|path, _| !path.starts_with(prefix));
        self
    }

    /// What is new, changed or gone in `after`.
    pub(crate) fn changes(&self, after: &Self) -> Vec<String> {
        let gone = self
            .entries
            .keys()
            .filter(|path| !after.entries.contains_key(*path))
            .map(|path| format!("gone: {}", path.display()));
        let rest = after
            .entries
            .iter()
            .filter_map(|(path, entry)| match self.entries.get(path) {
                None => Some(format!("new: {}", path.display())),
                Some(before) if before != entry => Some(format!("changed: {}", path.display())),
                Some(_) => None,
            });
        gone.chain(rest).collect()
    }

    /// Nothing differs.
    #[track_caller]
    pub(crate) fn assert_same(&self, after: &Self) {
        let changes = self.changes(after);
        assert!(changes.is_empty(), "{changes:#?}");
    }
}

fn read(root: &Path, folder: &Path, entries: &mut BTreeMap<PathBuf, Entry>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let relative = path.strip_prefix(root).unwrap().to_owned();
        if relative == Path::new(".git/spec-kitty") {
            continue;
        }
        let metadata = fs::symlink_metadata(&path).unwrap();
        let mode = metadata.permissions().mode();
        let entry = if metadata.is_symlink() {
            Entry::Link(fs::read_link(&path).unwrap())
        } else if metadata.is_dir() {
            read(root, &path, entries);
            Entry::Folder { mode }
        } else if metadata.is_file() {
            Entry::File {
                mode,
                inode: metadata.ino(),
                bytes: fs::read(&path).unwrap_or_default(),
            }
        } else {
            Entry::Other
        };
        entries.insert(relative, entry);
    }
}
