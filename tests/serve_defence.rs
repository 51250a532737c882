//! What `spec-kitty serve` stands: attacks on its connections, its memory, its logins and its clock.
//! `docs/reliability.md` lists them.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

use crate::support::{BIND_PATH, ControlPlane, PASSWORD, Response, Sandbox, TOKEN_PATH, tokens};

/// As many as the server has places.
const ALL_PLACES: usize = 512;
/// Ends a test that would otherwise wait for minutes.
const PATIENCE: Duration = Duration::from_secs(15);

/// Enough descriptors for all places, also where the default is small.
fn allow_many_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, raised).unwrap();
}

/// What a hostile connection does after it was opened. It never reads.
type Attack = fn(usize, &mut TcpStream);

fn stay_silent(n: usize, stream: &mut TcpStream) {
    let head = format!("POST {TOKEN_PATH} HTTP/1.1\r\nhost: x\r\n");
    let half_a_body = format!("{head}content-length: 9\r\n\r\n{{");
    // The server may have closed the connection.
    match n % 4 {
        0 => drop(stream.write_all(head.as_bytes())),
        1 => drop(stream.write_all(half_a_body.as_bytes())),
        _ => {}
    }
}

/// Every eighth connection asks for more answers than the buffers between the two hold.
fn pipeline(n: usize, stream: &mut TcpStream) {
    const PATHS: [&str; 2] = ["/healthz", "/"];
    stream.set_nonblocking(true).unwrap();
    let request = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", PATHS[n / 8 % 2]);
    let many = request.repeat(if n.is_multiple_of(8) { 2000 } else { 1 });
    // A part of the requests is enough, and the server may have closed the connection.
    drop(stream.write_all(many.as_bytes()));
}

/// Takes all places from one address.
fn attack(server: &ControlPlane, from: &str, attack: Attack) -> Vec<TcpStream> {
    let open = |n| {
        let mut stream = server.connect_from(from);
        attack(n, &mut stream);
        stream
    };
    (0..ALL_PLACES).map(open).collect()
}

fn bind_body(mission: &str) -> Value {
    json!({
        "provider": "linear", "project_slug": "web", "mission_id": mission, "mission_slug": mission,
        "external_issue_id": "9f1c", "external_issue_key": "WEB-123",
        "external_issue_url": "https://linear.app/x", "external_title": "T", "external_status": "",
    })
}

/// Mutation check: if a full server closes no connection, or one address has all places, this test
/// fails.
#[test]
fn hostile_connections_keep_nobody_out() {
    allow_many_descriptors();
    let sandbox = Sandbox::new();
    let server = ControlPlane::filled(&sandbox);
    let mut hostile = Vec::new();
    for (round, (attacker, what)) in [
        ("127.0.0.1", stay_silent as Attack),
        ("127.0.0.2", stay_silent),
        ("127.0.0.1", pipeline),
        ("127.0.0.2", pipeline),
    ]
    .into_iter()
    .enumerate()
    {
        hostile.extend(attack(&server, attacker, what));
        for from in ["127.0.0.1", "127.0.0.2", "127.0.0.3"] {
            let ask = |method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]| {
                let stream = server.connect_from(from);
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                ControlPlane::call_over(stream, method, path, headers, body)
            };
            ask("GET", "/healthz", &[], b"").is_ok();
            let login = json!({"username": "kit", "password": PASSWORD}).to_string();
            let session = ask("POST", TOKEN_PATH, &[], login.as_bytes());
            let bearer = format!("Bearer {}", tokens(&session).0);
            let key = format!("{round}-{from}");
            let headers = [("authorization", &*bearer), ("idempotency-key", &*key)];
            let body = bind_body(&key).to_string();
            ask("POST", BIND_PATH, &headers, body.as_bytes()).is_ok();
        }
    }
    drop(hostile);
    let _: Response = server.call("GET", "/healthz", &[], b"");
}
