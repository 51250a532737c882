//! What no compiler holds: the size of files, words that must not stay, the changelog.

use crate::support::repository;

/// A file that says one thing fits well below this.
const MOST_LINES: usize = 500;

#[test]
fn no_source_file_is_longer_than_it_may_be() {
    let long: Vec<_> = repository::rust_files("src")
        .into_iter()
        .filter(|(path, _)| !path.ends_with("tests.rs") && !path.contains("/tests/"))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .collect();
    assert!(long.is_empty(), "longer than {MOST_LINES}: {long:?}");
}

#[test]
fn nothing_is_left_for_later() {
    // In two halves, so that this file does not find itself.
    let words = [
        ["to", "do!("],
        ["unimple", "mented!("],
        ["FIX", "ME"],
        ["#[ign", "ore"],
        ["TO", "DO"],
    ];
    for folder in ["src", "tests", "benches"] {
        for (path, text) in repository::rust_files(folder) {
            for word in words.map(|halves| halves.concat()) {
                assert!(!text.contains(&word), "{path} has {word}");
            }
        }
    }
}

/// clippy keeps the standard streams to the command line; this keeps what prompts and draws there.
#[test]
fn only_the_command_line_parses_prompts_and_draws() {
    for (path, text) in repository::rust_files("src") {
        for name in ["clap::", "dialoguer::", "indicatif::", "anstream::"] {
            let known = path.starts_with("src/cli/") || !text.contains(name);
            assert!(known, "{path} uses {name}");
        }
    }
}

#[test]
fn the_changelog_begins_with_this_version() {
    let changelog = repository::read("CHANGELOG.md");
    let newest = changelog
        .lines()
        .filter_map(|line| line.strip_prefix("## ["))
        .find(|heading| !heading.starts_with("Unreleased"))
        .expect("a version");
    let version = env!("CARGO_PKG_VERSION");
    assert!(newest.starts_with(&format!("{version}] - ")), "{newest}");
}

#[test]
fn every_local_link_of_a_document_leads_somewhere() {
    let documents = [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "docs/environment.md",
        "docs/exit-codes.md",
        "docs/json.md",
        "docs/missions.md",
        "docs/queue-format.md",
        "docs/self-hosting.md",
    ];
    for document in documents {
        let text = repository::read(document);
        let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
        for target in text.split("](").skip(1) {
            let target = target.split([')', '#']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let path = repository::path(folder).join(target);
            assert!(path.exists(), "{document} links to {target}");
        }
    }
}

#[test]
fn the_licence_is_named_the_same_everywhere() {
    assert!(repository::read("LICENSE").contains("MIT License"));
    assert!(repository::read("LICENSE").contains("the spec-kitty authors"));
    assert!(repository::read("Cargo.toml").contains("license = \"MIT\""));
}
