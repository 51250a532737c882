//! A client of `spec-kitty mcp` that writes and reads plain lines.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use super::Sandbox;
use super::schemas::{assert_matches, assert_valid};

/// A running server and its tools. Dropping it ends the server.
pub(crate) struct Agent {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    requests: u64,
}

impl Drop for Agent {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Agent {
    /// Starts `spec-kitty ARGUMENTS mcp` and says nothing.
    pub(crate) fn start(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let mut command = sandbox.command(&[arguments, &["mcp"]].concat());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
            requests: 0,
        }
    }

    /// Starts it in the project's folder, with the handshake.
    pub(crate) fn ready(sandbox: &Sandbox) -> Self {
        let mut agent = Self::start(sandbox, &[]);
        agent.shake_hands();
        agent
    }

    /// The answer to `initialize`.
    pub(crate) fn shake_hands(&mut self) -> Value {
        let answer = self.request(
            "initialize",
            &json!({
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "a test", "version": "1"},
            }),
        );
        self.send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
        answer["result"].clone()
    }

    /// Writes a line.
    pub(crate) fn send(&mut self, line: impl AsRef<[u8]>) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line.as_ref()).unwrap();
        input.write_all(b"\n").unwrap();
        input.flush().unwrap();
    }

    /// Reads a line, which must be a message of the protocol.
    #[track_caller]
    pub(crate) fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let message: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert_eq!(message["jsonrpc"], "2.0", "{line}");
        message
    }

    /// Sends a request and does not wait for its answer. Returns its id.
    pub(crate) fn begin(&mut self, method: &str, params: &Value) -> u64 {
        self.requests += 1;
        let id = self.requests;
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.send(request.to_string());
        id
    }

    /// The answer to a request, the only one that is open.
    #[track_caller]
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Value {
        let id = self.begin(method, params);
        let answer = self.receive();
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    /// The tools by name.
    pub(crate) fn tools(&mut self) -> Vec<Value> {
        let answer = self.request("tools/list", &json!({}));
        answer["result"]["tools"].as_array().unwrap().clone()
    }

    /// The result of a call. Its document is valid, by its schema in `docs` and by that of the tool.
    #[track_caller]
    pub(crate) fn result(&mut self, tool: &str, arguments: &Value) -> Value {
        let schema = self.tools().into_iter().find(|it| it["name"] == tool);
        let params = json!({"name": tool, "arguments": arguments});
        let answer = self.request("tools/call", &params);
        let result = answer["result"].clone();
        let document = &result["structuredContent"];
        assert_valid(document);
        assert_matches(&schema.expect(tool)["outputSchema"], document);
        assert_eq!(result["isError"], document["result"] == "error", "{result}");
        result
    }

    /// The document of a call that succeeds.
    #[track_caller]
    pub(crate) fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        let result = self.result(tool, arguments);
        assert_eq!(result["isError"], false, "{result}");
        result["structuredContent"].clone()
    }

    /// The `error` of a call that fails.
    #[track_caller]
    pub(crate) fn error(&mut self, tool: &str, arguments: &Value) -> Value {
        let result = self.result(tool, arguments);
        assert_eq!(result["isError"], true, "{result}");
        result["structuredContent"]["error"].clone()
    }

    /// Hangs up. The server ends by itself, without another word.
    #[track_caller]
    pub(crate) fn hang_up(mut self) {
        drop(self.input.take());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}
