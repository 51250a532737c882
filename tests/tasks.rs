//! The task list of this project's first mission: every file and test that it names exists.

use crate::support::repository::{self, quoted};

const MISSION: &str = "kitty-specs/061-ticket-first-mission-origin-binding";

#[test]
fn every_place_and_every_test_of_the_task_list_exists() {
    let list = repository::read(&format!("{MISSION}/tasks.md"));
    let rows: Vec<Vec<_>> = list
        .lines()
        .filter(|line| line.starts_with("| T"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let ids: Vec<_> = rows.iter().map(|row| row[0].to_owned()).collect();
    let all: Vec<_> = (1..=35).map(|number| format!("T{number:03}")).collect();
    assert_eq!(ids, all);
    for row in rows {
        let [id, _, places, tests] = row[..] else {
            panic!("not four cells: {row:?}");
        };
        assert!(
            !quoted(places).is_empty() && !quoted(tests).is_empty(),
            "{id}"
        );
        for place in quoted(places) {
            assert!(repository::path(place).is_file(), "{id}: no file {place}");
        }
        for test in quoted(tests) {
            let (file, name) = test.split_once("::").expect("FILE::TEST");
            assert!(
                is_test(&repository::read(file), name),
                "{id}: no test {test}"
            );
        }
    }
}

/// Whether a source has a `#[test]` function of this name.
fn is_test(source: &str, name: &str) -> bool {
    let Some((before, _)) = source.split_once(&format!("fn {name}(")) else {
        return false;
    };
    let last = before.lines().rev().take_while(|line| !line.contains('}'));
    last.map(str::trim).any(|line| line == "#[test]")
}

#[test]
fn the_mission_is_one_of_ours() {
    let meta = repository::read(&format!("{MISSION}/meta.json"));
    let keys: serde_json::Value = serde_json::from_str(&meta).unwrap();
    assert_eq!(
        MISSION,
        format!("kitty-specs/{}", keys["feature_slug"].as_str().unwrap())
    );
    assert_eq!(keys["feature_number"], "061");
    // The canonical form.
    let canonical = serde_json::to_string_pretty(&keys).unwrap() + "\n";
    assert_eq!(meta, canonical);
    for file in [
        "spec.md",
        "plan.md",
        "tasks/README.md",
        "status.events.jsonl",
    ] {
        assert!(repository::path(MISSION).join(file).is_file(), "{file}");
    }
}
