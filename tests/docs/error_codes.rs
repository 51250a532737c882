//! `docs/exit-codes.md` lists every code with its exit codes, `docs/json.md` every code of a warning.

use std::collections::{BTreeMap, BTreeSet};

use spec_kitty::internals::{Code, WarningCode};

use crate::support::repository;

#[test]
fn the_error_codes_are_the_documented_ones() {
    let document = repository::read("docs/exit-codes.md");
    let documented: BTreeMap<_, BTreeSet<u8>> = repository::table(&document, "## Error codes")
        .iter()
        .map(|row| {
            let exits = row[1].split(", ").map(|exit| exit.parse().unwrap());
            (row[0].trim_matches('`'), exits.collect())
        })
        .collect();
    let mut coded: BTreeMap<_, BTreeSet<u8>> = BTreeMap::new();
    for code in Code::ALL {
        let exits = coded.entry(code.as_str()).or_default();
        exits.insert(code.exit().number());
    }
    assert_eq!(documented, coded);
}

#[test]
fn the_warning_codes_are_the_documented_ones() {
    let document = repository::read("docs/json.md");
    let rows = repository::table(&document, "## Warnings");
    let documented: Vec<_> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    let coded: Vec<_> = WarningCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(documented, coded);
}
