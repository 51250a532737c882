//! Flags of every command.

use std::path::PathBuf;
use std::time::Duration;

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
    /// Show each call to a server on stderr; -vv shows everything
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
    /// Time limit of the whole command: seconds, or 0.5, 90s, 2m [default: 30; a search 10]
    #[arg(long, global = true, value_name = "TIME", hide_short_help = true, value_parser = time_limit)]
    pub(super) timeout: Option<Duration>,
}

/// Parses a number of seconds, or a number with a unit. It may have a fraction.
fn time_limit(text: &str) -> Result<Duration, &'static str> {
    const LONGEST: Duration = Duration::from_hours(24);
    const UNITS: [(&str, f64); 4] = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let unit = UNITS.into_iter().find(|(unit, _)| text.ends_with(unit));
    let (unit, seconds) = unit.unwrap_or(("", 1.0));
    let number = text.strip_suffix(unit).unwrap_or(text);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let number = Some(number).filter(|_| digits(whole) && digits(fraction));
    let limit = number.and_then(|number| number.parse::<f64>().ok());
    limit
        .and_then(|number| Duration::try_from_secs_f64(number * seconds).ok())
        .filter(|limit| (Duration::from_millis(1)..=LONGEST).contains(limit))
        .ok_or("use a time from 1ms to 24h, such as 30, 0.5, 90s or 2m")
}
