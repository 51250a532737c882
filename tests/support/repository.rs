//! The files of this repository, for the tests that compare documents with the program.

use std::fs;
use std::path::{Path, PathBuf};

/// A path in the repository.
pub(crate) fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// A file of the repository.
#[track_caller]
pub(crate) fn read(relative: &str) -> String {
    fs::read_to_string(path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
}

/// Every Rust file below a folder with its text, by path relative to the repository.
pub(crate) fn rust_files(folder: &str) -> Vec<(String, String)> {
    files(folder, "rs")
}

/// Every file below a folder whose name ends in this extension, with its text.
pub(crate) fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    collect(&path(folder), extension, &mut files);
    files.sort();
    files
}

fn collect(folder: &Path, extension: &str, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap().path();
        if entry.is_dir() {
            collect(&entry, extension, files);
        } else if entry.extension().is_some_and(|it| it == extension) {
            let relative = entry.strip_prefix(path("")).unwrap().to_str().unwrap();
            files.push((relative.to_owned(), fs::read_to_string(&entry).unwrap()));
        }
    }
}

/// The texts between backquotes in a text without code blocks.
pub(crate) fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The cells of every row of the Markdown table that follows a heading, without its head.
#[track_caller]
pub(crate) fn table<'a>(document: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let (_, rest) = document
        .split_once(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("no heading {heading}"));
    let rows: Vec<_> = rest
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
            inner.split(" | ").map(str::trim).collect()
        })
        .collect();
    assert!(!rows.is_empty(), "no table below {heading}");
    rows
}

/// Whether a source has a test of this name.
pub(crate) fn has_test(source: &str, name: &str) -> bool {
    let Some((before, _)) = source.split_once(&format!("fn {name}(")) else {
        return false;
    };
    let last = before.lines().rev().take_while(|line| !line.contains('}'));
    let mut last = last.map(str::trim);
    last.any(|line| ["#[test]", "#[tokio::test]"].contains(&line))
}
