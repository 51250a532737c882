//! What to do after a failure, as a value.

use std::fmt;
use std::path::Path;

use serde::{Serialize, Serializer};

use crate::text::shell_word;

/// What to do next. [`Hint::Run`], [`Hint::Instead`] and [`Hint::SameCommand`] can be run without a
/// decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hint {
    /// Advice without a command.
    Text(String),
    /// A command, ready to run.
    Run(String),
    /// Words that explain a command, which is ready to run: `did you mean jira? run`.
    Instead { words: String, command: String },
    /// A command with placeholders in capitals.
    Template(String),
    /// Words that lead to a command, which needs something else first: `remove FILE, then run`.
    LeadTo { words: String, command: String },
    /// The command that failed.
    SameCommand,
    /// Something to do first, then the command that failed.
    ThenSameCommand(String),
}

impl Hint {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn run(command: impl Into<String>) -> Self {
        Self::Run(command.into())
    }

    pub(crate) fn template(command: impl Into<String>) -> Self {
        Self::Template(command.into())
    }

    pub(crate) fn lead_to(words: impl Into<String>, command: impl Into<String>) -> Self {
        Self::LeadTo {
            words: words.into(),
            command: command.into(),
        }
    }

    pub(crate) fn instead(words: impl Into<String>, command: impl Into<String>) -> Self {
        Self::Instead {
            words: words.into(),
            command: command.into(),
        }
    }

    pub(super) fn again() -> Self {
        Self::SameCommand
    }

    pub(crate) fn then_again(first: impl Into<String>) -> Self {
        Self::ThenSameCommand(first.into())
    }

    /// This advice, then `command`, which completes what the failed command has begun.
    pub(super) fn then_run(self, command: &str) -> Self {
        let first = match self {
            Self::SameCommand => return Self::run(command),
            Self::Text(first) | Self::ThenSameCommand(first) => first,
            Self::Run(_) | Self::Instead { .. } | Self::Template(_) | Self::LeadTo { .. } => {
                self.to_string()
            }
        };
        Self::lead_to(format!("{first}; then run"), command)
    }
}

/// The command that restores a file as git has it.
pub(crate) fn git_restore(path: &Path) -> String {
    format!("git checkout -- {}", shell_word(&path.to_string_lossy()))
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Run(command) | Self::Template(command) => write!(f, "run: {command}"),
            Self::Instead { words, command } | Self::LeadTo { words, command } => {
                write!(f, "{words}: {command}")
            }
            Self::SameCommand => f.write_str("run the same command again"),
            Self::ThenSameCommand(first) => {
                write!(f, "{first}, then run the same command again")
            }
        }
    }
}

impl Serialize for Hint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<T: Into<String>> From<T> for Hint {
    fn from(text: T) -> Self {
        Self::Text(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_keeps_its_advice_before_the_command_that_completes_the_work() {
        let cases = [
            (Hint::SameCommand, "run: CMD"),
            (
                Hint::then_again("fix it, or pass --no-verify"),
                "fix it, or pass --no-verify; then run: CMD",
            ),
            (
                Hint::from("check the mapping"),
                "check the mapping; then run: CMD",
            ),
            (Hint::run("a"), "run: a; then run: CMD"),
        ];
        for (hint, completed) in cases {
            assert_eq!(hint.then_run("CMD").to_string(), completed);
        }
    }
}
