//! Rules that no compiler checks: the size of files, citations, links, the changelog, the licence.

use crate::support::repository::{self, path, read};

/// The longest source file.
const MOST_LINES: usize = 500;

#[test]
fn no_source_file_is_too_long() {
    for (path, text) in repository::rust_files("src") {
        let is_test = path.ends_with("tests.rs") || path.contains("/tests/");
        let lines = text.lines().count();
        assert!(is_test || lines <= MOST_LINES, "{path} has {lines} lines");
    }
}

/// clippy allows the standard streams only in the command line; this test does so for prompts.
#[test]
fn only_the_command_line_parses_prompts_and_draws() {
    for (path, text) in repository::rust_files("src") {
        for name in ["clap::", "dialoguer::", "indicatif::", "anstream::"] {
            let is_allowed = path.starts_with("src/cli/") || !text.contains(name);
            assert!(is_allowed, "{path} uses {name}");
        }
    }
}

/// Every text of the repository, by path.
fn texts() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for folder in ["src", "tests", "benches"] {
        texts.extend(repository::rust_files(folder));
    }
    texts.extend(documents());
    texts
}

/// Every Markdown document of the repository, by path.
fn documents() -> Vec<(String, String)> {
    let mut documents = Vec::new();
    for folder in ["docs", "tests", "kitty-specs"] {
        documents.extend(repository::files(folder, "md"));
    }
    for name in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        documents.push((name.to_owned(), read(name)));
    }
    documents
}

#[test]
fn nothing_cites_a_document_outside_of_the_repository() {
    let mut wrong = Vec::new();
    for (path, text) in texts() {
        for (number, line) in (1..).zip(text.lines()) {
            let citations = citations(line).into_iter();
            wrong.extend(citations.map(|word| format!("{path}:{number}: {word}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a line must not contain: notes for later, sections of anything but a standard, and names of
/// documents that do not exist, both those in `docs/` and those in capitals such as `README.md`.
fn citations(line: &str) -> Vec<&str> {
    // Split, so that this file does not contain them.
    let notes = [
        concat!("FIX", "ME"),
        concat!("TO", "DO"),
        concat!("#[ign", "ore"),
    ];
    let documents = [concat!("DES", "IGN"), concat!("PROM", "ISES")];
    let words = notes.into_iter().chain(documents);
    let mut wrong: Vec<_> = words.filter(|word| line.contains(word)).collect();
    let is_standard = line.contains("RFC ") || line.contains("ECMA-");
    wrong.extend((line.contains('\u{a7}') && !is_standard).then_some("\u{a7}"));
    let words = line.split(|c: char| !c.is_alphanumeric() && !"-_./".contains(c));
    wrong.extend(words.filter(|word| {
        let Some(stem) = word.strip_suffix(".md") else {
            return false;
        };
        let name = stem.rsplit('/').next().unwrap_or_default();
        let is_capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
        let is_missing = !path(word).exists() && !path(&format!("{name}.md")).exists();
        let is_document = word.starts_with("docs/") || name.chars().all(is_capital);
        // Agents read a file of this name, and `skill` prints one.
        let is_of_agents = name == "SKILL";
        !name.is_empty() && is_document && is_missing && !is_of_agents
    }));
    wrong
}

#[test]
fn citations_are_found() {
    let allowed = "see docs/json.md, (README.md), `tasks/README.md`, spec.md and RFC 9110 \u{a7}4";
    assert_eq!(citations(allowed), [""; 0]);
    // Split, so that the test above does not find them.
    let (folder, name) = ("elsewhere/", "NOTES");
    let cited = format!(
        "{folder}{name}.md, docs/{}.md and \u{a7}3",
        name.to_lowercase()
    );
    assert_eq!(citations(&cited).len(), 3, "{cited}");
}

#[test]
fn every_local_link_of_a_document_leads_somewhere() {
    for (document, text) in documents() {
        let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap_or_default();
            if link.contains("://") || link.contains(' ') {
                continue;
            }
            let (target, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match target {
                "" => path(&document),
                target => path(folder).join(target),
            };
            assert!(target.exists(), "{document} links to {link}");
            if !heading.is_empty() {
                let text = std::fs::read_to_string(&target).unwrap();
                let has_heading = anchors(&text).any(|anchor| anchor == heading);
                assert!(has_heading, "{document} links to {link}");
            }
        }
    }
}

/// The anchors of a document's headings, as GitHub makes them.
fn anchors(document: &str) -> impl Iterator<Item = String> {
    let headings = document.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| {
        let text = line.trim_start_matches('#').trim().to_lowercase();
        let letters = text
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        letters.collect::<String>().replace(' ', "-")
    })
}

#[test]
fn the_changelog_begins_with_this_version() {
    let changelog = read("CHANGELOG.md");
    let headings = changelog
        .lines()
        .filter_map(|line| line.strip_prefix("## ["));
    let mut versions = headings.filter(|heading| !heading.starts_with("Unreleased"));
    let newest = versions.next().expect("a version");
    let version = env!("CARGO_PKG_VERSION");
    assert!(newest.starts_with(&format!("{version}] - ")), "{newest}");
}

#[test]
fn every_file_names_the_same_licence() {
    assert!(read("LICENSE").contains("MIT License"));
    assert!(read("LICENSE").contains("the spec-kitty authors"));
    assert!(read("Cargo.toml").contains("license = \"MIT\""));
}
