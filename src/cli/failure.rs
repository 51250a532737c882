//! A failed command: one value that becomes text, JSON and the exit code.

use std::error::Error;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::code::Code;
use super::command_line::CommandLine;
use super::exit_code::ExitCode;
use super::hint::Hint;
use crate::fs::FsError;
use crate::warning::Warning;

pub(super) const SCHEMA: &str = "spec-kitty.error/1";

/// Whether the failed command changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Effect {
    /// Nothing: it is safe to run it again.
    None,
    /// A part was done; `details` says which.
    Applied,
    /// A request may have reached the server.
    Unknown,
}

/// What failed, why, and what to do next. It serialises as the keys of `error`, but for those that
/// [`ErrorFields`] adds.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[must_use]
pub(crate) struct Failure {
    /// A stable name.
    #[schemars(with = "String", regex(pattern = "^[a-z_]+$"))]
    pub(crate) code: Code,
    /// One sentence without a full stop.
    #[serde(skip)]
    pub(crate) message: String,
    /// The chain of sources, or the server's words.
    #[serde(skip)]
    pub(crate) cause: Option<String>,
    /// What to do next.
    #[schemars(with = "Option<String>")]
    pub(crate) hint: Option<Hint>,
    /// The command that would help, ready to run.
    pub(super) next_command: Option<String>,
    /// Whether another try may succeed.
    pub(crate) retryable: bool,
    /// How long the server asks to wait.
    pub(crate) retry_after_seconds: Option<u64>,
    /// Whether only a person can act: log in, link an account.
    pub(crate) user_action_required: bool,
    /// Whether the failed command changed anything.
    pub(crate) effect: Effect,
    /// A list to choose from, one line each. Scripts read `details` instead.
    #[serde(skip)]
    pub(crate) choices: Vec<String>,
    /// More, depending on the code.
    pub(crate) details: Map<String, Value>,
    #[serde(skip)]
    pub(crate) warnings: Vec<Warning>,
}

/// The JSON document of a failure.
#[derive(Debug, Serialize)]
pub(super) struct ErrorDocument<'a> {
    schema: &'static str,
    result: &'static str,
    error: ErrorFields<'a>,
    warnings: &'a [Warning],
}

/// What failed, why, and what to do next.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(super) struct ErrorFields<'a> {
    /// The exit code of the process.
    exit_code: u8,
    /// What failed and why, in words that may change.
    message: String,
    #[serde(flatten)]
    failure: &'a Failure,
}

