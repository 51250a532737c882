//! `docs/exit-codes.md` lists the codes that stand in the sources, with their exit codes.

use std::collections::BTreeMap;

use spec_kitty::ExitCode;

use crate::support::repository;

#[test]
fn the_error_codes_are_the_documented_ones() {
    let document = repository::read("docs/exit-codes.md");
    let documented: BTreeMap<_, Vec<u8>> = repository::table(&document, "## Error codes")
        .iter()
        .map(|row| {
            let exits = row[1].split(", ").map(|exit| exit.parse().unwrap());
            (row[0].trim_matches('`').to_owned(), exits.collect())
        })
        .collect();

    let mut coded: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (path, text) in repository::rust_files("src/cli") {
        for (code, exit) in codes(&text, path.starts_with("src/cli/error")) {
            let exits = coded.entry(code).or_default();
            exits.extend(exit.filter(|exit| !exits.contains(exit)));
        }
    }
    let names = |codes: &BTreeMap<String, Vec<u8>>| codes.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&documented), names(&coded));
    for (code, exits) in coded {
        let listed = &documented[&code];
        for exit in exits {
            assert!(listed.contains(&exit), "{code} ends with {exit} too");
        }
    }
}

/// The `snake_case` literals that are codes: those before an `ExitCode::…`, and in the files that
/// map errors all that are no keys of `details`.
fn codes(text: &str, maps_errors: bool) -> Vec<(String, Option<u8>)> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let pieces: Vec<_> = text.split('"').collect();
    let mut found = Vec::new();
    for (index, literal) in pieces.iter().enumerate().skip(1).step_by(2) {
        let is_name = |c: char| c == '_' || c.is_ascii_lowercase();
        if literal.is_empty() || !literal.chars().all(is_name) {
            continue;
        }
        let (before, after) = (pieces[index - 1], pieces.get(index + 1).unwrap_or(&""));
        let exit = after
            .trim_start_matches(',')
            .trim_start()
            .strip_prefix("ExitCode::");
        if let Some(exit) = exit {
            found.push(((*literal).to_owned(), number(exit)));
        } else if maps_errors && !before.trim_end().ends_with("detail(") {
            found.push(((*literal).to_owned(), None));
        }
    }
    found
}

fn number(text: &str) -> Option<u8> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric());
    let name = &text[..end.unwrap_or(text.len())];
    ExitCode::ALL
        .iter()
        .find(|code| format!("{code:?}") == name)
        .map(|code| code.number())
}

#[test]
fn codes_are_found_in_each_of_their_forms() {
    let text = r#"new(
            "a_b",
            ExitCode::Usage,
        ) X => ("c", "run: it"), .detail("d", 1) "not a code""#;
    let owned = |(code, exit): (&str, _)| (code.to_owned(), exit);
    assert_eq!(codes(text, false), [("a_b", Some(2))].map(owned));
    assert_eq!(
        codes(text, true),
        [("a_b", Some(2)), ("c", None)].map(owned)
    );
}
