//! `spec-kitty help`.

use crate::cli::early::HelpPage;
use crate::cli::{CommandResult, Failure, Hint, Outcome};
use crate::text::nearest;

/// Arguments of `help`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Command, as in `help tracker bind` [default: spec-kitty itself]
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Prints what `COMMAND --help` prints.
pub(crate) fn run(arguments: Arguments, mut program: clap::Command) -> CommandResult {
    program.build();
    find(&program, &arguments.command)?;
    let name = program.get_name().to_owned();
    let words = std::iter::once(name).chain(arguments.command);
    let shown = program.try_get_matches_from(words.chain(["--help".to_owned()]));
    let text = shown.err().map(|help| help.to_string());
    let text = text.unwrap_or_default();
    Ok(Outcome::new(HelpPage::new(text.clone()), text))
}

/// The command that these words name.
pub(super) fn find<'a>(
    program: &'a clap::Command,
    words: &[String],
) -> Result<&'a clap::Command, Failure> {
    words.iter().try_fold(program, |command, word| {
        let next = command.find_subcommand(word);
        next.ok_or_else(|| unknown(command, word))
    })
}

fn unknown(command: &clap::Command, word: &str) -> Failure {
    let names = command.get_subcommands().map(clap::Command::get_name);
    let hint = match nearest(word, names) {
        Some(name) => Hint::Text(format!("did you mean {name}?")),
        None => Hint::run("spec-kitty --help"),
    };
    Failure::usage(format!("{} has no command {word:?}", command.get_name())).hint(hint)
}
