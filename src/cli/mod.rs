//! The command line: the only layer that prints, prompts or decides an exit code.

pub(crate) mod arguments;
pub(crate) mod ask;
mod candidate_document;
mod command_line;
pub(crate) mod commands;
pub(crate) mod commit_arguments;
pub(crate) mod context;
mod early;
mod error;
pub(crate) mod exit_code;
pub(crate) mod failure;
pub(crate) mod globals;
mod help;
mod interruption;
mod logging;
pub(crate) mod outcome;
pub(crate) mod progress;
pub(crate) mod table;
pub(crate) mod ticket_arguments;
pub(crate) mod ticket_choice;
pub(crate) mod ui;

use std::ffi::OsString;

use clap::Parser as _;

use arguments::Arguments;
use context::Context;
use exit_code::ExitCode;
use ui::Ui;

use crate::world::World;

/// Runs the command that these arguments ask for.
pub(crate) fn run(arguments: Vec<OsString>) -> ExitCode {
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
    let result = Context::new(globals, world, ui.clone(), arguments)
        .and_then(|context| interruption::run(command, context));
    match result {
        Ok(outcome) => ui.outcome(&outcome),
        Err(failure) => ui.failure(&failure.resumed_by(&typed)),
    }
}