impl Failure {
    /// A failure that changed nothing.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        let exit = code.exit();
        Self {
            code,
            message: message.into(),
            cause: None,
            hint: code.hint(),
            next_command: None,
            retryable: matches!(
                exit,
                ExitCode::Unavailable | ExitCode::RateLimited | ExitCode::Partial
            ),
            retry_after_seconds: None,
            user_action_required: matches!(exit, ExitCode::Forbidden | ExitCode::AuthRequired),
            effect: Effect::None,
            choices: Vec::new(),
            details: Map::new(),
            warnings: Vec::new(),
        }
    }

    /// A failure with an error's message; the cause is the chain of its sources. It changed nothing,
    /// except when a file was replaced and the replacement could not be made durable.
    pub(crate) fn from_error(code: Code, error: &(dyn Error + 'static)) -> Self {
        let mut failure = Self::new(code, error.to_string());
        let causes = crate::text::causes(error);
        failure.cause = (!causes.is_empty()).then(|| causes.join(": "));
        let replaced = std::iter::successors(Some(error), |&error| error.source())
            .filter_map(|error| error.downcast_ref::<FsError>())
            .any(FsError::is_after_the_change);
        if replaced {
            failure.effect = Effect::Applied;
        }
        failure
    }

    /// A wrong command line or document.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    /// Ctrl-C was pressed. `only_read` means that the command has changed nothing yet.
    pub(crate) fn interrupted(only_read: bool) -> Self {
        if only_read {
            return Self::new(Code::Interrupted, "interrupted; nothing was changed");
        }
        Self::new(Code::Interrupted, "interrupted")
            .hint(Hint::SameCommand)
            .effect(Effect::Unknown)
    }

    pub(crate) fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<Hint>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Completes the failure of this command line: the next command, and for a part that was done the
    /// hint that names it.
    pub(super) fn of_command(mut self, typed: &CommandLine) -> Self {
        if self.exit() == ExitCode::Partial {
            let hint = self.hint.take().unwrap_or(Hint::SameCommand);
            self.hint = Some(hint.then_run(&typed.quoted()));
        }
        self.next_command = self.next_command_after(typed);
        self
    }

    /// `None` if a person or another program has to do something first.
    fn next_command_after(&self, typed: &CommandLine) -> Option<String> {
        let again = || (!typed.reads_stdin()).then(|| typed.quoted());
        match self.hint.as_ref()? {
            _ if self.exit() == ExitCode::Partial => again(),
            Hint::Run(command) | Hint::Instead { command, .. } => {
                Some(typed.in_same_place(command))
            }
            Hint::SameCommand => again(),
            Hint::ThenSameCommand(_) if self.retryable => again(),
            Hint::ThenSameCommand(_) | Hint::Text(_) | Hint::Template(_) | Hint::LeadTo { .. } => {
                None
            }
        }
    }

    pub(crate) fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    pub(crate) fn choices(mut self, choices: impl IntoIterator<Item = String>) -> Self {
        self.choices.extend(choices);
        self
    }

    /// Adds a key to `details`.
    pub(crate) fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    pub(crate) fn warn(mut self, warnings: impl IntoIterator<Item = Warning>) -> Self {
        self.warnings.extend(warnings);
        self
    }

    /// How the program ends.
    pub(crate) fn exit(&self) -> ExitCode {
        self.code.exit()
    }

    /// The hint as a sentence; empty if there is none.
    pub(crate) fn advice(&self) -> String {
        self.hint.as_ref().map_or_else(String::new, Hint::to_string)
    }

    /// Message and cause in one line.
    pub(crate) fn reason(&self) -> String {
        match &self.cause {
            Some(cause) => format!("{}: {cause}", self.message),
            None => self.message.clone(),
        }
    }

    /// The JSON document. It has no key for the cause, so the message includes it.
    pub(super) fn document(&self) -> ErrorDocument<'_> {
        ErrorDocument {
            schema: SCHEMA,
            result: "error",
            error: self.fields(),
            warnings: &self.warnings,
        }
    }

    pub(super) fn fields(&self) -> ErrorFields<'_> {
        ErrorFields {
            exit_code: self.exit().number(),
            message: self.reason(),
            failure: self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str]) -> CommandLine {
        let words: Vec<_> = ["spec-kitty"].iter().chain(words).map(Into::into).collect();
        CommandLine::new(&words)
    }

    #[test]
    fn only_a_partial_failure_ends_with_the_command_that_completes_it() {
        let typed = typed(&["a"]);
        let hint = |code| {
            let failure = Failure::new(code, "x").hint("check the mapping");
            failure.of_command(&typed).hint.unwrap().to_string()
        };
        assert_eq!(
            hint(Code::Partial),
            "check the mapping; then run: spec-kitty a"
        );
        assert_eq!(hint(Code::Conflict), "check the mapping");
        let bare = Failure::new(Code::Partial, "x").of_command(&typed);
        assert_eq!(bare.hint, Some(Hint::run("spec-kitty a")));
    }

    #[test]
    fn the_next_command_is_ready_to_run_or_missing() {
        let plain = typed(&["--json", "-C", "my dir", "a"]);
        let again = Some("spec-kitty --json -C 'my dir' a");
        let logged_in = Some("spec-kitty --json -C 'my dir' auth login");
        let table = [
            (Failure::new(Code::Partial, "x").hint("check it"), again),
            (Failure::new(Code::TimedOut, "x"), again),
            (Failure::interrupted(false), again),
            (Failure::interrupted(true), None),
            (Failure::new(Code::ConfigInvalid, "x"), None),
            (Failure::new(Code::SessionExpired, "x"), logged_in),
            (Failure::new(Code::TrackerNotBound, "x"), None),
            (Failure::new(Code::InvalidReference, "x"), None),
        ];
        for (failure, expected) in table {
            let failure = failure.of_command(&plain);
            assert_eq!(failure.next_command.as_deref(), expected, "{failure:?}");
        }
        // The input was read; the same command alone would wait for it.
        let fed = typed(&["a", "--candidate", "-"]);
        let failure = Failure::new(Code::TimedOut, "x").of_command(&fed);
        assert_eq!(failure.next_command, None);
    }
}
