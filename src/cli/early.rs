//! What is said before the arguments are understood: help, version, and usage errors. `--json` is
//! looked for in the raw arguments, so that there is one document on stdout all the same.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use serde_json::json;

use super::arguments::Arguments;
use super::exit_code::ExitCode;
use super::failure::Failure;
use super::outcome::Outcome;
use super::ui::Ui;
use crate::world::World;

/// `--help` and `--version` are answers; anything else clap objects to is a usage error.
pub(super) fn answer(arguments: &[OsString], error: &clap::Error) -> ExitCode {
    let is_answer = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    let is_help = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    match (is_answer, asks_for_json(arguments)) {
        (true, true) => {
            let text = error.to_string();
            let outcome = Outcome::new("spec-kitty.help/1", json!({"text": text}), "");
            drop(write(&outcome.document().to_string()));
            ExitCode::Ok
        }
        (true, false) => {
            drop(error.print());
            ExitCode::Ok
        }
        (false, false) if is_help => {
            drop(error.print());
            ExitCode::Usage
        }
        (false, _) if is_help => fail(
            arguments,
            &Failure::usage("a command is missing").hint(SEE_HELP),
        ),
        (false, _) => fail(arguments, &usage(arguments, error)),
    }
}

/// Reports a failure as the raw arguments ask for.
pub(super) fn fail(arguments: &[OsString], failure: &Failure) -> ExitCode {
    let stand_in = ["spec-kitty", "--json", "init"];
    let stand_in = stand_in
        .iter()
        .filter(|word| **word != "--json" || asks_for_json(arguments));
    // Where even the directory is gone, nothing is known of terminals and colours.
    let nowhere = || World::with_variables(PathBuf::from("/"), Vec::<(OsString, OsString)>::new());
    let world = World::from_process().unwrap_or_else(|_| nowhere());
    match Arguments::try_parse_from(stand_in) {
        Ok(parsed) => Ui::new(&parsed.globals, &world).failure(failure),
        Err(_) => failure.exit,
    }
}

/// The directory the command was started in is gone.
pub(super) fn no_directory(error: &std::io::Error) -> Failure {
    Failure::from_error("no_directory", ExitCode::RepoState, error)
        .hint("run: cd to a folder that is there")
}

const SEE_HELP: &str = "run: spec-kitty --help";

/// clap's words in our three lines: what is wrong, how the command is used, what to do.
fn usage(arguments: &[OsString], error: &clap::Error) -> Failure {
    let rendered = error.to_string();
    let mut paragraphs = rendered.split("\n\n");
    let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let message = fold(paragraphs.next().unwrap_or_default());
    let failure = Failure::usage(message.trim_start_matches("error: "));
    let rest: Vec<_> = paragraphs.map(fold).collect();
    let starting = |word: &str| {
        rest.iter()
            .find_map(|part| part.strip_prefix(word))
            .map(str::trim)
    };
    let failure = match starting("Usage:") {
        Some(usage) => failure.cause(format!("usage: {usage}")),
        None => failure,
    };
    failure.hint(match (starting("tip:"), starting("Usage:")) {
        (Some(tip), _) => tip.to_owned(),
        (None, Some(usage)) => see_help_of(usage),
        (None, None) => format!("run: {} --help", command_of(arguments)),
    })
}

/// The command that the arguments name, as far as there is one.
fn command_of(arguments: &[OsString]) -> String {
    let root = Arguments::command();
    let mut command = &root;
    let mut names = vec!["spec-kitty"];
    for word in arguments.iter().skip(1) {
        if let Some(found) = command.find_subcommand(word) {
            names.push(found.get_name());
            command = found;
        }
    }
    names.join(" ")
}

/// The words of a usage line before its first placeholder are the command.
fn see_help_of(usage: &str) -> String {
    let command = usage
        .split(' ')
        .take_while(|word| !word.starts_with(['[', '<', '-']));
    format!("run: {} --help", command.collect::<Vec<_>>().join(" "))
}

fn write(text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stdout().lock(), "{text}")
}

/// Whether the raw arguments ask for JSON, however wrong the rest of them is.
fn asks_for_json(arguments: &[OsString]) -> bool {
    arguments
        .iter()
        .skip(1)
        .take_while(|word| *word != "--")
        .any(|word| word == "--json")
}
