//! `spec-kitty admin user`.

pub(crate) mod add;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a user to a team, or update an existing user
    Add(add::Arguments),
}
