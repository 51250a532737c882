//! Ctrl-C and panics: both end with a report and an exit code.
//!
//! The command runs on its own thread, while the first thread waits for its result or the signal. If
//! the signal comes first, the process ends during the command. Every durable file is written so that
//! it survives this.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;

use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;

use super::terminal::TerminalSettings;
use super::{Code, CommandResult, Context, Effect, Failure};

/// Runs a command to its end, or until it is interrupted.
pub(super) fn run(
    context: Context,
    command: impl FnOnce(&Context) -> CommandResult + Send + 'static,
) -> CommandResult {
    let terminal = TerminalSettings::read(&context.ui);
    let (sender, receiver) = mpsc::channel();
    if let Ok(mut signals) = Signals::new([SIGINT]) {
        let (sender, phase) = (sender.clone(), context.phase.clone());
        thread::spawn(move || {
            if signals.forever().next().is_some() {
                if let Some(terminal) = terminal {
                    terminal.restore();
                }
                drop(sender.send(Err(Failure::interrupted(phase.only_reads()))));
            }
        });
    }
    thread::spawn(move || {
        // With --json the document is the only output.
        if context.ui.json && context.ui.verbose == 0 {
            std::panic::set_hook(Box::new(|_| ()));
        }
        let result = catch_unwind(AssertUnwindSafe(|| command(&context)));
        drop(sender.send(result.unwrap_or_else(|_| Err(fault()))));
    });
    receiver.recv().unwrap_or_else(|_| Err(fault()))
}

/// The command has panicked.
pub(super) fn fault() -> Failure {
    Failure::new(Code::Internal, "internal error in spec-kitty")
        .hint("please report it with the output of -v and of: spec-kitty --version")
        .effect(Effect::Unknown)
}
