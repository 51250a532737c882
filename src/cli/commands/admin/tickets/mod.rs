//! `spec-kitty admin tickets`.

pub(crate) mod import;

/// The verbs.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add tickets, or renew those that are there
    Import(import::Arguments),
}
