//! The root of the command line: global flags and the tree of commands.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use super::commands;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

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

/// Flags that every command takes, before or after its name.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// Act in another checkout
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Print exactly one JSON document on stdout
    #[arg(long, global = true)]
    pub json: bool,
    /// Print the answer only
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more on stderr; repeat for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
    /// Never prompt
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Control plane to talk to
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// Time limit of the whole command, in seconds
    #[arg(long, global = true, value_name = "SECS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: Option<u64>,
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
