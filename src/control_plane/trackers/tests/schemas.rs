//! The official descriptions of the APIs. `SPEC_KITTY_TRACKER_SCHEMAS` names their folder; without
//! it, the tests run without these checks and say so.

use std::path::PathBuf;
use std::sync::OnceLock;

use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::fake::{Answer, Received};

/// The folder of the descriptions.
pub(super) fn folder() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a test asks for its own input")]
    std::env::var_os("SPEC_KITTY_TRACKER_SCHEMAS").map(PathBuf::from)
}

/// Whether the descriptions are there. If not, says what is not checked.
#[must_use]
pub(super) fn are_there(what: &str) -> bool {
    let found = folder().is_some();
    if !found {
        eprintln!("SKIPPED {what}: SPEC_KITTY_TRACKER_SCHEMAS is not set");
    }
    found
}

fn file(name: &str) -> Option<String> {
    let path = folder()?.join(name);
    let text = std::fs::read_to_string(&path);
    Some(text.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

fn linear() -> Option<&'static Valid<Schema>> {
    static SCHEMA: OnceLock<Option<Valid<Schema>>> = OnceLock::new();
    let parse = |text| Schema::parse_and_validate(text, "linear").unwrap();
    let schema = SCHEMA.get_or_init(|| file("linear-schema.graphql").map(parse));
    schema.as_ref()
}

fn jira() -> Option<&'static Value> {
    static DESCRIPTION: OnceLock<Option<Value>> = OnceLock::new();
    let parse = |text: String| serde_json::from_str(&text).unwrap();
    let description = DESCRIPTION.get_or_init(|| file("jira-cloud-subset.json").map(parse));
    description.as_ref()
}

/// The JSON Schema of Jira's documents.
pub(super) fn adf() -> Option<Value> {
    file("adf-full.schema.json").map(|text| serde_json::from_str(&text).unwrap())
}

/// What breaks the official descriptions in a request and in a success.
pub(super) fn check(request: &Received, answer: &Answer) -> Vec<String> {
    if request.body.get("query").is_some() {
        return linear().map_or(Vec::new(), |schema| check_graphql(schema, &request.body));
    }
    jira().map_or(Vec::new(), |description| {
        check_jira(description, request, answer)
    })
}

/// Checks a document, and its variables against their types.
fn check_graphql(schema: &Valid<Schema>, body: &Value) -> Vec<String> {
    let query = body["query"].as_str().unwrap();
    let document = match ExecutableDocument::parse_and_validate(schema, query, "query") {
        Ok(document) => document,
        Err(error) => return vec![format!("{query}: {error}")],
    };
    let operation = document.operations.iter().next().unwrap();
    let variables = serde_json::from_value(body["variables"].clone()).unwrap();
    let coerced = apollo_compiler::request::coerce_variable_values(schema, operation, &variables);
    let error = coerced.err().map(|error| error.message().to_string());
    error
        .map(|message| format!("{query}: {message}"))
        .into_iter()
        .collect()
}

fn check_jira(description: &Value, request: &Received, answer: &Answer) -> Vec<String> {
    let (method, path) = request.line.split_once(' ').unwrap();
    let Some(described) = described_path(path) else {
        return Vec::new();
    };
    let operation = &description["paths"][described][method.to_lowercase()];
    if operation.is_null() {
        return vec![format!("{} is not described", request.line)];
    }
    let mut violations = Vec::new();
    for (name, _) in &request.query {
        let parameters = operation["parameters"].as_array().unwrap();
        if !parameters
            .iter()
            .any(|parameter| parameter["name"] == **name)
        {
            violations.push(format!("{}: parameter {name}", request.line));
        }
    }
    let content = "/content/application~1json/schema";
    let body = operation["requestBody"].pointer(content);
    if let Some(schema) = body {
        violations.extend(errors(description, schema, &request.body));
    }
    let schema = operation["responses"]["200"].pointer(content);
    if let (200, Some(schema), Ok(answer)) = (answer.status, schema, parse(&answer.body)) {
        violations.extend(errors(description, schema, &answer));
    }
    violations
}

fn parse(body: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(body)
}

/// The path in the description of Jira Cloud. Version 2 of the search is described as the former
/// version 3; the other paths of Jira Data Center are not described.
fn described_path(path: &str) -> Option<&'static str> {
    let path = path.trim_start_matches("/jira");
    Some(match path {
        "/rest/api/3/search/jql" => "/rest/api/3/search/jql",
        "/rest/api/3/myself" => "/rest/api/3/myself",
        "/rest/api/3/project/search" => "/rest/api/3/project/search",
        "/rest/api/2/search" => "/rest/api/3/search",
        "/rest/api/2/serverInfo" => "/rest/api/3/serverInfo",
        path if path.starts_with("/rest/api/3/issue/") => "/rest/api/3/issue/{issueIdOrKey}",
        _ => return None,
    })
}

fn errors(description: &Value, schema: &Value, instance: &Value) -> Vec<String> {
    let schema = json!({"allOf": [schema], "components": description["components"]});
    let validator: Validator = jsonschema::draft7::new(&schema).unwrap();
    let errors = validator.iter_errors(instance);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn a_wrong_request_would_be_noticed() {
    if !are_there("requests and answers of the fakes") {
        return;
    }
    let request = |line: &str, body| Received {
        line: line.to_owned(),
        query: vec![("colour".to_owned(), "red".to_owned())],
        authorization: String::new(),
        body,
    };
    let answer = Answer::ok(&json!({"issues": 3}));
    let search = request("POST /rest/api/3/search/jql", json!({"jql": 1, "limit": 2}));
    assert_eq!(
        check(&search, &answer).len(),
        4,
        "{:?}",
        check(&search, &answer)
    );
    let query = |query, variables| {
        let body = json!({"query": query, "variables": variables});
        check(&request("POST /graphql", body), &answer).len()
    };
    assert_eq!(query("query A { viewer { id } }", json!({})), 0);
    assert_eq!(query("query A { viewer { salary } }", json!({})), 1);
    let issue = "query A($id: String!) { issue(id: $id) { id } }";
    assert_eq!(query(issue, json!({"id": "x"})), 0);
    assert_eq!(query(issue, json!({"id": 3})), 1);
    assert_eq!(query(issue, json!({})), 1);
}
