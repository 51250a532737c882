//! The command line that was typed, as it can be pasted back into a shell.

use std::ffi::OsString;

use crate::text::shell_word;

/// `spec-kitty` and every argument, quoted where it must be.
pub(super) fn typed(arguments: &[OsString]) -> String {
    let words = arguments.iter().skip(1);
    std::iter::once("spec-kitty".to_owned())
        .chain(words.map(|word| shell_word(&word.to_string_lossy())))
        .collect::<Vec<_>>()
        .join(" ")
}
