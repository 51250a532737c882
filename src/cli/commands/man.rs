//! `spec-kitty man`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::{Code, CommandResult, Failure, Hint, Outcome};
use crate::text::nearest;

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Command, as in `man tracker bind` [default: spec-kitty itself]
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// A manual page.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Man {
    /// The name of its file.
    name: String,
    /// The page, in roff.
    page: String,
}

impl Document for Man {
    const SCHEMA: &'static str = "spec-kitty.man/1";
}

/// Prints one page in roff, for `man -l -` or a package.
pub(crate) fn run(arguments: Arguments, mut program: clap::Command) -> CommandResult {
    program.build();
    let mut command = &program;
    for word in &arguments.command {
        command = command
            .find_subcommand(word)
            .ok_or_else(|| unknown(command, word))?;
    }
    let man = clap_mangen::Man::new(command.clone());
    let name = man.get_filename();
    let mut page = Vec::new();
    man.render(&mut page)
        .map_err(|error| Failure::from_error(Code::Internal, &error))?;
    let page = String::from_utf8_lossy(&page).into_owned();
    let text = page.clone();
    Ok(Outcome::new(Man { name, page }, text))
}

fn unknown(command: &clap::Command, word: &str) -> Failure {
    let names = command.get_subcommands().map(clap::Command::get_name);
    let hint = match nearest(word, names) {
        Some(name) => Hint::Text(format!("did you mean {name}?")),
        None => Hint::run("spec-kitty --help"),
    };
    Failure::usage(format!("{} has no command {word:?}", command.get_name())).hint(hint)
}
