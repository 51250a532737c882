//! The state of the terminal, which an interrupted question leaves changed.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use dialoguer::console::Term;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::Ui;

/// Whether a list fills the terminal. The thread that handles Ctrl-C must know, and a process has
/// only one terminal.
static WHOLE_SCREEN: AtomicBool = AtomicBool::new(false);
/// Whether a pager has the terminal, which restores it itself. Ctrl-C is a key of the pager.
static PAGER: AtomicBool = AtomicBool::new(false);

/// Leaves the terminal to a pager while it runs.
pub(super) fn lend<T>(run: impl FnOnce() -> T) -> T {
    PAGER.store(true, Ordering::SeqCst);
    let result = run();
    PAGER.store(false, Ordering::SeqCst);
    result
}

/// The settings of the terminal before any question.
#[derive(Debug)]
pub(super) struct TerminalSettings(Termios);

impl TerminalSettings {
    /// Reads the settings; `None` if there is no terminal to ask on.
    pub(super) fn read(ui: &Ui) -> Option<Self> {
        let settings = ui.may_ask().then(|| tcgetattr(io::stdin()));
        settings?.ok().map(Self)
    }

    /// Restores the settings, the screen and the cursor, as far as possible.
    pub(super) fn restore(&self) {
        if PAGER.load(Ordering::SeqCst) {
            return;
        }
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
        drop(Term::stderr().show_cursor());
        if !leave_whole_screen() {
            leave_line();
        }
    }
}

/// The whole terminal for a list: its alternate screen, without the echo of keys, and with Ctrl-C as
/// a key. Dropping it restores the terminal.
#[derive(Debug)]
pub(super) struct WholeScreen(Termios);

impl WholeScreen {
    pub(super) fn enter() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut settings = before.clone();
        settings.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        tcsetattr(io::stdin(), OptionalActions::Now, &settings)?;
        let screen = Self(before);
        WHOLE_SCREEN.store(true, Ordering::SeqCst);
        write(ENTER)?;
        Ok(screen)
    }
}

impl Drop for WholeScreen {
    fn drop(&mut self) {
        leave_whole_screen();
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

const ENTER: &str = "\x1b[?1049h";
const LEAVE: &str = "\x1b[?1049l";

/// Shows what the terminal showed before the list. Returns whether there was one.
fn leave_whole_screen() -> bool {
    let was_whole = WHOLE_SCREEN.swap(false, Ordering::SeqCst);
    if was_whole {
        drop(write(LEAVE));
    }
    was_whole
}

fn write(sequence: &str) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    stderr.write_all(sequence.as_bytes())?;
    stderr.flush()
}

/// Ends the current line, which may contain a question or the echo of Ctrl-C.
pub(super) fn leave_line() {
    drop(Term::stderr().write_line(""));
}
