//! The real `spec-kitty serve`, and a plain client for it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::{Output, Sandbox, TOKEN_PATH};

/// The password of the user `kit`.
pub(crate) const PASSWORD: &str = "the-harbour-is-closed";
/// The Linear team of the sample tickets.
pub(crate) const LINEAR_TEAM: &str = "7c0b1f52-5d0e-4a6b-9a3c-2f1e8d7b6a90";
/// The Jira project of the sample tickets.
pub(crate) const JIRA_PROJECT: &str = "10042";

/// An answer of the server.
#[must_use]
#[derive(Debug, Clone)]
pub(crate) struct Response {
    /// The status.
    pub status: u16,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The JSON body.
    pub body: Value,
}

impl Response {
    /// A refusal: its status, its code, and an envelope with every key.
    #[track_caller]
    pub(crate) fn refuses(&self, status: u16, code: &str) -> &Self {
        assert_eq!(
            (self.status, &self.body["error_code"]),
            (status, &code.into()),
            "{self:?}"
        );
        let object = self.body.as_object().unwrap();
        let optional = ["action_url", "hint", "missions"];
        let keys = object.keys().map(String::as_str);
        let keys: Vec<_> = keys.filter(|key| !optional.contains(key)).collect();
        let all = [
            "error_category",
            "error_code",
            "message",
            "retry_after_seconds",
            "retryable",
            "source",
            "user_action_required",
        ];
        assert_eq!(keys, all, "{self:?}");
        assert_eq!(self.headers["content-type"], "application/json");
        self
    }

    /// A success.
    #[track_caller]
    pub(crate) fn is_ok(&self) -> &Value {
        assert_eq!(self.status, 200, "{self:?}");
        &self.body
    }
}

/// A running `spec-kitty serve` on a free port, with its store in the sandbox's state directory.
#[must_use]
pub(crate) struct ControlPlane {
    child: Child,
    url: String,
    log: PathBuf,
}

impl ControlPlane {
    /// Fills the store: user `kit` of team `harbour`, linked to Linear; projects `web` (Linear) and
    /// `identity` (Jira); the sample tickets.
    pub(crate) fn fill(sandbox: &Sandbox) {
        Self::add_user(sandbox, "kit", "harbour", "linear");
        for (slug, provider, kind, id) in [
            ("web", "linear", "linear_team", LINEAR_TEAM),
            ("identity", "jira", "jira_project", JIRA_PROJECT),
        ] {
            let map = ["admin", "project", "map", slug, "--provider", provider];
            let resource = ["--resource-type", kind, "--resource-id", id];
            sandbox.run(&[&map[..], &resource[..]].concat()).succeeds();
        }
        let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/sample-tickets.json");
        sandbox
            .run(&["admin", "tickets", "import", samples])
            .succeeds();
    }

    /// Adds a user with [`PASSWORD`] who is linked to a provider.
    pub(crate) fn add_user(sandbox: &Sandbox, name: &str, team: &str, provider: &str) {
        let add = ["admin", "user", "add", name, "--team", team];
        let link = ["--link", provider, "--password-stdin"];
        sandbox
            .run_with_input(&[&add[..], &link[..]].concat(), PASSWORD)
            .succeeds();
    }

    /// Imports a list of tickets.
    pub(crate) fn import(sandbox: &Sandbox, tickets: &Value) -> Output {
        let import = ["admin", "tickets", "import", "-", "--json"];
        sandbox.run_with_input(&import, tickets.to_string())
    }

    /// Imports the tickets `WEB-0`, `WEB-1`, … of the Linear team, whose ids are their numbers.
    pub(crate) fn import_numbered(sandbox: &Sandbox, last: usize) {
        let ticket = |number: usize| {
            json!({
                "provider": "linear", "resource_type": "linear_team", "resource_id": LINEAR_TEAM,
                "external_issue_id": number.to_string(),
                "external_issue_key": format!("WEB-{number}"),
                "title": format!("Ticket {number}"), "status": "Todo",
                "url": format!("https://linear.app/acme/issue/WEB-{number}"),
            })
        };
        let tickets: Vec<_> = (0..=last).map(ticket).collect();
        Self::import(sandbox, &json!(tickets)).succeeds();
    }

    /// [`Self::fill`], then [`Self::start`].
    pub(crate) fn filled(sandbox: &Sandbox) -> Self {
        Self::fill(sandbox);
        Self::start(sandbox, &[])
    }

    /// Starts `serve` with these flags and waits until it prints its address.
    pub(crate) fn start(sandbox: &Sandbox, flags: &[&str]) -> Self {
        Self::start_at(sandbox, "127.0.0.1:0", flags)
    }

