//! The settings of the terminal, which an interrupted question leaves changed.

use dialoguer::console::Term;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::Ui;

/// The settings of the terminal before any question.
#[derive(Debug)]
pub(super) struct TerminalSettings(Termios);

impl TerminalSettings {
    /// Reads the settings; `None` if there is no terminal to ask on.
    pub(super) fn read(ui: &Ui) -> Option<Self> {
        let settings = ui.may_ask().then(|| tcgetattr(std::io::stdin()));
        settings?.ok().map(Self)
    }

    /// Restores the settings and the cursor, as far as possible.
    pub(super) fn restore(&self) {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0);
        drop(Term::stderr().show_cursor());
        leave_line();
    }
}

/// Ends the current line, which may contain a question or the echo of Ctrl-C.
pub(super) fn leave_line() {
    drop(Term::stderr().write_line(""));
}
