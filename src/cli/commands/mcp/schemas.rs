//! The schemas of a tool. A schema without a dialect is one of draft 2020-12.

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::cli::catalogue;
use crate::cli::document::error_schema;

/// What a tool accepts. It has no references, because some clients do not follow them.
pub(super) fn of_input<I: JsonSchema>() -> JsonObject {
    let settings = SchemaSettings::draft2020_12().with(|it| it.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<I>();
    let mut schema = object(schema.to_value());
    schema.remove("$schema");
    schema.remove("title");
    schema.remove("description");
    schema.entry("properties").or_insert_with(|| json!({}));
    schema
}

/// What a tool answers: the document of its command, or that of a failure.
pub(super) fn of_output(command: &str) -> JsonObject {
    let answer = catalogue::find(command).map(|entry| (entry.schema)());
    let mut definitions = JsonObject::new();
    let documents = answer.into_iter().chain([error_schema()]);
    let documents: Vec<_> = documents
        .map(|schema| {
            let mut document = object(schema.to_value());
            document.remove("$schema");
            if let Some(own) = document.remove("$defs") {
                definitions.extend(object(own));
            }
            document
        })
        .collect();
    object(json!({"type": "object", "anyOf": documents, "$defs": definitions}))
}

fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        // A schema can be `true`, but none of a struct is.
        _ => JsonObject::new(),
    }
}
