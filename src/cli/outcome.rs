//! The answer of a command: one value that becomes text or JSON.

use serde::Serialize;
use serde_json::Value;

use super::command_line::CommandLine;
use super::failure::ErrorFields;
use super::{ExitCode, Failure};

/// The answer of a command that succeeded, or ended with a result worth reporting.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// `spec-kitty.<command>/1`.
    pub(super) schema: &'static str,
    /// An object with the keys of the document, without `schema`, `result` and `warnings`.
    pub(super) fields: Value,
    /// Sanitised text for stdout. A missing final newline is added.
    pub(super) text: String,
    /// Lines on stderr, and `warnings` in JSON.
    pub(super) warnings: Vec<String>,
    pub(super) exit: ExitCode,
    /// Why the answer counts as an error; its exit code is that of the command.
    error: Option<Failure>,
    /// Whether the command has printed its answer itself, before its end.
    pub(super) is_printed: bool,
}

/// The JSON document of an answer.
#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    schema: &'static str,
    result: &'static str,
    #[serde(flatten)]
    fields: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorFields<'a>>,
    warnings: &'a [String],
}

impl Outcome {
    /// An answer; `fields` is a `json!({…})` object.
    pub(crate) fn new(schema: &'static str, fields: Value, text: impl Into<String>) -> Self {
        Self {
            schema,
            fields,
            text: text.into(),
            warnings: Vec::new(),
            exit: ExitCode::Ok,
            error: None,
            is_printed: false,
        }
    }

    /// Adds warnings, each only once: two commits of a command can fail for one reason.
    #[must_use]
    pub(crate) fn warn(mut self, warnings: impl IntoIterator<Item = String>) -> Self {
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

    pub(super) fn document(&self) -> Document<'_> {
        Document {
            schema: self.schema,
            result: match self.error {
                Some(_) => "error",
                None => "success",
            },
            fields: &self.fields,
            error: self.error.as_ref().map(Failure::fields),
            warnings: &self.warnings,
        }
    }
}

/// An object with the keys of both objects; the second wins.
pub(crate) fn merged(mut fields: Value, more: &Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut fields, more) {
        fields.extend(more.clone());
    }
    fields
}
