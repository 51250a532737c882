//! Mission numbers: one more than the highest in `kitty-specs/` and `.worktrees/`.

use std::fs;
use std::io;
use std::path::Path;

use crate::fs::FsError;

/// The number in a folder's name: exactly three ASCII digits, or at least four followed by a hyphen
/// and a lower-case letter. A number too large to count with is ignored.
pub fn of_folder_name(name: &str) -> Option<u64> {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = name.split_at_checked(digits)?;
    let counts = match digits {
        0..=2 => false,
        3 => true,
        _ => rest
            .strip_prefix('-')?
            .starts_with(|c: char| c.is_ascii_lowercase()),
    };
    if counts {
        number.parse().ok().filter(|n| *n < u64::MAX)
    } else {
        None
    }
}

/// A number as folder names show it: at least three digits.
pub fn padded(number: u64) -> String {
    format!("{number:03}")
}

/// The numbered folders (and links to folders) in `folder`, sorted. A missing folder holds none; a
/// file in its place is an error.
pub fn numbered_folders(folder: &Path) -> Result<Vec<(u64, String)>, FsError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FsError::on("list the folder", folder)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(FsError::on("list the folder", folder))?;
        let name = entry.file_name();
        let Some(number) = name.to_str().and_then(of_folder_name) else {
            continue;
        };
        // The listing already says what an entry is; only a link needs another system call.
        let is_folder = match entry.file_type() {
            Ok(kind) if !kind.is_symlink() => kind.is_dir(),
            _ => fs::metadata(entry.path()).is_ok_and(|found| found.is_dir()),
        };
        if is_folder {
            found.push((number, name.to_string_lossy().into_owned()));
        }
    }
    found.sort();
    Ok(found)
}

/// The next free number. The caller lists the taken ones under the number lock.
pub fn next(taken: &[(u64, String)]) -> u64 {
    let highest = taken.iter().map(|(number, _)| *number).max();
    highest.unwrap_or(0) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_the_table() {
        let table: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/cases/number_cases.json")).unwrap();
        for case in table["cases"].as_array().unwrap() {
            let root = tempfile::tempdir().unwrap();
            for entry in case["layout"].as_array().unwrap() {
                lay(root.path(), entry.as_str().unwrap());
            }
            let folders = ["kitty-specs", ".worktrees"].map(|name| root.path().join(name));
            let taken: Result<Vec<_>, _> = folders.iter().map(|f| numbered_folders(f)).collect();
            let next = taken.map(|taken| next(&taken.concat()));
            match case["next"].as_str() {
                Some(number) => assert_eq!(padded(next.unwrap()), number, "{case}"),
                None => assert!(next.is_err(), "{case}"),
            }
        }
    }

    fn lay(root: &Path, entry: &str) {
        if let Some((link, target)) = entry.split_once("->") {
            std::os::unix::fs::symlink(target, root.join(link)).unwrap();
        } else if entry.ends_with('/') {
            fs::create_dir_all(root.join(entry)).unwrap();
        } else {
            fs::create_dir_all(root.join(entry).parent().unwrap()).unwrap();
            fs::File::create(root.join(entry)).unwrap();
        }
    }

    #[test]
    fn a_number_too_large_to_count_with_is_ignored() {
        assert_eq!(of_folder_name("99999999999999999999999-a"), None);
        assert_eq!(of_folder_name("18446744073709551615-a"), None);
    }
}
