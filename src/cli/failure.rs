//! A command that failed, in the one form that becomes text, JSON, exit code and effect.

use std::error::Error;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::exit_code::ExitCode;
use crate::fs::FsError;

/// Whether the failed command changed anything (DESIGN §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Nothing: safe to run again.
    None,
    /// Part was done; `details` says what.
    Applied,
    /// A request may have reached the server.
    Unknown,
}

/// How hints say that the command may be repeated.
const AGAIN: &str = "run the same command again";

/// What went wrong, why, and what to run next.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Stable `snake_case` name.
    pub code: &'static str,
    /// How the program ends.
    pub exit: ExitCode,
    /// What failed: one sentence without a full stop.
    pub message: String,
    /// Why: the chain of sources, or the server's words.
    pub cause: Option<String>,
    /// What to run or do next.
    pub hint: Option<String>,
    /// Whether trying again may help.
    pub retryable: bool,
    /// How long to wait first.
    pub retry_after_seconds: Option<u64>,
    /// Whether the user must act at the control plane.
    pub user_action_required: bool,
    /// Whether anything was changed.
    pub effect: Effect,
    /// What there is to choose from, a line each; scripts find it in `details`.
    pub choices: Vec<String>,
    /// More, for scripts.
    pub details: Map<String, Value>,
    /// What to know beside the failure.
    pub warnings: Vec<String>,
}

impl Failure {
    /// A failure that changed nothing.
    pub fn new(code: &'static str, exit: ExitCode, message: impl Into<String>) -> Self {
        Self {
            code,
            exit,
            message: message.into(),
            cause: None,
            hint: None,
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

    /// A failure whose message is an error's and whose cause is the chain of its sources. It changed
    /// nothing, but for a file that took its place and could not be made durable there.
    pub fn from_error(code: &'static str, exit: ExitCode, error: &(dyn Error + 'static)) -> Self {
        let causes = crate::text::causes(error);
        let mut failure = Self::new(code, exit, error.to_string());
        let mut deeper = Some(error);
        while let Some(error) = deeper {
            let file = error.downcast_ref::<FsError>();
            if file.is_some_and(FsError::is_after_the_change) {
                failure.effect = Effect::Applied;
            }
            deeper = error.source();
        }
        if causes.is_empty() {
            failure
        } else {
            failure.cause(causes.join(": "))
        }
    }

    /// A wrong command line or document.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new("usage", ExitCode::Usage, message)
    }

    /// Says why.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Where part was done, the hint ends with the command line that goes on from there.
    #[must_use]
    pub fn resumed_by(mut self, command: &str) -> Self {
        if self.exit == ExitCode::Partial {
            let hint = self.hint.take().unwrap_or_default();
            let first = hint.split(AGAIN).next().unwrap_or_default();
            let first = first.trim_end_matches([' ', ',', ';']);
            let first = first.strip_suffix("then").unwrap_or(first);
            let first = first.trim_end_matches([' ', ',', ';']);
            self.hint = Some(if first.is_empty() {
                format!("run: {command}")
            } else {
                format!("{first}; then run: {command}")
            });
        }
        self
    }

    /// Says what was changed.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// Shows what there is to choose from.
    #[must_use]
    pub fn choices(mut self, choices: impl IntoIterator<Item = String>) -> Self {
        self.choices.extend(choices);
        self
    }

    /// Adds a key to `details`.
    #[must_use]
    pub fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// Adds warnings.
    #[must_use]
    pub fn warn(mut self, warnings: impl IntoIterator<Item = String>) -> Self {
        self.warnings.extend(warnings);
        self
    }

    /// The JSON document. The message carries the cause, since there is no key of its own for it.
    pub fn document(&self) -> Value {
        let message = match &self.cause {
            Some(cause) => format!("{}: {cause}", self.message),
            None => self.message.clone(),
        };
        json!({
            "schema": "spec-kitty.error/1",
            "result": "error",
            "error": {
                "code": self.code,
                "exit_code": self.exit.number(),
                "message": message,
                "hint": self.hint,
                "retryable": self.retryable,
                "retry_after_seconds": self.retry_after_seconds,
                "user_action_required": self.user_action_required,
                "effect": self.effect,
                "details": self.details,
            },
            "warnings": self.warnings,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_partial_failure_ends_with_the_command_that_goes_on() {
        let cases = [
            ("", "run: CMD"),
            ("run the same command again", "run: CMD"),
            (
                "run the same command again, or with a longer --timeout",
                "run: CMD",
            ),
            (
                "act there, then run the same command again",
                "act there; then run: CMD",
            ),
            (
                "mend it, or pass --no-verify; then run the same command again",
                "mend it, or pass --no-verify; then run: CMD",
            ),
            ("check the mapping", "check the mapping; then run: CMD"),
        ];
        for (hint, resumed) in cases {
            let failure = |exit| Failure::new("x", exit, "x").hint(hint).resumed_by("CMD");
            assert_eq!(failure(ExitCode::Partial).hint.as_deref(), Some(resumed));
            assert_eq!(failure(ExitCode::Conflict).hint.as_deref(), Some(hint));
        }
    }
}
