//! Ctrl-C and panics, which end with a report and an exit code, and SIGTERM during a question.
//!
//! The command runs on its own thread, while the first thread waits for its result or the signal. If
//! the signal comes first, the process ends during the command. Every durable file is written so that
//! it survives this.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Once, mpsc};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::terminal::TerminalSettings;
use super::{Code, CommandResult, Context, Effect, Failure, Ui};

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

/// From the first question on, SIGTERM restores the terminal before it ends the process. Until then it
/// keeps its default, because `serve`, which asks nothing, has a handler of its own.
pub(super) fn restore_when_ended(ui: &Ui) {
    static FIRST: Once = Once::new();
    FIRST.call_once(|| {
        let terminal = TerminalSettings::read(ui);
        let (Some(terminal), Ok(mut signals)) = (terminal, Signals::new([SIGTERM])) else {
            return;
        };
        thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                terminal.restore();
                drop(emulate_default_handler(signal));
            }
        });
    });
}

/// The command has panicked.
pub(super) fn fault() -> Failure {
    Failure::new(Code::Internal, "internal error in spec-kitty")
        .hint("please report it with the output of -v and of: spec-kitty --version")
        .effect(Effect::Unknown)
}
