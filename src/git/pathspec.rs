//! Literal pathspecs.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// The options for reading pathspecs in the form of [`for_input`] from standard input.
pub(super) const FROM_INPUT: [&str; 2] = ["--pathspec-from-file=-", "--pathspec-file-nul"];

/// A pathspec for exactly this path, relative to the root of the work tree. Hooks would inherit
/// `GIT_LITERAL_PATHSPECS`, so each pathspec has the mark.
pub(super) fn literal(path: &Path) -> OsString {
    let mut pathspec = OsString::from(":(top,literal)");
    pathspec.push(path);
    pathspec
}

/// [`literal`] for each path, NUL-separated.
pub(super) fn for_input(paths: &[PathBuf]) -> Vec<u8> {
    let pathspecs = paths.iter().map(|path| literal(path));
    pathspecs
        .flat_map(|spec| [spec.as_bytes(), &[0]].concat())
        .collect()
}
