//! `--ndjson`, the flag of commands that list something.

/// The flag. The command prints its answer as always; only the form differs.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct LinesArgument {
    /// Print each item as JSON on a line of its own
    #[arg(long, conflicts_with = "json")]
    ndjson: bool,
}
