//! `spec-kitty man`.

use serde_json::json;

use super::help;
use crate::cli::{Code, CommandResult, Failure, Outcome};

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Command, as in `man tracker bind` [default: spec-kitty itself]
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Prints one page in roff, for `man -l -` or a package.
pub(crate) fn run(arguments: Arguments, mut program: clap::Command) -> CommandResult {
    program.build();
    let command = help::find(&program, &arguments.command)?;
    let man = clap_mangen::Man::new(command.clone());
    let name = man.get_filename();
    let mut page = Vec::new();
    man.render(&mut page)
        .map_err(|error| Failure::from_error(Code::Internal, &error))?;
    let page = String::from_utf8_lossy(&page);
    let fields = json!({"name": name, "page": page});
    Ok(Outcome::new("spec-kitty.man/1", fields, page))
}
