//! Documents, paths and command lines that many tests use.

use serde_json::{Value, json};

/// The path of the login.
pub(crate) const TOKEN_PATH: &str = "/api/v1/token/";
/// The path of the refresh.
pub(crate) const REFRESH_PATH: &str = "/api/v1/token/refresh/";
/// The path of the ticket search.
pub(crate) const SEARCH_PATH: &str = "/api/v1/tracker/issue-search/";
/// The path of the list of tickets.
pub(crate) const LIST_PATH: &str = "/api/v1/tracker/list-tickets/";
/// The path of the bind.
pub(crate) const BIND_PATH: &str = "/api/v1/tracker/mission-origin/bind/";
/// The path of the unbind.
pub(crate) const UNBIND_PATH: &str = "/api/v1/tracker/mission-origin/unbind/";
/// The path that says which projects are mapped.
pub(crate) const STATUS_PATH: &str = "/api/v1/tracker/status/";
/// The path that says who the caller is.
pub(crate) const ME_PATH: &str = "/api/v1/me";
/// The path of the event batches.
pub(crate) const EVENTS_PATH: &str = "/api/v1/events/batch/";

/// The main job, confirmed, in JSON.
pub(crate) const SPECIFY: [&str; 5] = ["specify", "--from-ticket", "WEB-123", "--yes", "--json"];
/// The bind alone, for the mission of [`crate::support::Sandbox::with_project`].
pub(crate) const BIND: [&str; 8] = [
    "tracker",
    "bind-origin",
    "--mission",
    "060",
    "--key",
    "WEB-123",
    "--yes",
    "--json",
];

/// The seven keys of `origin_ticket`, sorted.
pub(crate) const ORIGIN_KEYS: [&str; 7] = [
    "external_issue_id",
    "external_issue_key",
    "external_issue_url",
    "provider",
    "resource_id",
    "resource_type",
    "title",
];

/// The id that [`candidate`] gives a key.
pub(crate) fn issue_id(key: &str) -> String {
    format!("id-of-{}", key.to_lowercase())
}

/// A ticket in the answer of a search.
pub(crate) fn candidate(key: &str, title: &str, match_type: &str) -> Value {
    json!({
        "external_issue_id": issue_id(key),
        "external_issue_key": key,
        "title": title,
        "status": "Todo",
        "url": format!("https://linear.app/acme/issue/{key}"),
        "match_type": match_type,
    })
}

/// The `origin_ticket` of [`candidate`] in [`search_answer`].
pub(crate) fn origin_ticket(key: &str, title: &str) -> Value {
    json!({
        "provider": "linear",
        "resource_type": "linear_team",
        "resource_id": "team-web",
        "external_issue_id": issue_id(key),
        "external_issue_key": key,
        "external_issue_url": format!("https://linear.app/acme/issue/{key}"),
        "title": title,
    })
}

/// The 200 body of a search.
pub(crate) fn search_answer(candidates: &[Value]) -> Value {
    json!({
        "candidates": candidates,
        "resource_type": "linear_team",
        "resource_id": "team-web",
    })
}

/// The 200 body of a bind.
pub(crate) fn bind_answer() -> Value {
    json!({"origin_link_id": "link-1", "bound_at": "2026-11-22T10:00:00Z"})
}

/// An error envelope.
pub(crate) fn envelope(code: &str, message: &str) -> Value {
    json!({"error_code": code, "message": message})
}

/// The cases of one of the tables in `tests/cases`.
pub(crate) fn case_table(text: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(text).expect("a case table is JSON");
    document["cases"].as_array().expect("cases").clone()
}

/// Replaces every `{"$repeat": [item, n], "$prefix": …}` by its expansion.
pub(crate) fn expand(value: &Value) -> Value {
    match value {
        Value::Object(object) if object.contains_key("$repeat") => {
            let item = &object["$repeat"][0];
            let count = usize::try_from(object["$repeat"][1].as_u64().expect("a count")).unwrap();
            match item {
                Value::String(text) => {
                    let prefix = object.get("$prefix").and_then(Value::as_str);
                    format!("{}{}", prefix.unwrap_or(""), text.repeat(count)).into()
                }
                item => vec![item.clone(); count].into(),
            }
        }
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (key.clone(), expand(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(expand).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}
