//! The answer of a command: one value that becomes text or JSON.

use serde_json::{Map, Value};

use super::command_line::CommandLine;
use super::document::{AnyDocument, Document, Envelope};
use super::{ExitCode, Failure};
use crate::warning::Warning;

/// The answer of a command that succeeded, or ended with a result worth reporting.
#[derive(Debug)]
pub(crate) struct Outcome {
    answer: Answer,
    /// Sanitised text for stdout. A missing final newline is added.
    pub(super) text: String,
    /// Lines on stderr, and `warnings` in JSON.
    pub(super) warnings: Vec<Warning>,
    pub(super) exit: ExitCode,
    /// Why the answer counts as an error; its exit code is that of the command.
    error: Option<Failure>,
    /// Whether the command has printed its answer itself, before its end.
    pub(super) is_printed: bool,
    /// Whether a pager may show the text.
    pub(super) is_paged: bool,
}

/// What `--json` prints.
#[derive(Debug)]
enum Answer {
    Document(Box<dyn AnyDocument>),
    /// The text, which is JSON itself.
    Text,
}

impl Outcome {
    /// An answer.
    pub(crate) fn new<D: Document>(document: D, text: impl Into<String>) -> Self {
        let answer = Self::with(Answer::Document(Box::new(document)), text);
        Self {
            is_paged: D::LIST.is_some(),
            ..answer
        }
    }

    /// An answer that is JSON in both forms of output.
    pub(crate) fn verbatim(json: impl Into<String>) -> Self {
        Self::with(Answer::Text, json)
    }

    fn with(answer: Answer, text: impl Into<String>) -> Self {
        Self {
            answer,
            text: text.into(),
            warnings: Vec::new(),
            exit: ExitCode::Ok,
            error: None,
            is_printed: false,
            is_paged: false,
        }
    }

    /// Lets a pager show the text, as that of every list.
    #[must_use]
    pub(crate) fn paged(mut self) -> Self {
        self.is_paged = true;
        self
    }

    /// Adds warnings, each only once: two commits of a command can fail for one reason.
    #[must_use]
    pub(crate) fn warn(mut self, warnings: impl IntoIterator<Item = Warning>) -> Self {
        for warning in warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        self
    }

    /// Ends with this exit code, although the command did what it should. Its document then has the
    /// key `ok`, which is false.
    #[must_use]
    pub(crate) fn exit(mut self, exit: ExitCode) -> Self {
        self.exit = exit;
        self
    }

    /// An answer that is an error too: nobody is logged in. The text is only the answer's.
    #[must_use]
    pub(crate) fn failed(mut self, failure: Failure) -> Self {
        self.exit = failure.exit();
        self.error = Some(failure);
        self
    }

    /// Completes the error for this command line.
    pub(super) fn of_command(mut self, typed: &CommandLine) -> Self {
        self.error = self.error.map(|failure| failure.of_command(typed));
        self
    }

    /// The JSON document.
    pub(super) fn json(&self) -> serde_json::Result<String> {
        match &self.answer {
            Answer::Document(document) => document.to_json(self.envelope()),
            Answer::Text => Ok(self.text.clone()),
        }
    }

    /// The JSON document with these keys only. A key that this run does not have is null.
    pub(super) fn json_of(&self, keys: &[String]) -> serde_json::Result<String> {
        let all = match &self.answer {
            Answer::Document(_) => self.value()?,
            Answer::Text => return self.json(),
        };
        let selected = keys.iter().map(|key| {
            let value = all.get(key).cloned().unwrap_or_default();
            (key.clone(), value)
        });
        serde_json::to_string(&selected.collect::<Map<_, _>>())
    }

    /// Each item of the document's list on a line.
    pub(super) fn json_lines(&self) -> serde_json::Result<String> {
        let list = match &self.answer {
            Answer::Document(document) => document.list().unwrap_or_default(),
            Answer::Text => "",
        };
        let all = self.value()?;
        let items = all.get(list).and_then(Value::as_array);
        let lines = items.into_iter().flatten().map(|item| format!("{item}\n"));
        Ok(lines.collect())
    }

    /// The same, to take it apart.
    pub(super) fn value(&self) -> serde_json::Result<Value> {
        match &self.answer {
            Answer::Document(document) => document.to_value(self.envelope()),
            Answer::Text => serde_json::from_str(&self.text),
        }
    }

    fn envelope(&self) -> Envelope<'_> {
        Envelope {
            error: self.error.as_ref(),
            warnings: &self.warnings,
        }
    }
}
