//! The command line: the only layer that prints, prompts or decides an exit code.

pub mod arguments;
pub mod ask;
mod candidate_document;
mod command_line;
pub mod commands;
pub mod commit_arguments;
mod early;
mod error;
pub mod exit_code;
pub mod failure;
mod help;
mod interruption;
mod logging;
pub mod outcome;
pub mod progress;
pub mod table;
pub mod ticket_arguments;
pub mod ticket_choice;
pub mod ui;

use std::ffi::OsString;
use std::time::Duration;

use clap::Parser as _;

use arguments::{Arguments, Globals};
use exit_code::ExitCode;
use failure::Failure;
use outcome::Outcome;
use ui::Ui;

use crate::auth::session::{Session, team_slug_if_logged_in};
use crate::auth::user_config;
use crate::http::Deadline;
use crate::sync::queue::reminder;
use crate::world::World;

/// What every command's handler is handed.
#[derive(Debug)]
pub struct Context {
    /// The operating system, seen from the directory of `-C`.
    pub world: World,
    /// How to speak.
    pub ui: Ui,
    /// `--server`.
    pub server: Option<String>,
    /// When the whole command's time is over (`--timeout`).
    pub deadline: Deadline,
    /// `--timeout`, for commands with a default of their own.
    pub timeout: Option<Duration>,
    /// The command line as it was typed, program name first.
    pub arguments: Vec<OsString>,
}

/// How long a command may take unless `--timeout` says otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

impl Context {
    /// What is left of the command's time.
    pub fn remaining(&self) -> Duration {
        self.deadline.remaining(&self.world)
    }

    /// The session of whoever is logged in.
    pub fn session(&self) -> Result<Session<'_>, Failure> {
        Ok(Session::open(
            &self.world,
            self.server.as_deref(),
            self.deadline,
        )?)
    }

    /// The line about events that wait for too long, or are too many. Settings that cannot be read
    /// do not stop the work here: what needs them says so.
    pub fn reminder(&self) -> Option<String> {
        let settings = user_config::load(&self.world).ok();
        let most = settings.and_then(|settings| settings.max_queue_size);
        reminder(&self.world, &self.world.state_directory(), most)
    }

    /// The team of whoever is logged in; asks no network.
    pub fn team_slug(&self) -> Option<String> {
        team_slug_if_logged_in(&self.world, self.server.as_deref())
    }
}

/// What every command's handler returns.
pub type CommandResult = Result<Outcome, Failure>;

/// Runs the command that these arguments ask for.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    let parsed = match Arguments::try_parse_from(&arguments) {
        Ok(parsed) => parsed,
        Err(error) => return early::answer(&arguments, &error),
    };
    let Arguments { globals, command } = parsed;
    let world = match World::from_process() {
        Ok(world) => world,
        Err(error) => return early::fail(&arguments, &early::no_directory(&error)),
    };
    let ui = Ui::new(&globals, &world);
    logging::start(&globals, &world);
    let typed = command_line::typed(&arguments);
    let result = context(globals, world, ui.clone(), arguments)
        .and_then(|context| interruption::run(command, context));
    match result {
        Ok(outcome) => {
            finish(&ui, &outcome);
            outcome.exit
        }
        Err(failure) => fail(&ui, &failure.resumed_by(&typed)),
    }
}

fn context(
    globals: Globals,
    world: World,
    ui: Ui,
    arguments: Vec<OsString>,
) -> Result<Context, Failure> {
    let world = match &globals.directory {
        Some(directory) => world.in_directory(directory),
        None => world,
    };
    if !world.directory().is_dir() {
        let message = format!("no such folder: {}", world.directory().display());
        return Err(Failure::usage(message).hint("check the value of -C"));
    }
    let timeout = globals.timeout.map(Duration::from_secs);
    let deadline = Deadline::after(&world, timeout.unwrap_or(DEFAULT_TIMEOUT));
    Ok(Context {
        world,
        ui,
        server: globals.server,
        deadline,
        timeout,
        arguments,
    })
}

fn finish(ui: &Ui, outcome: &Outcome) {
    if outcome.answered {
        return;
    }
    if ui.json() {
        ui.answer(&outcome.document().to_string());
        return;
    }
    for warning in &outcome.warnings {
        ui.warn(warning);
    }
    ui.answer(&outcome.text);
}

fn fail(ui: &Ui, failure: &Failure) -> ExitCode {
    if ui.json() {
        ui.answer(&failure.document().to_string());
    } else {
        for warning in &failure.warnings {
            ui.warn(warning);
        }
        ui.error(failure);
    }
    failure.exit
}
