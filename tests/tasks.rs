//! The task list of this project's first mission: every file and test that it names exists.

use std::fs;

use crate::support::repository::{self, has_test, quoted};

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
    let mut missing = Vec::new();
    for row in rows {
        let [id, _, places, tests] = row[..] else {
            panic!("not four cells: {row:?}");
        };
        let (places, tests) = (quoted(places), quoted(tests));
        assert!(!places.is_empty() && !tests.is_empty(), "{id}");
        let no_file = places
            .iter()
            .filter(|file| !repository::path(file).is_file());
        missing.extend(no_file.map(|file| format!("{id}: no file {file}")));
        let no_test = tests.iter().filter(|test| {
            let (file, name) = test.split_once("::").expect("FILE::TEST");
            !fs::read_to_string(repository::path(file)).is_ok_and(|text| has_test(&text, name))
        });
        missing.extend(no_test.map(|test| format!("{id}: no test {test}")));
    }
    assert!(missing.is_empty(), "{missing:#?}");
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
