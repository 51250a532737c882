//! What `spec-kitty serve` stands: attacks on its connections, its memory, its logins and its clock.
//! `docs/reliability.md` lists them.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

use crate::support::{
    BIND_PATH, ControlPlane, EVENTS_PATH, PASSWORD, Response, Sandbox, TOKEN_PATH, tokens,
};

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
        "external_issue_id": "02a5cace-e333-54c7-9085-7239848393d2",
        "external_issue_key": "WEB-123", "external_issue_url": "https://linear.app/x",
        "external_title": "T", "external_status": "",
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

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// Memory of the server in MiB: `VmRSS` now, `VmHWM` the most so far.
fn memory(server: &ControlPlane, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let mut lines = status.lines();
    let kilobytes = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kilobytes = kilobytes.unwrap().trim().trim_end_matches(" kB");
    kilobytes.parse::<u64>().unwrap() / 1024
}

/// A batch of almost 8 MiB: `begin`, then `part` as often as it fits, then `end`.
fn batch_of(begin: &str, part: impl Fn(usize) -> String, end: &str) -> String {
    const MOST: usize = 8 * 1024 * 1024 - 32 * 1024;
    let mut batch = begin.to_owned();
    let mut parts = (0..).map(part);
    while batch.len() < MOST {
        batch.push_str(&parts.next().unwrap());
    }
    batch.truncate(batch.trim_end_matches(',').len());
    batch + end
}

/// Batches that cost much more memory than their size if each of their values is kept.
fn bombs() -> Vec<String> {
    let id = "\"event_id\":\"01M82EBYAN55CA467NJEDVWYNA\"";
    let zeros = |_| "0,".to_owned();
    let payload = format!("{{\"events\":[{{{id},\"payload\":[");
    let keys = |n: usize| format!("\"{n}\":0,");
    let small = |_: usize| format!("{{{id},\"more\":[{}0]}},", "0,".repeat(10_000));
    vec![
        batch_of(&payload, zeros, "]}]}"),
        batch_of("{\"events\":[{\"event_id\":[", zeros, "]}]}"),
        batch_of(&format!("{{\"events\":[{{{id},"), keys, "}]}"),
        batch_of("{\"events\":[", small, "]}"),
        batch_of("{\"events\":[", zeros, "]}"),
        batch_of("{\"events\":[],\"more\":[", zeros, "]}"),
    ]
}

/// Mutation check: if a value that no rule reads is parsed, one batch takes hundreds of MiB.
#[test]
fn a_batch_takes_little_memory() {
    let sandbox = Sandbox::new();
    let server = ControlPlane::filled(&sandbox);
    let (access, _) = server.log_in();
    let bearer = format!("Bearer {access}");
    let packed = [("authorization", &*bearer), ("content-encoding", "gzip")];
    let bombs: Vec<_> = bombs().iter().map(|b| gzip(b.as_bytes())).collect();
    let send = |bomb: &[u8]| server.call("POST", EVENTS_PATH, &packed, bomb).status;
    let before = memory(&server, "VmRSS");
    let peak = || memory(&server, "VmHWM") - before;
    let statuses: Vec<_> = bombs.iter().map(|bomb| send(bomb)).collect();
    assert_eq!(statuses, [200, 400, 200, 200, 413, 200]);
    let one = peak();
    assert!(one <= 64, "one batch takes {one} MiB");
    std::thread::scope(|scope| {
        for bomb in bombs.iter().cycle().take(8) {
            scope.spawn(|| assert_ne!(send(bomb), 503));
        }
    });
    let eight = peak();
    println!("one batch takes {one} MiB, eight take {eight} MiB");
    assert!(eight <= 128, "eight batches take {eight} MiB");
}

#[test]
fn an_event_that_is_too_large_is_rejected_by_itself() {
    let sandbox = Sandbox::new();
    let server = ControlPlane::filled(&sandbox);
    let (access, _) = server.log_in();
    let event = |id: &str, title: &str| {
        json!({
            "event_id": id, "event_type": "MissionOriginBound", "aggregate_id": "061-web-123",
            "aggregate_type": "Feature", "node_id": "0123456789ab", "lamport_clock": 7,
            "timestamp": "2026-11-22T10:00:00+00:00",
            "payload": {
                "feature_slug": "061-web-123", "provider": "linear", "external_issue_id": "9f1c",
                "external_issue_key": "WEB-123", "external_issue_url": "https://linear.app/x",
                "title": title,
            },
        })
    };
    let (large, small) = ("01M82EBYAN55CA467NJEDVWYNA", "01M82EBYAN55CA467NJEDVWYNB");
    let rest = event(large, "").to_string().len();
    let most = "x".repeat(64 * 1024 - rest);
    let send = |title: &str| {
        let events = [event(large, title), event(small, "T")];
        let sent = server.ask(&access, EVENTS_PATH, &json!({"events": events}));
        sent.is_ok()["results"].clone()
    };
    let results = send(&format!("{most}x"));
    assert_eq!(results[0]["status"], "rejected");
    assert_eq!(results[0]["event_id"], large);
    assert_eq!(
        results[0]["error_message"],
        "the event is larger than 65536 bytes"
    );
    assert_eq!(results[1]["status"], "success");
    let results = send(&most);
    assert_eq!(results[0]["status"], "success");
    assert_eq!(results[1]["status"], "duplicate");
}
