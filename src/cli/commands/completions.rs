//! `spec-kitty completions`.

use clap::CommandFactory as _;
use clap_complete::Shell;
use serde_json::json;

use crate::cli::arguments::Arguments as Root;
use crate::cli::outcome::Outcome;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Shell to complete in
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// Prints the completion script of a shell.
pub(crate) fn run(arguments: Arguments) -> Outcome {
    let Arguments { shell } = arguments;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Root::command(), "spec-kitty", &mut script);
    let script = String::from_utf8_lossy(&script);
    let fields = json!({"shell": shell.to_string(), "script": script});
    Outcome::new("spec-kitty.completions/1", fields, script)
}
