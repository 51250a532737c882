//! `spec-kitty admin project`.

pub(crate) mod map;

/// The verbs.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Say which tracker resource a project's tickets are in
    Map(map::Arguments),
}
