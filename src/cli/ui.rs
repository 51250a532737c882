//! How the program speaks: what may be asked, coloured and said, decided once.

use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};

use super::exit_code::ExitCode;
use super::failure::Failure;
use super::globals::{Color, Globals};
use super::outcome::Outcome;
use crate::world::{World, names};

/// Resolved output settings, and the only place that writes to the standard streams.
#[derive(Debug, Clone)]
pub struct Ui {
    json: bool,
    quiet: bool,
    verbose: u8,
    no_input: bool,
    color_stdout: bool,
    color_stderr: bool,
    terminals: crate::world::Terminals,
}

impl Ui {
    /// Resolves flags, environment and terminals.
    pub fn new(globals: &Globals, world: &World) -> Self {
        let terminals = world.terminals();
        let color = |terminal: bool| match globals.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if world.variable(names::NO_COLOR).is_some() => false,
            Color::Auto
                if world
                    .variable(names::CLICOLOR_FORCE)
                    .is_some_and(|v| v != "0") =>
            {
                true
            }
            Color::Auto => {
                terminal
                    && world.variable(names::CLICOLOR) != Some("0")
                    && world.variable(names::TERMINAL) != Some("dumb")
            }
        };
        Self {
            json: globals.json,
            quiet: globals.quiet,
            verbose: globals.verbose,
            no_input: globals.no_input
                || globals.json
                || world.flag(names::NO_INPUT)
                || world.variable(names::CI).is_some()
                || !terminals.stdin,
            color_stdout: !globals.json && color(terminals.stdout),
            color_stderr: color(terminals.stderr),
            terminals,
        }
    }

    /// Whether the answer is one JSON document.
    pub fn json(&self) -> bool {
        self.json
    }

    /// Whether only the answer shall be printed.
    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// How often `-v` was given.
    pub fn verbose(&self) -> u8 {
        self.verbose
    }

    /// Whether a question may be asked: stdin and stderr are terminals and nothing forbids it.
    pub fn may_ask(&self) -> bool {
        !self.no_input && self.terminals.stderr
    }

    /// Whether the answer goes to a terminal: tables may be aligned and cut to its width.
    pub fn stdout_is_terminal(&self) -> bool {
        self.terminals.stdout && !self.json
    }

    /// Whether progress may be drawn on stderr.
    pub fn may_draw(&self) -> bool {
        self.terminals.stderr && !self.json && !self.quiet
    }

    /// Text for stdout in a colour, where stdout has colour.
    pub fn paint(&self, style: Style, text: &str) -> String {
        if self.color_stdout {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// Writes a line about the work to stderr; not with `--quiet` or `--json`.
    pub fn say(&self, line: &str) {
        if !self.quiet && !self.json {
            write_stderr(line);
        }
    }

    /// Writes what a question is about to stderr.
    pub fn ask_about(&self, text: &str) {
        write_stderr(text.trim_end());
    }

    /// Writes a warning to stderr; with `--json` it stands in the document instead.
    pub fn warn(&self, line: &str) {
        if !self.json {
            self.labelled("", "warning:", AnsiColor::Yellow, line);
        }
    }

    /// Gives the answer of a command, and says how the program ends.
    pub fn outcome(&self, outcome: &Outcome) -> ExitCode {
        if outcome.answered {
            return outcome.exit;
        }
        for warning in &outcome.warnings {
            self.warn(warning);
        }
        let answered = if self.json {
            write_stdout(&outcome.document().to_string())
        } else {
            write_stdout(&outcome.text)
        };
        match answered {
            Ok(()) => outcome.exit,
            Err(error) => {
                let lost = "the command is done, but its answer could not be written";
                let failure = Failure::new("internal", ExitCode::Internal, lost);
                self.error(&failure.cause(error.to_string()));
                ExitCode::Internal
            }
        }
    }

    /// Reports a failure, and says how the program ends.
    pub fn failure(&self, failure: &Failure) -> ExitCode {
        if self.json {
            self.answer(&failure.document().to_string());
        } else {
            for warning in &failure.warnings {
                self.warn(warning);
            }
            self.error(failure);
        }
        failure.exit
    }

    /// Writes the three lines of an error to stderr, and between them what there is to choose from.
    fn error(&self, failure: &Failure) {
        self.labelled("", "error:", AnsiColor::Red, &failure.message);
        for choice in &failure.choices {
            write_stderr(&format!("    {}", crate::text::sanitize(choice)));
        }
        if let Some(cause) = &failure.cause {
            self.labelled("  ", "cause:", AnsiColor::Yellow, cause);
        }
        if let Some(hint) = &failure.hint {
            self.labelled("  ", "hint:", AnsiColor::Cyan, hint);
        }
    }

    /// Text from anywhere after a label of ours. Further lines of it are indented, so that none of
    /// them passes for a line of ours.
    fn labelled(&self, indent: &str, label: &str, color: AnsiColor, text: &str) {
        let text = crate::text::sanitize(text).replace('\n', "\n    ");
        write_stderr(&format!("{indent}{} {text}", self.label(label, color)));
    }

    /// Writes to stdout, with a final newline, as far as that can be done.
    pub fn answer(&self, text: &str) {
        drop(write_stdout(text));
    }

    fn label(&self, label: &str, color: AnsiColor) -> String {
        if !self.color_stderr {
            return label.to_owned();
        }
        let style = Style::new().bold().fg_color(Some(color.into()));
        format!("{style}{label}{style:#}")
    }
}

/// A reader that went away is no error; an answer that is lost otherwise is one.
fn write_stdout(text: &str) -> io::Result<()> {
    let newline = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let mut stdout = io::stdout().lock();
    match write!(stdout, "{text}{newline}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// A reader that went away is no error.
fn write_stderr(line: &str) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}
