//! `spec-kitty completions`.

use clap_complete::Shell;
use serde_json::json;

use crate::cli::Outcome;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Shell that loads the script
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// Prints a shell completion script for the program.
pub(crate) fn run(arguments: Arguments, mut program: clap::Command) -> Outcome {
    let Arguments { shell } = arguments;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut program, "spec-kitty", &mut script);
    let script = String::from_utf8_lossy(&script);
    let fields = json!({"shell": shell.to_string(), "script": script});
    Outcome::new("spec-kitty.completions/1", fields, script)
}
