//! The JSON documents: what all of them share, and their schemas.

use std::fmt::Debug;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Value, json};

use super::failure::{ErrorFields, Failure};
use crate::warning::Warning;

/// The keys of the answer of a command, without those of [`Envelope`].
pub(crate) trait Document: Debug + Serialize + JsonSchema + Send + 'static {
    /// `spec-kitty.<name>/1`.
    const SCHEMA: &'static str;
    /// The key of its list, for `--ndjson`.
    const LIST: Option<&'static str> = None;
    /// Whether the answer can be an error too.
    const CAN_FAIL: bool = false;
}

/// A document of any type.
pub(super) trait AnyDocument: Debug + Send {
    /// The whole document.
    fn to_json(&self, envelope: Envelope<'_>) -> serde_json::Result<String>;
    /// The same, to take it apart.
    fn to_value(&self, envelope: Envelope<'_>) -> serde_json::Result<Value>;
    fn list(&self) -> Option<&'static str>;
}

/// The keys that every document has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Envelope<'a> {
    pub(super) error: Option<&'a Failure>,
    pub(super) warnings: &'a [Warning],
}

/// A document as it is printed.
#[derive(Serialize)]
struct Whole<'a, D> {
    schema: &'static str,
    result: &'static str,
    #[serde(flatten)]
    document: &'a D,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorFields<'a>>,
    warnings: &'a [Warning],
}

fn whole<'a, D: Document>(document: &'a D, envelope: Envelope<'a>) -> Whole<'a, D> {
    Whole {
        schema: D::SCHEMA,
        result: match envelope.error {
            Some(_) => "error",
            None => "success",
        },
        document,
        error: envelope.error.map(Failure::fields),
        warnings: envelope.warnings,
    }
}

impl<D: Document> AnyDocument for D {
    fn to_json(&self, envelope: Envelope<'_>) -> serde_json::Result<String> {
        serde_json::to_string(&whole(self, envelope))
    }

    fn to_value(&self, envelope: Envelope<'_>) -> serde_json::Result<Value> {
        serde_json::to_value(whole(self, envelope))
    }

    fn list(&self) -> Option<&'static str> {
        D::LIST
    }
}

/// The JSON Schema (draft 2020-12) of the answer of a command.
pub(super) fn schema_of<D: Document>() -> Schema {
    let results: &[&str] = if D::CAN_FAIL {
        &["success", "error"]
    } else {
        &["success"]
    };
    let mut generator = generator();
    let mut schema = D::json_schema(&mut generator);
    if D::CAN_FAIL {
        let error = generator.subschema_for::<ErrorFields<'_>>();
        add(&mut schema, "error", error, false);
    }
    completed(schema, generator, D::SCHEMA, results)
}

/// The JSON Schema of a failure.
pub(super) fn error_schema() -> Schema {
    let mut generator = generator();
    let mut schema = schemars::json_schema!({
        "type": "object",
        "description": "A command that failed.",
    });
    let error = generator.subschema_for::<ErrorFields<'_>>();
    add(&mut schema, "error", error, true);
    completed(schema, generator, super::failure::SCHEMA, &["error"])
}

fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12();
    settings.for_serialize().into_generator()
}

/// Adds the keys that every document has.
fn completed(
    mut schema: Schema,
    mut generator: SchemaGenerator,
    name: &'static str,
    results: &[&str],
) -> Schema {
    let warnings = generator.subschema_for::<Vec<Warning>>();
    add(&mut schema, "schema", json!({"const": name}), true);
    add(&mut schema, "result", json!({"enum": results}), true);
    add(&mut schema, "warnings", warnings, true);
    schema.insert("title".to_owned(), name.into());
    let dialect = generator.settings().meta_schema.as_deref();
    schema.insert("$schema".to_owned(), dialect.into());
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        schema.insert("$defs".to_owned(), definitions.into());
    }
    schema
}

/// Adds a key to the schema of an object.
fn add(schema: &mut Schema, key: &str, value: impl Into<Value>, is_required: bool) {
    let object = schema.ensure_object();
    let properties = object.entry("properties").or_insert_with(|| json!({}));
    if let Value::Object(properties) = properties {
        properties.insert(key.to_owned(), value.into());
    }
    let required = object.entry("required").or_insert_with(|| json!([]));
    if is_required && let Value::Array(required) = required {
        required.push(key.into());
    }
}

/// The top-level keys of a schema, sorted.
pub(super) fn keys_of(schema: &Schema) -> Vec<&str> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.map_or_else(Vec::new, |it| it.keys().map(String::as_str).collect())
}
