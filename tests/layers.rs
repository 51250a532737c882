//! Holds the direction of dependencies: each layer of `src` names only those below it.

use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the top; those in one row do not know each other.
const LAYERS: [&[&str]; 14] = [
    &["cli"],
    &["journey"],
    &["tracker"],
    &["mission"],
    &["sync"],
    &["project"],
    &["auth"],
    &["settings"],
    &["http"],
    &["wire"],
    &["git"],
    &["fs"],
    &["world"],
    &["text", "secret"],
];

/// Stands beside the client's layers: only `cli` starts it, and it shares the wire and what holds
/// that up.
const CONTROL_PLANE: &str = "control_plane";
const CONTROL_PLANE_USES: [&str; 5] = ["wire", "fs", "world", "text", "secret"];

fn height(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&layer))
}

fn may_use(layer: &str, used: &str) -> bool {
    if layer == used {
        return true;
    }
    if layer == CONTROL_PLANE {
        return CONTROL_PLANE_USES.contains(&used);
    }
    if used == CONTROL_PLANE {
        return layer == "cli";
    }
    match (height(layer), height(used)) {
        (Some(layer), Some(used)) => used > layer,
        _ => false,
    }
}

/// Every `crate::NAME` outside of comments, also inside `crate::{…}`, with its line.
fn uses(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut group: Option<usize> = None;
    for (number, line) in source.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let mut rest = code;
        loop {
            if let Some(depth) = group {
                let (names, open, after) = names_of_group(rest, depth);
                found.extend(names.into_iter().map(|name| (number + 1, name)));
                group = (open > 0).then_some(open);
                rest = after;
            }
            let Some((_, after)) = rest.split_once("crate::").filter(|_| group.is_none()) else {
                break;
            };
            rest = after;
            if let Some(after) = rest.strip_prefix('{') {
                group = Some(1);
                rest = after;
            } else {
                found.push((number + 1, name_at(rest)));
            }
        }
    }
    found
}

/// The names directly inside braces that were opened `depth` times, how many are open at the end
/// of the line, and what follows the last.
fn names_of_group(line: &str, mut depth: usize) -> (Vec<String>, usize, &str) {
    let mut names = Vec::new();
    let mut expected = true;
    for (at, character) in line.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => expected = true,
            c if depth == 1 && expected && !c.is_whitespace() => {
                names.push(name_at(&line[at..]));
                expected = false;
            }
            _ => {}
        }
        if depth == 0 {
            return (names, 0, &line[at + 1..]);
        }
    }
    (names, depth, "")
}

fn name_at(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// `FILE:LINE: LAYER may not use NAME: the line`, for each line that does.
fn offences(file: &str, layer: &str, source: &str) -> Vec<String> {
    uses(source)
        .into_iter()
        .filter(|(_, used)| !may_use(layer, used))
        .map(|(line, used)| {
            let text = source.lines().nth(line - 1).unwrap_or_default().trim();
            format!("{file}:{line}: {layer} may not use {used}: {text}")
        })
        .collect()
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn each_layer_uses_only_those_below_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let name = file.strip_prefix(&source).unwrap().to_owned();
        // The crate's root holds the layers together; main only calls it.
        if ["lib.rs", "main.rs"].contains(&name.to_str().unwrap()) {
            continue;
        }
        let first = name.components().next().unwrap().as_os_str().to_str();
        let layer = first.unwrap().trim_end_matches(".rs");
        let known = layer == CONTROL_PLANE || height(layer).is_some();
        assert!(known, "{layer} is no layer: give it a place in this test");
        let text = fs::read_to_string(&file).unwrap();
        all.extend(offences(&format!("src/{}", name.display()), layer, &text));
    }
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

#[test]
fn an_offending_line_is_found_in_every_form() {
    let source = "\
use crate::world::World; // and crate::cli in a comment
use crate::cli::ui::Ui;
use crate::{fs::FsError, tracker::origin};
use crate::{
    text,
    auth::{credentials, session},
    git,
};
/// [`crate::tracker`] in a link
fn f(g: crate::http::HttpClient) -> crate::Unknown {}
";
    assert_eq!(
        offences("src/git/x.rs", "git", source),
        [
            "src/git/x.rs:2: git may not use cli: use crate::cli::ui::Ui;",
            "src/git/x.rs:3: git may not use tracker: use crate::{fs::FsError, tracker::origin};",
            "src/git/x.rs:6: git may not use auth: auth::{credentials, session},",
            "src/git/x.rs:10: git may not use http: fn f(g: crate::http::HttpClient) -> crate::Unknown {}",
            "src/git/x.rs:10: git may not use Unknown: fn f(g: crate::http::HttpClient) -> crate::Unknown {}",
        ]
    );
}

#[test]
fn the_control_plane_knows_the_wire_and_is_known_by_the_command_line_only() {
    assert!(may_use(CONTROL_PLANE, "wire") && may_use("cli", CONTROL_PLANE));
    for client in ["cli", "tracker", "core", "sync", "auth", "http", "git"] {
        assert!(!may_use(CONTROL_PLANE, client), "{client}");
        assert!(
            client == "cli" || !may_use(client, CONTROL_PLANE),
            "{client}"
        );
    }
    assert!(!may_use("text", "secret") && !may_use("secret", "text"));
}
