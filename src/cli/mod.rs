//! The command line: the only layer that prints, prompts or decides an exit code.

pub mod arguments;
pub mod ask;
mod candidate_document;
mod command_line;
pub mod commands;
pub mod commit_arguments;
pub mod context;
mod early;
mod error;
pub mod exit_code;
pub mod failure;
pub mod globals;
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

use clap::Parser as _;

use arguments::Arguments;
use context::Context;
use exit_code::ExitCode;
use ui::Ui;

use crate::world::World;

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
    let result = Context::new(globals, world, ui.clone(), arguments)
        .and_then(|context| interruption::run(command, context));
    match result {
        Ok(outcome) => ui.outcome(&outcome),
        Err(failure) => ui.failure(&failure.resumed_by(&typed)),
    }
}
