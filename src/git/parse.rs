//! Parses the output of git: pure functions over bytes.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// A path in the output of git, which need not be UTF-8.
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// The lines of an output, without line endings.
pub(super) fn lines(answer: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<_> = answer.split(|byte| *byte == b'\n').collect();
    lines.pop_if(|last| last.is_empty());
    lines
}

/// The paths of a NUL-separated output (`-z`).
pub(super) fn paths(answer: &[u8]) -> Vec<PathBuf> {
    let entries = answer.split(|byte| *byte == 0);
    entries
        .filter(|entry| !entry.is_empty())
        .map(path)
        .collect()
}

/// The objects of a type (`blob`, `tree`) in the output of `git cat-file --batch` with the format
/// `%(objecttype) %(objectsize)`; `None` for what is missing or of another type. Stops at the first
/// part of another form.
pub(super) fn batch(answer: &[u8], wanted: &[u8]) -> Vec<Option<Vec<u8>>> {
    let mut files = Vec::new();
    let mut rest = answer;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = rest.split_at(end);
        let after = after.get(1..).unwrap_or_default();
        if line.ends_with(b" missing") || line.ends_with(b" ambiguous") {
            files.push(None);
            rest = after;
            continue;
        }
        let Some((kind, content, after)) = object(line, after) else {
            break;
        };
        files.push((kind == wanted).then(|| content.to_owned()));
        rest = after;
    }
    files
}

/// The type and content of an object whose line this is, and what follows it.
fn object<'a>(line: &'a [u8], after: &'a [u8]) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
    let space = line.iter().position(|byte| *byte == b' ')?;
    let (kind, size) = line.split_at_checked(space)?;
    let size = std::str::from_utf8(size.get(1..)?).ok()?.parse().ok()?;
    let (content, after) = after.split_at_checked(size)?;
    Some((kind, content, after.strip_prefix(b"\n")?))
}

/// The names of the folders in a tree object, as far as they are UTF-8. An entry is a mode, a name and
/// a binary object name of this length.
pub(super) fn folders(tree: &[u8], object_length: usize) -> Vec<String> {
    let mut folders = Vec::new();
    let mut rest = tree;
    while let Some(end) = rest.iter().position(|byte| *byte == 0) {
        let (entry, after) = rest.split_at(end);
        if let Some(name) = entry.strip_prefix(b"40000 ") {
            folders.extend(String::from_utf8(name.to_owned()));
        }
        rest = after.get(1 + object_length..).unwrap_or_default();
    }
    folders
}

/// The content of a tree: file type and object name by path.
pub(super) type Tree = BTreeMap<PathBuf, (FileType, String)>;

/// The entries of `git ls-tree -z`.
pub(super) fn tree(answer: &[u8]) -> Tree {
    let entry = |line: &[u8]| {
        let tab = line.iter().position(|byte| *byte == b'\t')?;
        let (facts, name) = line.split_at_checked(tab)?;
        let facts = std::str::from_utf8(facts).ok()?;
        let mut facts = facts.split(' ');
        let kind = FileType::of_mode(facts.next()?);
        let object = facts.nth(1)?.to_owned();
        Some((path(name.get(1..)?), (kind, object)))
    };
    answer.split(|byte| *byte == 0).filter_map(entry).collect()
}

/// The type of a tree entry, without the executable bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileType {
    Regular,
    Link,
    /// A folder or a submodule.
    Other,
}

impl FileType {
    fn of_mode(mode: &str) -> Self {
        match mode {
            "100644" | "100755" => Self::Regular,
            "120000" => Self::Link,
            _ => Self::Other,
        }
    }
}

/// The full object name in the summary of `git commit` with `core.abbrev=no`:
/// `[main (root-commit) 1234…] Subject`.
pub(super) fn commit_summary(answer: &[u8]) -> Option<String> {
    let first = lines(answer).into_iter().next()?.strip_prefix(b"[")?;
    first
        .split(|byte| *byte == b' ')
        .filter_map(|word| word.strip_suffix(b"]"))
        .find_map(object_name)
}

/// A full object name (SHA-1 or SHA-256).
pub(super) fn object_name(bytes: &[u8]) -> Option<String> {
    let hexadecimal = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (matches!(bytes.len(), 40 | 64) && bytes.iter().all(hexadecimal))
        .then(|| String::from_utf8_lossy(bytes).into_owned())
}

/// The short name of the branch in a `HEAD` file or in the output of
/// `git rev-parse --symbolic-full-name`.
pub(super) fn branch(reference: &[u8]) -> Option<String> {
    let reference = reference.strip_prefix(b"ref: ").unwrap_or(reference);
    let name = reference.trim_ascii_end().strip_prefix(b"refs/heads/")?;
    (!name.is_empty()).then(|| String::from_utf8_lossy(name).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "52f43b650618bac308c7927fd0e19f48fd279d43";

    #[test]
    fn the_summary_gives_the_commit() {
        let wide = "5".repeat(64);
        let cases = [
            (
                format!("[main {ID}] Add mission\n 1 file changed\n"),
                Some(ID),
            ),
            (format!("[main (root-commit) {ID}] x\n"), Some(ID)),
            (format!("[detached HEAD {ID}] x"), Some(ID)),
            (format!("[odd]name {ID}] x"), Some(ID)),
            (format!("[main {wide}] x"), Some(wide.as_str())),
            ("[main 52f43b6] x".to_owned(), None),
            (format!("Words before\n[main {ID}] x"), None),
            (String::new(), None),
        ];
        for (answer, expected) in cases {
            let found = commit_summary(answer.as_bytes());
            assert_eq!(found.as_deref(), expected, "{answer}");
        }
    }

    #[test]
    fn branches_are_shortened() {
        let cases: [(&[u8], Option<&str>); 6] = [
            (b"ref: refs/heads/feature/x\n", Some("feature/x")),
            (b"refs/heads/main", Some("main")),
            (b"HEAD", None),
            (b"ref: refs/heads/\n", None),
            (b"ref: refs/remotes/x", None),
            (b"refs/heads/\xff", Some("\u{fffd}")),
        ];
        for (reference, expected) in cases {
            assert_eq!(branch(reference).as_deref(), expected, "{reference:?}");
        }
    }

    #[test]
    fn trees_are_read_with_any_path() {
        let mut answer = format!("100644 blob {ID}\ta\tb\n\x00120000 blob {ID}\t").into_bytes();
        answer.extend_from_slice(b"\xff\x00040000 tree x\td\0garbage\0");
        let tree = tree(&answer);
        assert_eq!(tree.len(), 3);
        let found = |name: &[u8]| tree.get(&path(name)).cloned().unwrap();
        assert_eq!(found(b"a\tb\n"), (FileType::Regular, ID.to_owned()));
        assert_eq!(found(b"\xff").0, FileType::Link);
        assert_eq!(found(b"d").0, FileType::Other);
    }

    proptest::proptest! {
        #[test]
        fn no_output_makes_the_parsers_panic(answer in proptest::collection::vec(0_u8.., 0..200)) {
            drop((lines(&answer), paths(&answer), tree(&answer)));
            drop((commit_summary(&answer), branch(&answer), object_name(&answer)));
            drop(batch(&answer, b"blob"));
            drop(folders(&answer, 20));
        }
    }
}
