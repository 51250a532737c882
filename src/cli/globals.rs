//! Flags of every command.

use std::path::PathBuf;

use clap::ValueEnum;

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    Always,
    Never,
}

/// Flags of every command, allowed before and after its name.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Globals {
    /// Run as if started in DIR
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub(super) directory: Option<PathBuf>,
    /// Print exactly one JSON document on stdout, or only these fields of it
    #[arg(
        long,
        global = true,
        value_name = "FIELD,FIELD",
        num_args = 0..=1,
        require_equals = true,
        value_delimiter = ',',
        default_missing_value = ""
    )]
    pub(super) json: Option<Vec<String>>,
    /// Only print the result
    #[arg(short, long, global = true, hide_short_help = true)]
    pub(super) quiet: bool,
    /// Verbose output (repeatable)
    #[arg(short, long, global = true, action = clap::ArgAction::Count, hide_short_help = true)]
    pub(super) verbose: u8,
    /// When to use colour: auto, always or never
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        hide_possible_values = true,
        hide_short_help = true
    )]
    pub(super) color: Color,
    /// Never prompt
    #[arg(long, global = true, hide_short_help = true)]
    pub(super) no_input: bool,
    /// URL of the control plane
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    pub(super) server: Option<String>,
    /// Time limit of the whole command in seconds [default: 30; a search 10]
    #[arg(long, global = true, value_name = "SECS", hide_short_help = true, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(super) timeout: Option<u64>,
}
