//! Names paths to git so that no character in them means anything.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// The options that make git read pathspecs from standard input as [`on_input`] writes them.
pub(super) const FROM_INPUT: [&str; 2] = ["--pathspec-from-file=-", "--pathspec-file-nul"];

/// A pathspec for exactly this path, relative to the root of the work tree. Marked one by one:
/// `GIT_LITERAL_PATHSPECS` would reach the user's hooks and change theirs as well.
pub(super) fn literal(path: &Path) -> OsString {
    let mut pathspec = OsString::from(":(top,literal)");
    pathspec.push(path);
    pathspec
}

/// [`literal`] for each path, NUL-separated.
pub(super) fn on_input(paths: &[PathBuf]) -> Vec<u8> {
    let mut input = Vec::new();
    for path in paths {
        input.extend_from_slice(literal(path).as_bytes());
        input.push(0);
    }
    input
}
