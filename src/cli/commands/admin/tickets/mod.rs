//! `spec-kitty admin tickets`.

pub(crate) mod import;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add or update tickets
    Import(import::Arguments),
}
