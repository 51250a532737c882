//! A failed command: one value that becomes text, JSON and the exit code.

use std::error::Error;

use serde::Serialize;
use serde_json::{Map, Value};

use super::code::Code;
use super::exit_code::ExitCode;
use super::hint::Hint;
use crate::fs::FsError;

/// Whether the failed command changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
#[derive(Debug, Clone, Serialize)]
#[must_use]
pub(crate) struct Failure {
    pub(crate) code: Code,
    /// One sentence without a full stop.
    #[serde(skip)]
    pub(crate) message: String,
    /// The chain of sources, or the server's words.
    #[serde(skip)]
    pub(crate) cause: Option<String>,
    pub(crate) hint: Option<Hint>,
    /// Whether another try may succeed.
    pub(crate) retryable: bool,
    pub(crate) retry_after_seconds: Option<u64>,
    /// Whether only a person can help, for example by linking an account.
    pub(crate) user_action_required: bool,
    pub(crate) effect: Effect,
    /// A list to choose from, one line each. Scripts read `details` instead.
    #[serde(skip)]
    pub(crate) choices: Vec<String>,
    /// More, for scripts.
    pub(crate) details: Map<String, Value>,
    #[serde(skip)]
    pub(crate) warnings: Vec<String>,
}

/// The JSON document of a failure.
#[derive(Debug, Serialize)]
pub(super) struct ErrorDocument<'a> {
    schema: &'static str,
    result: &'static str,
    error: ErrorFields<'a>,
    warnings: &'a [String],
}

#[derive(Debug, Serialize)]
struct ErrorFields<'a> {
    exit_code: u8,
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
            retryable: matches!(
                exit,
                ExitCode::Unavailable | ExitCode::RateLimited | ExitCode::Partial
            ),
            retry_after_seconds: None,
            user_action_required: exit == ExitCode::Forbidden,
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

    /// If a part was done, the hint ends with the command line that completes it.
    pub(super) fn completed_by(mut self, command: &str) -> Self {
        if self.exit() == ExitCode::Partial {
            let hint = self.hint.take().unwrap_or(Hint::SameCommand);
            self.hint = Some(hint.then_run(command));
        }
        self
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

    pub(crate) fn warn(mut self, warnings: impl IntoIterator<Item = String>) -> Self {
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
            schema: "spec-kitty.error/1",
            result: "error",
            error: ErrorFields {
                exit_code: self.exit().number(),
                message: self.reason(),
                failure: self,
            },
            warnings: &self.warnings,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_partial_failure_ends_with_the_command_that_completes_it() {
        let hint = |code| {
            let failure = Failure::new(code, "x").hint("check the mapping");
            failure.completed_by("CMD").hint.unwrap().to_string()
        };
        assert_eq!(hint(Code::Partial), "check the mapping; then run: CMD");
        assert_eq!(hint(Code::Conflict), "check the mapping");
        let bare = Failure::new(Code::Partial, "x").completed_by("CMD");
        assert_eq!(bare.hint, Some(Hint::run("CMD")));
    }
}
