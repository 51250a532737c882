//! `spec-kitty admin project`.

pub(crate) mod map;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Map a project to the tracker resource that contains its tickets
    Map(map::Arguments),
}
