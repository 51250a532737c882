//! Output for arguments that clap does not accept: help, version, and usage errors.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use schemars::JsonSchema;
use serde::Serialize;

use super::arguments::program;
use super::command_line::CommandLine;
use super::document::Document;
use super::{Code, ExitCode, Failure, Hint, Outcome, Ui};
use crate::text::nearest;

/// A help page, or the version.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HelpPage {
    /// What is printed without `--json`.
    text: String,
    /// Only with `--version`: the version alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'static str>,
}

impl HelpPage {
    pub(crate) fn new(text: String) -> Self {
        let version = None;
        Self { text, version }
    }
}

impl Document for HelpPage {
    const SCHEMA: &'static str = "spec-kitty.help/1";
}

/// `--help` and `--version` are answers; any other error of clap is a usage error.
pub(super) fn answer(ui: &Ui, typed: &CommandLine, error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion if ui.json => {
            let is_version = error.kind() == ErrorKind::DisplayVersion;
            let help = HelpPage {
                text: error.to_string(),
                version: is_version.then_some(env!("CARGO_PKG_VERSION")),
            };
            ui.outcome(&Outcome::new(help, ""))
        }
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            drop(error.print());
            ExitCode::Ok
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if ui.json => {
            let failure = Failure::usage("a command is missing").hint(help(typed));
            ui.failure(&failure.of_command(typed))
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            drop(error.print());
            ExitCode::Usage
        }
        _ => ui.failure(&usage(typed, error).of_command(typed)),
    }
}

/// The directory in which the command was started no longer exists.
pub(super) fn no_directory(error: &std::io::Error) -> Failure {
    Failure::new(Code::NoDirectory, "the current directory does not exist").cause(error.to_string())
}

/// Turns clap's error into the three lines of a [`Failure`]: what is wrong, the usage, what to do.
pub(super) fn usage(typed: &CommandLine, error: &clap::Error) -> Failure {
    let rendered = error.to_string();
    let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let paragraphs: Vec<_> = rendered.split("\n\n").map(fold).collect();
    let starting = |word: &str| {
        let mut rest = paragraphs.iter().filter_map(|text| text.strip_prefix(word));
        rest.next().map(str::trim)
    };
    let meant = suggestion(error);
    let hint = match meant {
        Some(name) => Hint::Text(format!("did you mean '{name}'?")),
        None => help(typed),
    };
    // clap puts the flag that it suggests into the usage.
    let usage = match error.kind() {
        ErrorKind::UnknownArgument if meant.is_none() => Some(fold(&usage_of(typed))),
        _ => starting("Usage:").map(str::to_owned),
    };
    let failure = Failure::usage(starting("error:").unwrap_or(&rendered)).hint(hint);
    match usage {
        Some(usage) => failure.cause(format!("usage: {usage}")),
        None => failure,
    }
}

/// The usage of the command that the typed words select.
fn usage_of(typed: &CommandLine) -> String {
    let mut command = program();
    command.build();
    for word in typed.words() {
        let next = command.find_subcommand(word).cloned();
        command = next.unwrap_or(command);
    }
    let usage = command.render_usage().to_string();
    usage.trim_start_matches("Usage:").to_owned()
}

/// The name that was meant. clap's own suggestions include names that only look a little alike.
fn suggestion(error: &clap::Error) -> Option<&str> {
    use ContextKind as Kind;
    const PAIRS: [(Kind, Kind); 3] = [
        (Kind::InvalidSubcommand, Kind::SuggestedSubcommand),
        (Kind::InvalidValue, Kind::SuggestedValue),
        (Kind::InvalidArg, Kind::SuggestedArg),
    ];
    PAIRS.into_iter().find_map(|(invalid, suggested)| {
        let typed = strings(error.get(invalid)).first()?;
        nearest(
            typed,
            strings(error.get(suggested)).iter().map(|name| &**name),
        )
    })
}

fn strings(value: Option<&ContextValue>) -> &[String] {
    match value {
        Some(ContextValue::String(text)) => std::slice::from_ref(text),
        Some(ContextValue::Strings(texts)) => texts,
        _ => &[],
    }
}

/// The help of the command that the typed words select.
fn help(typed: &CommandLine) -> Hint {
    let root = program();
    let mut command = &root;
    let mut names = vec!["spec-kitty"];
    for word in typed.words() {
        if let Some(next) = command.find_subcommand(word) {
            names.push(next.get_name());
            command = next;
        }
    }
    names.push("--help");
    Hint::Run(names.join(" "))
}
