//! `spec-kitty mcp` under the official Python client, in a virtual environment that is made once and
//! kept in the build folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::support::{
    LIST_PATH, Reply, Sandbox, Server, assert_matches, assert_valid, binary, candidate, finish,
    issue_id, repository, search_answer,
};

/// The version of the client.
const CLIENT: &str = "mcp==2.3.0";

/// The Python that has the client, or why there is none.
static PYTHON: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(CLIENT.replace("==", "-"));
    let python = folder.join("bin/python");
    let has_client = || run(&python, &["-c", "import mcp.client.client"]);
    if has_client().is_ok() {
        return Ok(python);
    }
    let place = folder.to_str().unwrap();
    run(Path::new("python3"), &["-m", "venv", "--clear", place])?;
    let install = ["-m", "pip", "install", "--quiet", "--retries", "1", CLIENT];
    run(&python, &install)?;
    has_client().map(|()| python)
});

/// Runs a program; its error is its stderr.
fn run(program: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// What the client returned for these calls; `None` if there is no client.
fn session(sandbox: &Sandbox, mode: &str, calls: &[(&str, Value)]) -> Option<Value> {
    let python = match PYTHON.as_ref() {
        Ok(python) => python.to_str().unwrap(),
        Err(why) => {
            println!("SKIPPED: the Python client {CLIENT} cannot be installed: {why}");
            return None;
        }
    };
    let calls: Vec<_> = calls
        .iter()
        .map(|(tool, arguments)| json!({"tool": tool, "arguments": arguments}))
        .collect();
    let plan = json!({
        "command": binary(), "cwd": sandbox.project(), "mode": mode, "calls": calls,
    });
    let script = repository::path("tests/mcp_client.py");
    let command = sandbox.program(python, &[script]);
    let output = finish(command, plan.to_string().as_bytes()).succeeds();
    Some(serde_json::from_str(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}")))
}

/// Every tool, a mismatch and an error, with both ways to open a session: `initialize`, and the newer
/// one without a handshake.
#[test]
fn the_official_client_can_use_every_tool() {
    for mode in ["legacy", "auto"] {
        let server = Server::with_any_ticket();
        let mut list = search_answer(&[]);
        list["tickets"] = json!([candidate("WEB-123", "Login", "exact")]);
        list["has_more"] = json!(false);
        server.on(LIST_PATH, Reply::json(200, &list));
        let sandbox = Sandbox::ready(&server);
        let start =
            json!({"ticket": "WEB-123", "confirmed_external_issue_id": issue_id("WEB-123")});
        let mismatch = json!({"ticket": "WEB-123", "confirmed_external_issue_id": "9f1c"});
        let mut bind = json!({"ticket": "WEB-9", "mission": "060-search"});
        bind["confirmed_external_issue_id"] = json!(issue_id("WEB-9"));
        let calls = [
            ("ticket_list", json!({}), "ticket-list"),
            ("ticket_show", json!({"ticket": "WEB-123"}), "ticket-show"),
            (
                "ticket_search",
                json!({"query": "WEB-123"}),
                "search-origin",
            ),
            ("mission_start", mismatch, "confirmation_mismatch"),
            ("mission_start", start, "specify"),
            ("origin_bind", bind, "bind-origin"),
            ("mission_list", json!({}), "mission-list"),
            (
                "mission_show",
                json!({"mission": "61", "refresh": true}),
                "mission-show",
            ),
            (
                "mission_show",
                json!({"mission": "nothing"}),
                "mission_not_found",
            ),
            ("sync_status", json!({}), "sync-status"),
        ];
        let plan = calls.clone().map(|(tool, arguments, _)| (tool, arguments));
        let Some(answer) = session(&sandbox, mode, &plan) else {
            return;
        };
        let tools = answer["tools"].as_array().unwrap();
        let used = |tool: &Value| plan.iter().any(|(name, _)| tool["name"] == *name);
        assert!(tools.iter().all(used), "{tools:?}");
        let results = answer["results"].as_array().unwrap();
        assert_eq!(results.len(), calls.len());
        for ((name, _, expected), result) in calls.iter().zip(results) {
            let document = &result["structuredContent"];
            assert_valid(document);
            let tool = tools.iter().find(|tool| tool["name"] == *name).unwrap();
            assert_matches(&tool["outputSchema"], document);
            let error = &document["error"];
            if error.is_null() {
                assert_eq!(
                    document["schema"],
                    format!("spec-kitty.{expected}/1"),
                    "{result}"
                );
                assert_ne!(result["isError"], true, "{result}");
            } else {
                assert_eq!(
                    (&error["code"], &error["effect"]),
                    (&json!(expected), &json!("none"))
                );
                assert_eq!(result["isError"], true, "{result}");
            }
        }
        assert_eq!(sandbox.subjects()[0], "Bind WEB-9 to mission 060-search");
    }
}
