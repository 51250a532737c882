//! The commands as `spec-kitty commands` lists them, and the check of every run against that list.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use super::binary;

/// The exit codes of each command, by its words.
static EXIT_CODES: LazyLock<BTreeMap<String, BTreeSet<i64>>> = LazyLock::new(|| {
    let mut list = Command::new(binary());
    let output = list.args(["commands", "--json"]).output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let commands = document["commands"].as_array().unwrap().iter();
    let codes = commands.map(|command| {
        let numbers = command["exit_codes"].as_array().unwrap().iter();
        let numbers = numbers.map(|number| number.as_i64().unwrap());
        (words_of(command).join(" "), numbers.collect())
    });
    codes.collect()
});

pub(crate) fn words_of(command: &Value) -> Vec<&str> {
    let words = command["path"].as_array().unwrap().iter();
    words.map(|word| word.as_str().unwrap()).collect()
}

/// The run of the binary ended with one of the exit codes that its command lists. A run that a signal
/// ended has no code.
#[track_caller]
pub(super) fn assert_listed(arguments: &[String], code: Option<i32>) {
    let (Some(command), Some(code)) = (command_of(arguments), code) else {
        return;
    };
    let codes = &EXIT_CODES[&command];
    let is_listed = codes.contains(&i64::from(code));
    assert!(
        is_listed,
        "{command}: exit code {code} is not in src/cli/catalogue.rs"
    );
}

/// The command that these arguments select: the longest one whose words appear in this order.
fn command_of(arguments: &[String]) -> Option<String> {
    let selects = |command: &&String| {
        let mut typed = arguments.iter();
        let mut words = command.split_whitespace();
        words.all(|word| typed.any(|argument| argument == word))
    };
    let commands = EXIT_CODES.keys().filter(selects);
    commands.max_by_key(|command| command.len()).cloned()
}