    /// [`Self::start`] on another address.
    pub(crate) fn start_at(sandbox: &Sandbox, address: &str, flags: &[&str]) -> Self {
        let log = sandbox.root().join("serve.log");
        let command = sandbox.command(&[&["serve", "--listen", address][..], flags].concat());
        let stderr = File::create(&log).unwrap();
        Self::start_command(command, stderr, log)
    }

    /// Starts `serve` on a free port with its log going there instead of into a file.
    pub(crate) fn start_with_log(sandbox: &Sandbox, log: impl Into<Stdio>) -> Self {
        let command = sandbox.command(&["serve", "--listen", "127.0.0.1:0"]);
        Self::start_command(command, log, PathBuf::from("/dev/null"))
    }

    fn start_command(mut command: Command, stderr: impl Into<Stdio>, log: PathBuf) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.trim().trim_start_matches("listening on ").to_owned();
        assert!(
            url.starts_with("http://"),
            "{line:?}: {}",
            fs::read_to_string(&log).unwrap()
        );
        Self { child, url, log }
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// One request over a connection of its own.
    #[track_caller]
    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let stream = TcpStream::connect(self.address()).unwrap();
        Self::call_over(stream, method, path, headers, body)
    }

    /// A connection from this loopback address, such as `127.0.0.2`, that receives little.
    pub(crate) fn connect_from(&self, from: &str) -> TcpStream {
        let connect = async {
            let socket = tokio::net::TcpSocket::new_v4()?;
            socket.set_recv_buffer_size(4096)?;
            socket.bind((from.parse::<IpAddr>().unwrap(), 0).into())?;
            let stream = socket.connect(self.address().parse().unwrap()).await?;
            stream.into_std()
        };
        let stream = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .and_then(|runtime| runtime.block_on(connect))
            .unwrap();
        stream.set_nonblocking(false).unwrap();
        stream
    }

    /// One request, the last of this connection.
    #[track_caller]
    pub(crate) fn call_over(
        mut stream: TcpStream,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let line = |(name, value): &(&str, &str)| format!("{name}: {value}\r\n");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{}\
             content-length: {}\r\n\r\n",
            headers.iter().map(line).collect::<Vec<_>>().concat(),
            body.len(),
        );
        stream.write_all(head.as_bytes()).unwrap();
        // A server may refuse a body before it has read it to its end.
        drop(stream.write_all(body));
        read_response(&mut stream)
    }

    /// POSTs a document.
    #[track_caller]
    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Response {
        self.call("POST", path, headers, body.to_string().as_bytes())
    }

    /// POSTs a document with a bearer token.
    #[track_caller]
    pub(crate) fn ask(&self, token: &str, path: &str, body: &Value) -> Response {
        self.post(path, &[("authorization", &format!("Bearer {token}"))], body)
    }

    /// Logs `kit` in; access and refresh token.
    #[track_caller]
    pub(crate) fn log_in(&self) -> (String, String) {
        self.log_in_as("kit")
    }

    /// Logs a user in who has [`PASSWORD`].
    #[track_caller]
    pub(crate) fn log_in_as(&self, name: &str) -> (String, String) {
        let body = json!({"username": name, "password": PASSWORD});
        tokens(&self.post(TOKEN_PATH, &[], &body))
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Waits for its end: the exit code, and its output after the first line.
    pub(crate) fn wait(&mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        let stdout = self.child.stdout.as_mut().unwrap();
        stdout.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }

    /// Stops it with SIGTERM and returns its log.
    pub(crate) fn stop(mut self) -> String {
        self.signal(rustix::process::Signal::TERM);
        assert_eq!(self.wait(), (Some(0), String::new()), "{}", self.log());
        self.log()
    }

    /// Its log on stderr so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The tokens of a successful login or refresh.
#[track_caller]
pub(crate) fn tokens(response: &Response) -> (String, String) {
    let body = response.is_ok();
    let token = |name: &str| body[name].as_str().unwrap().to_owned();
    (token("access"), token("refresh"))
}

/// Reads one answer to the end of the connection.
#[track_caller]
pub(crate) fn read_response(stream: &mut TcpStream) -> Response {
    let mut bytes = Vec::new();
    // The connection may end with a reset if the server did not read the whole body.
    drop(stream.read_to_end(&mut bytes));
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("{text:?}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_ascii_lowercase(), value.to_owned())
    };
    Response {
        status: status.parse().unwrap(),
        headers: lines.map(header).collect(),
        body: serde_json::from_str(body).unwrap_or(Value::Null),
    }
}
