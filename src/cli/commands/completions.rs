//! `spec-kitty completions`.

use clap_complete::Shell;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::{Code, CommandResult, Failure, Outcome, catalogue, completion};

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Shell that loads the script
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// A shell completion script.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Completions {
    /// The shell that loads it.
    shell: String,
    script: String,
}

impl Document for Completions {
    const SCHEMA: &'static str = "spec-kitty.completions/1";
}

/// Prints the script that makes a shell ask this program for completions.
pub(crate) fn run(arguments: Arguments) -> CommandResult {
    let shell = arguments.shell.to_string();
    let script = completion::script(&shell);
    let script = script.map_err(|error| Failure::from_error(Code::Internal, &error))?;
    let commands = catalogue::COMMANDS.iter().map(|entry| entry.path);
    let commands: Vec<_> = commands.filter(|path| !path.is_empty()).collect();
    let script = format!(
        "{}\n# Completes these commands, their flags, missions, tickets and trackers: {}\n",
        String::from_utf8_lossy(&script).trim_end(),
        commands.join(", ")
    );
    let text = script.clone();
    Ok(Outcome::new(Completions { shell, script }, text))
}
