//! `spec-kitty commands`.

use clap::{Arg, ArgAction, Command};
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::catalogue::{self, Entry};
use crate::cli::document::Document;
use crate::cli::lines::LinesArgument;
use crate::cli::{Context, Outcome, table};

/// Arguments of `commands`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    lines: LinesArgument,
}

/// Every command, with all that is needed to run it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Commands {
    /// In the order of the help. The first one, without words, is the program itself: its arguments
    /// are those of every command.
    commands: Vec<Described>,
}

impl Document for Commands {
    const SCHEMA: &'static str = "spec-kitty.commands/1";
    const LIST: Option<&'static str> = Some("commands");
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Command")]
struct Described {
    /// The words of the command: `["tracker", "bind-origin"]`.
    path: Vec<String>,
    /// What it is for.
    about: String,
    arguments: Vec<Argument>,
    /// The document that it prints with `--json`; a failure prints `spec-kitty.error/1`.
    schema: &'static str,
    /// How it can end.
    exit_codes: Vec<u8>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Argument {
    /// The name of its value, or of the flag.
    name: String,
    /// `--limit`; null for an argument by place.
    long: Option<String>,
    /// `-y`
    short: Option<String>,
    required: bool,
    /// The possible values; empty if any value is possible, null for a flag without a value.
    values: Option<Vec<String>>,
    help: String,
}

/// Lists the commands.
pub(crate) fn run(context: &Context, program: Command) -> Outcome {
    let commands: Vec<_> = catalogue::COMMANDS
        .iter()
        .filter_map(|entry| describe(&program, entry))
        .collect();
    let rows: Vec<_> = commands.iter().map(row).collect();
    let text = table(&context.ui, ["command", "about"], &rows);
    Outcome::new(Commands { commands }, text)
}

fn row(command: &Described) -> [String; 2] {
    let words = std::iter::once("spec-kitty").chain(command.path.iter().map(String::as_str));
    [words.collect::<Vec<_>>().join(" "), command.about.clone()]
}

/// `None` for a command that this program does not have.
fn describe(program: &Command, entry: &Entry) -> Option<Described> {
    let mut words = entry.path.split_whitespace();
    let command = words.try_fold(program, |command, word| command.find_subcommand(word))?;
    let arguments = command.get_arguments().filter(|it| !it.is_hide_set());
    Some(Described {
        path: entry.path.split_whitespace().map(str::to_owned).collect(),
        about: text(command.get_about()),
        arguments: arguments.map(argument).collect(),
        schema: entry.document,
        exit_codes: entry.exit_codes(),
    })
}

fn argument(argument: &Arg) -> Argument {
    let name = match argument.get_value_names() {
        Some([name, ..]) if argument.is_positional() => name.to_string(),
        _ => argument.get_id().to_string(),
    };
    let takes_value = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
    let values = argument.get_possible_values();
    let values = values.iter().map(|value| value.get_name().to_owned());
    Argument {
        name,
        long: argument.get_long().map(|name| format!("--{name}")),
        short: argument.get_short().map(|name| format!("-{name}")),
        required: argument.is_required_set(),
        values: takes_value.then(|| values.collect()),
        help: text(argument.get_help()) + &default(argument),
    }
}

/// As the help shows it.
fn default(argument: &Arg) -> String {
    let values = argument.get_default_values().iter();
    let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
    match argument.get_action() {
        ArgAction::Set | ArgAction::Append if !values.is_empty() => {
            format!(" [default: {}]", values.join(" "))
        }
        _ => String::new(),
    }
}

fn text(help: Option<&clap::builder::StyledStr>) -> String {
    help.map(ToString::to_string).unwrap_or_default()
}
