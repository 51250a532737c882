//! The binary on a pseudo-terminal that a test reads and types on.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// How long a test waits before it fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A command on a terminal, usually of 24 lines and 100 columns.
#[must_use]
pub(crate) struct Terminal {
    person: File,
    child: Child,
    screen: Arc<Mutex<String>>,
    /// Ends with the output.
    reader: Option<JoinHandle<()>>,
}

impl Terminal {
    /// Starts a command with all three standard streams on a new terminal.
    pub(crate) fn start(command: Command) -> Self {
        Self::start_sized(command, 24, 100)
    }

    /// [`Self::start`] on a terminal of this size.
    pub(crate) fn start_sized(mut command: Command, lines: u16, columns: u16) -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY;
        let program = rustix::fs::open(name, flags, Mode::empty()).unwrap();
        let size = Winsize {
            ws_row: lines,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&program, size).unwrap();
        let stream = |program: &OwnedFd| program.try_clone().unwrap();
        let child = command
            .stdin(stream(&program))
            .stdout(stream(&program))
            .stderr(stream(&program))
            .spawn()
            .unwrap();
        drop((command, program));
        let person = File::from(person);
        let screen = Arc::default();
        let reader = watch(person.try_clone().unwrap(), Arc::clone(&screen));
        Self {
            person,
            child,
            screen,
            reader: Some(reader),
        }
    }

    /// The output so far, with escape sequences.
    pub(crate) fn screen(&self) -> String {
        self.screen.lock().unwrap().clone()
    }

    /// Waits until the output contains this text.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_until(text, || self.screen().contains(text));
    }

    /// Waits until the terminal hides the input.
    #[track_caller]
    pub(crate) fn wait_for_hidden_input(&self) {
        self.wait_until("hidden input", || !self.shows_input());
    }

    /// Whether the terminal shows the input.
    pub(crate) fn shows_input(&self) -> bool {
        let settings = tcgetattr(&self.person).unwrap();
        settings.local_modes.contains(LocalModes::ECHO)
    }

    /// Types this.
    pub(crate) fn type_text(&mut self, text: &str) {
        self.person.write_all(text.as_bytes()).unwrap();
    }

    /// Sends the signal of Ctrl-C.
    pub(crate) fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&self, signal: Signal) {
        let child = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(child, signal).unwrap();
    }

    /// Waits for the end: the exit code, or -1 if a signal ended it.
    #[track_caller]
    pub(crate) fn finish(&mut self) -> i32 {
        let mut status = None;
        let end = Instant::now() + PATIENCE;
        while status.is_none() {
            assert!(Instant::now() < end, "still running: {}", self.screen());
            status = self.child.try_wait().unwrap();
            std::thread::sleep(Duration::from_millis(2));
        }
        status.and_then(|status| status.code()).unwrap_or(-1)
    }

    /// Waits for the end: the exit code, and the whole output with escape sequences.
    #[track_caller]
    pub(crate) fn output(mut self) -> (i32, String) {
        let code = self.finish();
        self.reader.take().unwrap().join().unwrap();
        (code, self.screen().replace("\r\n", "\n"))
    }

    /// Waits until this is so. `what` names it in the message of a failure.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_so() {
            assert!(Instant::now() < end, "no {what} in: {}", self.screen());
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Reads the output on the terminal until no process has it open.
fn watch(mut person: File, screen: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        // A character may arrive in two parts.
        let mut rest = Vec::new();
        while let Ok(count @ 1..) = person.read(&mut bytes) {
            rest.extend_from_slice(&bytes[..count]);
            let whole = match std::str::from_utf8(&rest) {
                Err(error) if error.error_len().is_none() => error.valid_up_to(),
                _ => rest.len(),
            };
            let text = String::from_utf8_lossy(&rest[..whole]).into_owned();
            rest.drain(..whole);
            screen.lock().unwrap().push_str(&text);
        }
    })
}
