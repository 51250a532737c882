//! A fake Linear with two teams and the tickets `WEB-1` and `WEB-2`.

use serde_json::{Value, json};

use super::{Reply, Request, Server};

/// Unlike any other word, so that a test can look for it.
pub(crate) const LINEAR_TOKEN: &str = "lin_api_hush-hush-4711";
/// The id of the team `WEB`.
pub(crate) const WEB_TEAM: &str = "7c0b1f52-5d0e-4a6b-9a3c-2f1e8d7b6a90";

/// An issue of the team `WEB`.
pub(crate) fn issue(key: &str) -> Value {
    json!({
        "id": format!("id-of-{key}"), "identifier": key, "title": format!("Ticket {key}"),
        "url": format!("https://linear.app/acme/issue/{key}"),
        "updatedAt": "2026-11-20T10:00:00Z", "description": "Because.", "trashed": null,
        "state": {"name": "Todo", "type": "unstarted"}, "assignee": null, "team": {"id": WEB_TEAM},
    })
}

/// A page that is the last.
fn page(nodes: &[Value]) -> Value {
    json!({"nodes": nodes, "pageInfo": {"hasNextPage": false, "endCursor": null}})
}

/// A successful answer.
fn data(field: &str, value: &Value) -> Reply {
    Reply::json(200, &json!({"data": {field: value}}))
}

/// A refusal of Linear.
pub(crate) fn linear_error(status: u16, code: &str) -> Reply {
    let error = json!({"message": format!("Linear says {code}"), "extensions": {"code": code}});
    Reply::json(status, &json!({"data": null, "errors": [error]}))
}

/// What a Linear with the tickets `WEB-1` and `WEB-2` answers. `OLD-1` is now `WEB-1`.
pub(crate) fn linear_answer(request: &Request) -> Reply {
    let body = request.json();
    let query = body["query"].as_str().unwrap();
    if query.contains("viewer") {
        let viewer = json!({"id": "u1", "name": "Ada Lovelace", "email": "ada@example.com"});
        return data("viewer", &viewer);
    }
    if query.contains("teams(") {
        let web = json!({"id": WEB_TEAM, "key": "WEB", "name": "Web"});
        let api = json!({"id": "t2", "key": "API", "name": "Backend"});
        return data("teams", &page(&[web, api]));
    }
    if query.contains("searchIssues") {
        return data("searchIssues", &page(&[issue("WEB-2"), issue("WEB-1")]));
    }
    if query.contains("issues(") {
        let mut tickets = page(&[issue("WEB-1")]);
        if body["variables"]["after"].is_null() {
            tickets = page(&[issue("WEB-2")]);
            tickets["pageInfo"] = json!({"hasNextPage": true, "endCursor": "next"});
        }
        return data("issues", &tickets);
    }
    match body["variables"]["id"].as_str().unwrap() {
        "OLD-1" | "WEB-1" => data("issue", &issue("WEB-1")),
        "WEB-2" => data("issue", &issue("WEB-2")),
        _ => linear_error(200, "INPUT_ERROR"),
    }
}

/// A server that answers as [`linear_answer`] at `/graphql`.
pub(crate) fn linear() -> Server {
    let tracker = Server::start();
    tracker.handle("/graphql", linear_answer);
    tracker
}
