//! `spec-kitty completions`.

use clap_complete::Shell;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::Outcome;
use crate::cli::document::Document;

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

/// Prints a shell completion script for the program.
pub(crate) fn run(arguments: Arguments, mut program: clap::Command) -> Outcome {
    let Arguments { shell } = arguments;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut program, "spec-kitty", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let text = script.clone();
    let shell = shell.to_string();
    Outcome::new(Completions { shell, script }, text)
}
