//! `spec-kitty agent feature …`.

pub(crate) mod create_feature;

/// The commands of `agent feature`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Create a mission without a ticket
    CreateFeature(create_feature::Arguments),
}
