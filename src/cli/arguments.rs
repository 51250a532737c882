//! The root of the command line: the tree of commands and their dispatch.

use clap::{CommandFactory as _, Parser, Subcommand};

use super::globals::Globals;
use super::{CommandResult, Context, ExitCode, commands};

/// Start a mission from the Jira or Linear ticket it belongs to
#[derive(Debug, Parser)]
#[command(
    name = "spec-kitty",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = exit_codes(),
    max_term_width = 100
)]
pub struct Arguments {
    #[command(flatten)]
    pub(super) globals: Globals,
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make this git repository a spec-kitty project
    Init,
    /// Log in, log out, or show who is logged in
    #[command(subcommand)]
    Auth(commands::auth::Command),
    /// Use Jira or Linear from this machine, with a key of your own
    Connect(commands::connect::Arguments),
    /// Start a mission, from a ticket or without one
    Specify(commands::specify::Arguments),
    /// Work with missions that exist
    #[command(subcommand)]
    Mission(commands::mission::Command),
    /// Bind the project to a tracker and search its tickets
    #[command(subcommand)]
    Tracker(commands::tracker::Command),
    /// Show and deliver queued events
    #[command(subcommand)]
    Sync(commands::sync::Command),
    /// Diagnose problems and suggest fixes
    Doctor(commands::doctor::Arguments),
    /// Commands for agents and scripts
    #[command(subcommand)]
    Agent(commands::agent::Command),
    /// Run a control plane on this machine, or for a team behind a proxy
    Serve(commands::serve::Arguments),
    /// Manage this machine's control plane: users, projects, tickets
    #[command(subcommand)]
    Admin(commands::admin::Command),
    /// Try spec-kitty in a temporary folder
    Demo(commands::demo::Arguments),
    /// Print a shell completion script
    Completions(commands::completions::Arguments),
    /// Print the help of a command
    Help(commands::help::Arguments),
    /// Print a manual page
    Man(commands::man::Arguments),
}

impl Command {
    /// Whether the command handles Ctrl-C itself, because it has to clean up.
    pub(super) fn handles_interruption(&self) -> bool {
        matches!(self, Self::Serve(_) | Self::Demo(_))
    }

    pub(super) fn run(self, context: &Context) -> CommandResult {
        match self {
            Self::Init => commands::init::run(context),
            Self::Connect(arguments) => commands::connect::run(arguments, context),
            Self::Auth(command) => commands::auth::run(command, context),
            Self::Specify(arguments) => commands::specify::run(arguments, context),
            Self::Mission(command) => commands::mission::run(command, context),
            Self::Tracker(command) => commands::tracker::run(command, context),
            Self::Doctor(arguments) => commands::doctor::run(arguments, context),
            Self::Agent(command) => commands::agent::run(command, context),
            Self::Serve(arguments) => commands::serve::run(arguments, context),
            Self::Admin(command) => commands::admin::run(command, context),
            Self::Sync(command) => commands::sync::run(command, context),
            Self::Demo(arguments) => commands::demo::run(arguments, context),
            Self::Completions(arguments) => {
                Ok(commands::completions::run(arguments, Arguments::command()))
            }
            Self::Help(arguments) => commands::help::run(arguments, Arguments::command()),
            Self::Man(arguments) => commands::man::run(arguments, Arguments::command()),
        }
    }
}

/// The table at the end of `--help`.
fn exit_codes() -> String {
    let row = |code: &ExitCode| format!("\n  {:>3}  {}", code.number(), code.meaning());
    "Exit codes:".to_owned() + &ExitCode::ALL.iter().map(row).collect::<String>()
}
