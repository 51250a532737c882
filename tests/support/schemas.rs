//! The JSON Schemas in `docs/schemas`, and the check of every document against them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::repository;

/// The validator of each document, by its name.
static VALIDATORS: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
    let files = repository::files("docs/schemas", "json").into_iter();
    let validators = files.map(|(path, text)| {
        let schema: Value = serde_json::from_str(&text).unwrap();
        let name = schema["title"].as_str().expect("a title").to_owned();
        let validator = jsonschema::draft202012::new(&closed(schema));
        let validator = validator.unwrap_or_else(|error| panic!("{path}: {error}"));
        (name, validator)
    });
    validators.collect()
});

/// The document is as its schema says, and has no key that the schema does not know.
#[track_caller]
pub(crate) fn assert_valid(document: &Value) {
    let name = document["schema"].as_str().expect("a schema");
    let validator = VALIDATORS.get(name).unwrap_or_else(|| {
        panic!("docs/schemas lacks {name}: list it in src/cli/catalogue.rs, then `just renew`")
    });
    let errors = validator.iter_errors(document);
    let errors: Vec<_> = errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?} in {document}");
}

/// The document is as this schema says.
#[track_caller]
pub(crate) fn assert_matches(schema: &Value, document: &Value) {
    let validator = jsonschema::draft202012::new(schema).unwrap();
    let errors = validator.iter_errors(document);
    let errors: Vec<_> = errors.map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?} in {document}");
}

/// The schema with closed objects. Readers accept keys that they do not know; the tests do not.
fn closed(mut schema: Value) -> Value {
    if let Value::Object(object) = &mut schema {
        for value in object.values_mut() {
            *value = closed(value.take());
        }
        if object.contains_key("properties") {
            object.entry("additionalProperties").or_insert(json!(false));
        }
    } else if let Value::Array(items) = &mut schema {
        for item in items {
            *item = closed(item.take());
        }
    }
    schema
}
