//! The layers of `src` depend on each other in one direction only.

use crate::support::repository;

/// The layers from the top. Layers in one row do not use each other.
const LAYERS: [&[&str]; 15] = [
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
    &["web"],
    &["git"],
    &["fs"],
    &["world"],
    &["text", "secret", "warning"],
];

/// The control plane is outside of these layers: only `cli` uses it.
const CONTROL_PLANE: &str = "control_plane";
const CONTROL_PLANE_USES: [&str; 6] = ["wire", "web", "fs", "world", "text", "secret"];

fn may_use(layer: &str, used: &str) -> bool {
    let height = |layer: &str| LAYERS.iter().position(|row| row.contains(&layer));
    match (layer, used) {
        _ if layer == used => true,
        (CONTROL_PLANE, used) => CONTROL_PLANE_USES.contains(&used),
        (layer, CONTROL_PLANE) => layer == "cli",
        _ => height(layer)
            .zip(height(used))
            .is_some_and(|(layer, used)| layer < used),
    }
}

/// The name after each `crate::`, and the first name of each path in a `crate::{…}`, outside of
/// comments.
fn uses(source: &str) -> Vec<String> {
    let lines = source.lines().map(|line| line.split("//").next().unwrap());
    let code = lines.collect::<Vec<_>>().join("\n");
    let paths = code.split("crate::").skip(1);
    let names = paths.flat_map(|rest| match rest.strip_prefix('{') {
        Some(group) => first_names(group),
        None => vec![first_name(rest)],
    });
    names.map(str::to_owned).collect()
}

fn first_name(path: &str) -> &str {
    let end = path.find(|c: char| c != '_' && !c.is_alphanumeric());
    &path[..end.unwrap_or(path.len())]
}

fn first_names(group: &str) -> Vec<&str> {
    let (mut depth, mut names) = (1, Vec::new());
    for part in group.split_inclusive(['{', '}', ',']) {
        names.extend((depth == 1).then(|| first_name(part.trim_start())));
        match part.chars().last() {
            Some('{') => depth += 1,
            Some('}') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn each_layer_uses_only_those_below_it() {
    let mut wrong = Vec::new();
    for (path, text) in repository::rust_files("src") {
        let layer = first_name(path.trim_start_matches("src/"));
        // The crate's root puts the layers together; main only calls it.
        if ["lib", "main"].contains(&layer) {
            continue;
        }
        let used = uses(&text).into_iter().filter(|used| !may_use(layer, used));
        wrong.extend(used.map(|used| format!("{path}: {layer} may not use {used}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn uses_are_found_in_every_form() {
    let source = "\
use crate::world::World; // and crate::comment
use crate::{fs::FsError, tracker::origin};
use crate::{
    text,
    auth::{credentials, session},
    git,
};
fn f(g: crate::http::HttpClient) -> crate::Unknown {}
";
    let all = "world fs tracker text auth git http Unknown";
    assert_eq!(uses(source).join(" "), all);
}

#[test]
fn a_use_of_a_higher_layer_is_refused() {
    assert!(may_use("cli", "git") && !may_use("git", "cli") && !may_use("git", "Unknown"));
    assert!(!may_use("text", "secret") && !may_use("secret", "text"));
    assert!(may_use("cli", CONTROL_PLANE) && !may_use("sync", CONTROL_PLANE));
    assert!(may_use(CONTROL_PLANE, "wire") && !may_use(CONTROL_PLANE, "http"));
}
