//! The root of the command line: the tree of commands and their dispatch.

use std::ffi::OsString;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use super::globals::Globals;
use super::ui::Form;
use super::{CommandResult, Context, ExitCode, Failure, catalogue, commands, early, examples};

/// Start a mission from the Jira or Linear ticket it belongs to
#[derive(Debug, Parser)]
#[command(
    name = "spec-kitty",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_long_help = exit_codes(),
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
    /// List, show, open and discard the missions of this project
    #[command(subcommand)]
    Mission(commands::mission::Command),
    /// List, show and search the tickets of this project
    #[command(subcommand)]
    Ticket(commands::ticket::Command),
    /// Bind the project to a tracker and search its tickets
    #[command(subcommand)]
    Tracker(commands::tracker::Command),
    /// Show and deliver queued events
    #[command(subcommand)]
    Sync(commands::sync::Command),
    /// Diagnose problems and suggest fixes
    Doctor(commands::doctor::Arguments),
    /// Commands for agents and scripts
    #[command(
        subcommand,
        after_help = "To start a mission from a ticket, use: spec-kitty specify --from-ticket"
    )]
    Agent(commands::agent::Command),
    /// Serve these commands to an agent as tools (Model Context Protocol) on stdin and stdout
    Mcp(commands::mcp::Arguments),
    /// Run a control plane on this machine, or for a team behind a proxy
    Serve(commands::serve::Arguments),
    /// Manage this machine's control plane: users, projects, tickets
    #[command(subcommand)]
    Admin(commands::admin::Command),
    /// Try spec-kitty in a temporary folder
    Demo(commands::demo::Arguments),
    /// List every command with its arguments, document and exit codes
    Commands(commands::commands::Arguments),
    /// Print what an agent should know, as a skill file (SKILL.md)
    Skill(commands::skill::Arguments),
    /// Print the JSON Schema of a document, or the names of all
    Schema(commands::schema::Arguments),
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

    /// Whether the command logs in its own way.
    pub(super) fn has_own_log(&self) -> bool {
        matches!(self, Self::Serve(_))
    }

    pub(super) fn run(self, context: &Context) -> CommandResult {
        match self {
            Self::Init => commands::init::run(context),
            Self::Connect(arguments) => commands::connect::run(arguments, context),
            Self::Auth(command) => commands::auth::run(command, context),
            Self::Specify(arguments) => commands::specify::run(arguments, context),
            Self::Mission(command) => commands::mission::run(command, context),
            Self::Ticket(command) => commands::ticket::run(command, context),
            Self::Tracker(command) => commands::tracker::run(command, context),
            Self::Doctor(arguments) => commands::doctor::run(arguments, context),
            Self::Agent(command) => commands::agent::run(command, context),
            Self::Mcp(_) => commands::mcp::run(context, run_words),
            Self::Serve(arguments) => commands::serve::run(arguments, context),
            Self::Admin(command) => commands::admin::run(command, context),
            Self::Sync(command) => commands::sync::run(command, context),
            Self::Demo(arguments) => commands::demo::run(arguments, context),
            Self::Commands(_) => Ok(commands::commands::run(context, program())),
            Self::Skill(_) => Ok(commands::skill::run(program())),
            Self::Schema(arguments) => commands::schema::run(arguments),
            Self::Completions(arguments) => commands::completions::run(arguments),
            Self::Help(arguments) => commands::help::run(arguments, program()),
            Self::Man(arguments) => commands::man::run(arguments, Arguments::command()),
        }
    }
}

/// The program as clap knows it, with the examples of its help.
pub(super) fn program() -> clap::Command {
    examples::in_help(Arguments::command())
}

/// Runs the command of these words, which another program has sent.
fn run_words(words: &[String], context: &Context) -> CommandResult {
    let name = std::iter::once("spec-kitty");
    let all = name.chain(words.iter().map(String::as_str));
    let parsed = Parsed::from(all.map(OsString::from).collect());
    let parsed = parsed.map_err(|error| early::usage(&context.typed, &error))?;
    parsed.arguments.command.run(context)
}

/// The arguments, and the words of the selected command.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) arguments: Arguments,
    path: String,
    /// `--ndjson`.
    lines: bool,
}

impl Parsed {
    pub(super) fn from(arguments: Vec<OsString>) -> Result<Self, clap::Error> {
        let matches = program().try_get_matches_from(arguments)?;
        let mut words = Vec::new();
        let mut selected = &matches;
        while let Some((word, next)) = selected.subcommand() {
            words.push(word);
            selected = next;
        }
        let lines = selected.try_get_one::<bool>("ndjson").ok().flatten();
        Ok(Self {
            path: words.join(" "),
            lines: lines.copied().unwrap_or(false),
            arguments: Arguments::from_arg_matches(&matches)
                .map_err(|error| error.format(&mut program()))?,
        })
    }

    /// The form of the answer.
    pub(super) fn form(&self) -> Form {
        match &self.arguments.globals.json {
            _ if self.lines => Form::Lines,
            None => Form::Text,
            Some(keys) if keys.iter().all(String::is_empty) => Form::Json,
            Some(keys) => Form::Keys(keys.clone()),
        }
    }

    /// Refuses fields that the document does not have, before the command does anything.
    pub(super) fn check_keys(&self) -> Result<(), Failure> {
        match self.form() {
            Form::Keys(keys) => catalogue::check_keys(&self.path, &keys),
            Form::Text | Form::Json | Form::Lines => Ok(()),
        }
    }
}

/// The table at the end of `--help`.
fn exit_codes() -> String {
    let row = |code: &ExitCode| format!("\n  {:>3}  {}", code.number(), code.meaning());
    "Exit codes:".to_owned() + &ExitCode::ALL.iter().map(row).collect::<String>()
}
