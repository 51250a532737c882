//! The command line: the only layer that prints, prompts or decides an exit code.

pub(crate) mod arguments;
pub(crate) mod ask;
pub(crate) mod browser;
mod candidate_document;
mod catalogue;
pub(crate) mod code;
mod command_line;
pub(crate) mod commands;
pub(crate) mod commit_arguments;
mod completion;
pub(crate) mod context;
pub(crate) mod delivery;
pub(crate) mod document;
mod early;
mod error;
mod examples;
pub(crate) mod exit_code;
pub(crate) mod failure;
mod globals;
pub(crate) mod hint;
mod interruption;
pub(crate) mod lines;
pub(crate) mod link;
pub(crate) mod logging;
pub(crate) mod outcome;
mod pager;
mod phase;
mod picker;
pub(crate) mod progress;
pub(crate) mod resume;
pub(crate) mod table;
mod terminal;
pub(crate) mod ticket_arguments;
pub(crate) mod ticket_choice;
pub(crate) mod ticket_document;
pub(crate) mod ticket_table;
mod ui;

use std::ffi::OsString;

use arguments::Parsed;
use command_line::CommandLine;
use globals::Globals;
use ui::{Form, Ui};

use crate::world::World;

// What nearly every command uses.
pub(crate) use code::Code;
pub(crate) use commit_arguments::{CommitArguments, RunArguments};
pub(crate) use context::{CommandResult, Context};
pub(crate) use delivery::DeliverArguments;
pub(crate) use exit_code::ExitCode;
pub(crate) use failure::{Effect, Failure};
pub(crate) use hint::Hint;
pub(crate) use link::Cell;
pub(crate) use outcome::Outcome;
pub(crate) use table::{record, record_known, table, table_of};

/// Runs the command of these arguments.
pub(crate) fn run(arguments: Vec<OsString>) -> ExitCode {
    let world = World::from_process();
    let completed = world
        .as_ref()
        .ok()
        .map(|it| completion::answer(it, &arguments));
    if let Some(exit) = completed.flatten() {
        return exit;
    }
    let typed = CommandLine::new(&arguments);
    let parsed = Parsed::from(arguments);
    let (globals, form) = match &parsed {
        Ok(parsed) => (parsed.arguments.globals.clone(), parsed.form()),
        // clap returns no flags with an error, but they still decide the form of the report.
        Err(_) if typed.is_for_a_program() => (Globals::default(), Form::Json),
        Err(_) => (Globals::default(), Form::Text),
    };
    let nowhere = World::with_variables("/".into(), Vec::<(OsString, OsString)>::new());
    let ui = Ui::new(&globals, form, world.as_ref().unwrap_or(&nowhere));
    match (parsed, world) {
        (Err(error), _) => early::answer(&ui, &typed, &error),
        (_, Err(error)) => ui.failure(&early::no_directory(&error).of_command(&typed)),
        (Ok(parsed), Ok(world)) => {
            if !parsed.arguments.command.has_own_log() {
                logging::start(&globals, &world, &ui);
            }
            let context = parsed
                .check_keys()
                .and_then(|()| Context::new(globals, world, ui.clone(), typed.clone()));
            match context.and_then(|context| execute(parsed.arguments.command, context)) {
                Ok(outcome) => ui.outcome(&outcome.of_command(&typed)),
                Err(failure) => ui.failure(&failure.of_command(&typed)),
            }
        }
    }
}

fn execute(command: arguments::Command, context: Context) -> CommandResult {
    if command.handles_interruption() {
        return command.run(&context);
    }
    interruption::run(context, |context| command.run(context))
}
