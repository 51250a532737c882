//! Output, and the rules for prompts and colours.

use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use console::Term;

use super::globals::{Color, Globals};
use super::pager::{Pager, is_longer};
use super::{Code, ExitCode, Failure, Outcome};
use crate::text::{escape_json, one_line, sanitize};
use crate::warning::Warning;
use crate::world::{Terminals, World, names};

/// The form of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    /// One document (`--json`).
    Json,
    /// These keys of the document (`--json=KEY,KEY`).
    Keys(Vec<String>),
    /// Each item of a list on a line (`--ndjson`).
    Lines,
}

/// The resolved output settings. Only this type writes to the standard streams.
#[derive(Debug, Clone)]
pub(crate) struct Ui {
    form: Form,
    /// Whether the answer is for a program.
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    /// How often `-v` was given.
    pub(crate) verbose: u8,
    no_input: bool,
    /// Whether the terminal understands escape sequences other than colours.
    understands_sequences: bool,
    color_stdout: bool,
    color_stderr: bool,
    terminals: Terminals,
    pager: Option<Pager>,
}

impl Ui {
    /// Resolves flags, environment and terminals.
    pub(super) fn new(globals: &Globals, form: Form, world: &World) -> Self {
        let json = form != Form::Text;
        let terminals = world.terminals();
        let is_set = |name| world.variable(name).is_some();
        let forced = world.variable(names::CLICOLOR_FORCE);
        let color = |terminal: bool| match globals.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if is_set(names::NO_COLOR) => false,
            Color::Auto if forced.is_some_and(|value| value != "0") => true,
            Color::Auto => {
                terminal
                    && world.variable(names::CLICOLOR) != Some("0")
                    && world.variable(names::TERMINAL) != Some("dumb")
            }
        };
        let no_input = globals.no_input
            || json
            || world.flag(names::NO_INPUT)
            || is_set(names::CI)
            || !terminals.stdin;
        let terminal = world.variable(names::TERMINAL);
        let understands_sequences = terminal.is_some_and(|name| name != "dumb");
        let may_page = terminals.stdout && understands_sequences && !no_input && !globals.quiet;
        Self {
            form,
            json,
            quiet: globals.quiet,
            verbose: globals.verbose,
            no_input,
            understands_sequences,
            color_stdout: !json && color(terminals.stdout),
            color_stderr: color(terminals.stderr),
            terminals,
            pager: may_page.then(|| Pager::chosen(world)).flatten(),
        }
    }

    /// Whether a question may be asked: stdin and stderr are terminals and nothing forbids it.
    pub(crate) fn may_ask(&self) -> bool {
        !self.no_input && self.terminals.stderr
    }

    /// Whether a list to choose from may fill the terminal.
    pub(super) fn may_show_list(&self) -> bool {
        self.may_ask() && self.understands_sequences
    }

    /// Whether the answer is text on a terminal.
    pub(crate) fn stdout_is_terminal(&self) -> bool {
        self.terminals.stdout && !self.json
    }

    /// Whether texts may be links.
    pub(super) fn shows_links(&self) -> bool {
        self.stdout_is_terminal() && self.understands_sequences
    }

    /// The columns of the terminal that shows the answer.
    pub(super) fn stdout_width(&self) -> Option<usize> {
        let columns = || usize::from(Term::stdout().size().1);
        self.stdout_is_terminal().then(columns)
    }

    /// Whether progress may be drawn on stderr. A log there would be written over it.
    pub(crate) fn may_draw(&self) -> bool {
        self.terminals.stderr && !self.json && !self.quiet && self.verbose == 0
    }

    /// Text for stdout, in colour if stdout has colour.
    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        if self.color_stdout {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// Text for stderr, in this style if stderr has colour.
    pub(super) fn paint_stderr(&self, style: Style, text: &str) -> String {
        if self.color_stderr {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// Writes a note to stderr, except with `--quiet` or `--json`.
    pub(crate) fn say(&self, line: &str) {
        if !self.quiet && !self.json {
            write_stderr(line);
        }
    }

    /// Like [`Self::say`], while a spinner may be drawn.
    pub(super) fn say_above_spinner(&self, line: &str) {
        if self.may_draw() {
            drop(Term::stderr().clear_line());
        }
        self.say(&one_line(line));
    }

    /// Writes the subject of a question to stderr.
    pub(super) fn ask_about(&self, text: &str) {
        if self.may_ask() {
            write_stderr(text.trim_end());
        }
    }

    /// Prints the answer of a command and returns its exit code.
    pub(super) fn outcome(&self, outcome: &Outcome) -> ExitCode {
        if outcome.is_printed {
            return outcome.exit;
        }
        // In every other form they are a part of the document.
        if matches!(self.form, Form::Text | Form::Lines) {
            self.warn(&outcome.warnings);
        }
        match self.print(outcome) {
            Ok(()) => outcome.exit,
            Err(error) => {
                let message = "the command is done, but its answer could not be written";
                self.error(&Failure::new(Code::Internal, message).cause(error.to_string()));
                ExitCode::Internal
            }
        }
    }

    /// Prints an answer before the end of its command.
    pub(crate) fn print_now(&self, mut outcome: Outcome) -> Outcome {
        drop(self.print(&outcome));
        outcome.is_printed = true;
        outcome
    }

    fn print(&self, outcome: &Outcome) -> io::Result<()> {
        let json = match &self.form {
            Form::Text if outcome.is_paged && self.show_in_pager(&outcome.text) => return Ok(()),
            Form::Text => return write_stdout(&outcome.text),
            Form::Json => outcome.json(),
            Form::Keys(keys) => outcome.json_of(keys),
            Form::Lines => outcome.json_lines(),
        };
        write_stdout(&escape_json(json?))
    }

    /// Shows a text in the user's pager. Returns false if there is none, or no need for one.
    fn show_in_pager(&self, text: &str) -> bool {
        let size = Term::stdout().size();
        let pager = self.pager.as_ref();
        pager.is_some_and(|pager| is_longer(text, size) && pager.show(text))
    }

    /// Reports a failure and returns its exit code.
    pub(super) fn failure(&self, failure: &Failure) -> ExitCode {
        if self.json {
            // A document of plain keys and values is always JSON.
            if let Ok(json) = serde_json::to_string(&failure.document()) {
                drop(write_stdout(&escape_json(json)));
            }
        } else {
            self.warn(&failure.warnings);
            self.error(failure);
        }
        failure.exit()
    }

    fn warn(&self, warnings: &[Warning]) {
        for warning in warnings {
            self.labelled("", "warning:", AnsiColor::Yellow, &warning.message);
        }
    }

    /// Writes the three lines of an error to stderr, with its choices between them.
    fn error(&self, failure: &Failure) {
        self.labelled("", "error:", AnsiColor::Red, &failure.message);
        for choice in &failure.choices {
            write_stderr(&format!("    {}", sanitize(choice)));
        }
        if let Some(cause) = &failure.cause {
            self.labelled("  ", "cause:", AnsiColor::Yellow, cause);
        }
        if let Some(hint) = &failure.hint {
            self.labelled("  ", "hint:", AnsiColor::Cyan, &hint.to_string());
        }
    }

    /// Text from any source after a label. Its further lines are indented, so that they cannot look
    /// like a label.
    fn labelled(&self, indent: &str, label: &str, color: AnsiColor, text: &str) {
        let text = sanitize(text).replace('\n', "\n    ");
        let style = Style::new().bold().fg_color(Some(color.into()));
        write_stderr(&if self.color_stderr {
            format!("{indent}{style}{label}{style:#} {text}")
        } else {
            format!("{indent}{label} {text}")
        });
    }

    /// Writes a part of a long answer to stdout, except with `--json`.
    pub(crate) fn answer(&self, text: &str) {
        if !self.json {
            drop(write_stdout(text));
        }
    }
}

/// A closed pipe is not an error; any other lost answer is.
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

/// A closed pipe is not an error.
fn write_stderr(line: &str) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}
