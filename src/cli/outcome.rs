//! What a command answers: one value that knows both its JSON and its text (DESIGN §3).

use serde_json::{Map, Value};

use super::exit_code::ExitCode;

/// The answer of a command that succeeded, or ended with a result worth reporting.
#[derive(Debug)]
pub struct Outcome {
    /// `spec-kitty.<command>/1`.
    pub schema: &'static str,
    /// The flat keys of the JSON document, without `schema`, `result` and `warnings`.
    pub fields: Map<String, Value>,
    /// The answer for people, sanitised, ready for stdout; a missing final newline is added.
    pub text: String,
    /// What to know beside the answer; stderr lines, and `warnings` in JSON.
    pub warnings: Vec<String>,
    /// Nearly always [`ExitCode::Ok`].
    pub exit: ExitCode,
    /// Whether the command printed its answer itself, because it went on after it.
    pub answered: bool,
}

impl Outcome {
    /// An answer. `fields` is a `json!({…})` object.
    pub fn new(schema: &'static str, fields: Value, text: impl Into<String>) -> Self {
        let Value::Object(fields) = fields else {
            return Self::new(schema, Value::Object(Map::new()), text);
        };
        Self {
            schema,
            fields,
            text: text.into(),
            warnings: Vec::new(),
            exit: ExitCode::Ok,
            answered: false,
        }
    }

    /// Says that this answer has been printed already.
    #[must_use]
    pub fn answered(mut self) -> Self {
        self.answered = true;
        self
    }

    /// Adds warnings.
    #[must_use]
    pub fn warn(mut self, warnings: impl IntoIterator<Item = String>) -> Self {
        for warning in warnings {
            // Two commits of one command can be put off for one reason.
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        self
    }

    /// Ends with another exit code.
    #[must_use]
    pub fn exit(mut self, exit: ExitCode) -> Self {
        self.exit = exit;
        self
    }

    /// The JSON document.
    pub fn document(&self) -> Value {
        let mut document = self.fields.clone();
        document.insert("schema".to_owned(), self.schema.into());
        document.insert("result".to_owned(), "success".into());
        document.insert("warnings".to_owned(), self.warnings.clone().into());
        Value::Object(document)
    }
}
