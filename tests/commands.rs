//! `spec-kitty commands` and `spec-kitty schema`: what a program needs to know to use this one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::help::commands_that_act;
use crate::support::{Sandbox, words_of};

const COMMANDS: &str = "spec-kitty.commands/1";

fn commands() -> Vec<Value> {
    let answer = Sandbox::new().run(&["commands", "--json"]).answer(COMMANDS);
    answer["commands"].as_array().unwrap().clone()
}

fn command(words: &[&str]) -> Value {
    let mut commands = commands().into_iter();
    commands.find(|command| words_of(command) == words).unwrap()
}

fn argument<'a>(command: &'a Value, name: &str) -> &'a Value {
    let mut arguments = command["arguments"].as_array().unwrap().iter();
    arguments.find(|argument| argument["name"] == name).unwrap()
}

#[test]
fn every_command_is_listed_with_a_document_that_has_a_schema() {
    let commands = commands();
    let listed: BTreeSet<_> = commands
        .iter()
        .map(|command| words_of(command).join(" "))
        .filter(|command| !command.is_empty())
        .collect();
    assert_eq!(listed, commands_that_act().into_iter().collect());
    let sandbox = Sandbox::new();
    let names = sandbox.run(&["schema"]).succeeds().stdout;
    for command in &commands {
        let schema = command["schema"].as_str().unwrap();
        assert!(names.lines().any(|name| name == schema), "{schema}");
        assert!(!command["about"].as_str().unwrap().is_empty());
    }
}

#[test]
fn an_argument_says_how_it_is_given() {
    let bind = command(&["tracker", "bind-origin"]);
    assert_eq!(bind["schema"], "spec-kitty.bind-origin/1");
    let mission = argument(&bind, "mission");
    assert_eq!(mission["long"], "--mission");
    assert_eq!(mission["required"], true);
    assert_eq!(mission["values"], json!([]));
    assert_eq!(
        argument(&bind, "provider")["values"],
        json!(["jira", "linear"])
    );
    let yes = argument(&bind, "yes");
    assert_eq!(
        (&yes["short"], &yes["values"]),
        (&json!("-y"), &Value::Null)
    );
    let show = command(&["mission", "show"]);
    let mission = argument(&show, "M");
    assert_eq!(
        (&mission["long"], &mission["required"]),
        (&Value::Null, &json!(false))
    );
    let limit = &command(&["sync", "list"]);
    let help = argument(limit, "limit")["help"].as_str().unwrap();
    assert!(help.ends_with("[default: 1000]"), "{help}");
    // The arguments of every command are those of the program.
    assert_eq!(argument(&command(&[]), "directory")["short"], "-C");
}

#[test]
fn exit_codes_are_listed_for_each_command() {
    let codes = |words: &[&str]| command(words)["exit_codes"].clone();
    assert_eq!(codes(&["schema"]), json!([0, 1, 2, 10, 130]));
    let all: Vec<_> = spec_kitty::ExitCode::ALL
        .map(spec_kitty::ExitCode::number)
        .into();
    assert_eq!(codes(&["specify"]), json!(all));
}

#[test]
fn in_text_each_command_is_a_row() {
    let rows = Sandbox::new().run(&["commands"]).succeeds().stdout;
    assert!(
        rows.contains("spec-kitty mission list\tList the missions"),
        "{rows}"
    );
}

#[test]
fn a_schema_is_printed_alone_in_both_forms() {
    let sandbox = Sandbox::new();
    let text = sandbox.run(&["schema", "mission-list"]).succeeds().stdout;
    let schema: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert_eq!(
        schema["properties"]["schema"]["const"],
        "spec-kitty.mission-list/1"
    );
    let name = "spec-kitty.mission-list/1";
    let json = sandbox.run(&["schema", name, "--json"]).succeeds();
    assert_eq!(json.stdout, text);
    let selected = sandbox.run(&["schema", name, "--json=names"]).succeeds();
    assert_eq!(selected.stdout, text);
    let error = sandbox
        .run(&["schema", "mission-lst", "--json"])
        .error(2, "none");
    assert_eq!(
        error["next_command"],
        "spec-kitty --json schema mission-list"
    );
    let error = sandbox
        .run(&["schema", "weather", "--json"])
        .error(2, "none");
    assert_eq!(error["next_command"], "spec-kitty --json schema");
}
