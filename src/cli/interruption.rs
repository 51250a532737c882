//! Ctrl-C, and faults of ours: both still end with a report and an exit code (DESIGN §3).
//!
//! The command runs on a thread of its own; the first thread waits for its result or the signal.
//! When the signal comes first the process ends under the command, which every durable file is
//! written to survive.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;

use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;

use super::arguments::Command;
use super::ask::TerminalSettings;
use super::commands;
use super::context::{CommandResult, Context};
use super::exit_code::ExitCode;
use super::failure::{Effect, Failure};

/// Runs a command to its end, or until it is interrupted.
pub(super) fn run(command: Command, context: Context) -> CommandResult {
    // These stop by themselves, and have something to tidy up.
    if matches!(command, Command::Serve(_) | Command::Demo(_)) {
        return commands::run(command, &context);
    }
    let terminal = TerminalSettings::read(&context.ui);
    let (sender, receiver) = mpsc::channel();
    if let Ok(mut signals) = Signals::new([SIGINT]) {
        let sender_of_signal = sender.clone();
        let only_looks = context.world.only_looks().clone();
        thread::spawn(move || {
            if signals.forever().next().is_some() {
                if let Some(terminal) = terminal {
                    terminal.restore();
                }
                drop(sender_of_signal.send(Err(interrupted(only_looks.is_set()))));
            }
        });
    }
    thread::spawn(move || {
        // With --json the document is all there is to be said.
        if context.ui.json() && context.ui.verbose() == 0 {
            std::panic::set_hook(Box::new(|_| ()));
        }
        let result = catch_unwind(AssertUnwindSafe(|| commands::run(command, &context)));
        drop(sender.send(result.unwrap_or_else(|_| Err(fault()))));
    });
    receiver.recv().unwrap_or_else(|_| Err(fault()))
}

/// Ctrl-C was pressed; as long as a command only looks and asks, it has changed nothing.
pub(super) fn interrupted(only_looked: bool) -> Failure {
    let failure = |message| Failure::new("interrupted", ExitCode::Interrupted, message);
    if only_looked {
        return failure("interrupted; nothing was changed");
    }
    failure("interrupted")
        .hint("run the same command again; it goes on where it stopped")
        .effect(Effect::Unknown)
}

fn fault() -> Failure {
    Failure::new(
        "internal",
        ExitCode::Internal,
        "a fault of spec-kitty itself",
    )
    .hint("please report it, with what -v shows and the output of: spec-kitty --version")
    .effect(Effect::Unknown)
}
