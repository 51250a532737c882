//! `spec-kitty admin user`.

pub(crate) mod add;

/// The verbs.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a user to a team, or to one more team
    Add(add::Arguments),
}
