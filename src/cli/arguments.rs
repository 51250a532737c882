//! The root of the command line: the tree of commands.

use clap::{Parser, Subcommand};

use super::commands;
use super::globals::Globals;

/// Start a mission from the Jira or Linear ticket it belongs to
#[derive(Debug, Parser)]
#[command(
    name = "spec-kitty",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = super::help::exit_codes(),
    max_term_width = 100
)]
pub struct Arguments {
    /// Flags that every command takes.
    #[command(flatten)]
    pub globals: Globals,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make this git repository a spec-kitty project
    Init(commands::init::Arguments),
    /// Log in, log out, or see who is logged in
    #[command(subcommand)]
    Auth(commands::auth::Command),
    /// Start a mission, from a ticket or without one
    Specify(commands::specify::Arguments),
    /// The project's tracker and its tickets
    #[command(subcommand)]
    Tracker(commands::tracker::Command),
    /// The events that wait to be delivered
    #[command(subcommand)]
    Sync(commands::sync::Command),
    /// Check this machine and project, and say what repairs what is wrong
    Doctor(commands::doctor::Arguments),
    /// Commands for agents and scripts
    #[command(subcommand)]
    Agent(commands::agent::Command),
    /// Run a control plane on this machine, or for a team behind a proxy
    Serve(commands::serve::Arguments),
    /// Fill the store of the control plane on this machine
    #[command(subcommand)]
    Admin(commands::admin::Command),
    /// See the main job done, in a temporary folder
    Demo(commands::demo::Arguments),
    /// Print the completion script of a shell
    Completions(commands::completions::Arguments),
    /// Print a manual page
    Man(commands::man::Arguments),
}
