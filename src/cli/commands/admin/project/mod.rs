//! `spec-kitty admin project`.

pub mod map;

/// The verbs.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Say which tracker resource a project's tickets are in
    Map(map::Arguments),
}
