//! What `spec-kitty serve` stands: attacks on its connections, its memory, its logins and its clock.
//! `docs/reliability.md` lists them.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

use crate::support::{
    BIND_PATH, ControlPlane, EVENTS_PATH, PASSWORD, REFRESH_PATH, SEARCH_PATH, Sandbox, TOKEN_PATH,
    read_response, tokens,
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
    let (mut hostile, mut slowest) = (Vec::new(), Duration::ZERO);
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
            let mut ask = |method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]| {
                let start = Instant::now();
                let stream = server.connect_from(from);
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let answer = ControlPlane::call_over(stream, method, path, headers, body);
                slowest = slowest.max(start.elapsed());
                answer
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
    println!("the slowest of 36 answers took {} ms", slowest.as_millis());
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

/// Mutation check: if the limit counts by session, the second session has a limit of its own.
#[test]
fn logging_in_again_does_not_evade_the_rate_limit() {
    let sandbox = Sandbox::new();
    ControlPlane::fill(&sandbox);
    let server = ControlPlane::start(&sandbox, &["--rate-limit", "5"]);
    let search = json!({"provider": "linear", "project_slug": "web", "limit": 1, "query_key": "x"});
    let sessions = [server.log_in().0, server.log_in().0];
    let mut asked = sessions.iter().cycle().take(10);
    let mut statuses = vec![];
    assert!(
        asked.any(|access| {
            let answer = server.ask(access, SEARCH_PATH, &search);
            statuses.push(answer.status);
            answer.status == 429
        }),
        "{statuses:?}"
    );
    assert_eq!(statuses[0], 200);
}

#[test]
fn logins_and_refreshes_share_the_limit_of_their_address() {
    let sandbox = Sandbox::new();
    ControlPlane::fill(&sandbox);
    let login = json!({"username": "kit", "password": PASSWORD});
    // Each of them is within the limit.
    let exhaust = |server: &ControlPlane, headers: &[(&str, &str)]| {
        let session = server.post(TOKEN_PATH, headers, &login);
        let (_, mut refresh) = tokens(&session);
        for _ in 0..4 {
            let renewed = server.post(REFRESH_PATH, headers, &json!({"refresh": refresh}));
            if renewed.status == 429 {
                return true;
            }
            (_, refresh) = tokens(&renewed);
            if server.post(TOKEN_PATH, headers, &login).status == 429 {
                return true;
            }
        }
        false
    };
    let limit = ["--rate-limit", "5"];
    let server = ControlPlane::start(&sandbox, &limit);
    // The header of a client that is not a proxy does not count.
    assert!(exhaust(&server, &[("x-forwarded-for", "192.0.2.1")]));
    let body = login.to_string();
    let stream = server.connect_from("127.0.0.2");
    ControlPlane::call_over(stream, "POST", TOKEN_PATH, &[], body.as_bytes()).is_ok();

    let trusted = [
        "--trusted-proxy",
        "10.0.0.0/8",
        "--trusted-proxy",
        "127.0.0.1",
    ];
    let server = ControlPlane::start(&sandbox, &[&limit[..], &trusted].concat());
    assert!(exhaust(
        &server,
        &[("x-forwarded-for", "203.0.113.9, 192.0.2.1")]
    ));
    assert!(exhaust(
        &server,
        &[("x-forwarded-for", "192.0.2.1, 192.0.2.2, 10.1.2.3")]
    ));
    let other = [("x-forwarded-for", "192.0.2.1, 192.0.2.3")];
    server.post(TOKEN_PATH, &other, &login).is_ok();
}

#[test]
fn an_oversized_head_is_refused_with_the_envelope() {
    let sandbox = Sandbox::new();
    let server = ControlPlane::start(&sandbox, &[]);
    let many = "x: y\r\n".repeat(200);
    let large = |length: usize| format!("x-large: {}\r\n", "y".repeat(length));
    for headers in [many, large(200_000), large(3_000_000)] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let head = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let answer = read_response(&mut stream);
        answer.refuses(431, "head_too_large");
        assert_eq!(answer.headers["connection"], "close");
    }
    server
        .call("GET", "/healthz", &[("x", &"y".repeat(60_000))], b"")
        .is_ok();
}

/// From now on programs in the sandbox call these C functions instead of the system's. `false`, and a
/// message, without a C compiler.
fn preload(sandbox: &mut Sandbox, code: &str) -> bool {
    let [source, library] = ["preload.c", "preload.so"].map(|name| sandbox.root().join(name));
    fs::write(&source, code).unwrap();
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status();
    let is_ready = compiled.is_ok_and(|status| status.success());
    if is_ready {
        sandbox.set("LD_PRELOAD", &library);
    } else {
        println!("SKIPPED: needs a C compiler");
    }
    is_ready
}

/// Mutation check: with the `httpdate` of the registry every request is cut off.
#[test]
fn a_clock_before_1970_cuts_nobody_off() {
    const EARLY: &str = "
        #include <time.h>
        #include <unistd.h>
        #include <sys/syscall.h>
        int clock_gettime(clockid_t clock, struct timespec *time) {
            int result = syscall(SYS_clock_gettime, clock, time);
            if (clock == CLOCK_REALTIME) time->tv_sec -= 3000000000;
            return result;
        }";
    let mut sandbox = Sandbox::new();
    ControlPlane::fill(&sandbox);
    if !preload(&mut sandbox, EARLY) {
        return;
    }
    let server = ControlPlane::start(&sandbox, &[]);
    let health = server.call("GET", "/healthz", &[], b"");
    health.is_ok();
    assert_eq!(health.headers["date"], "Thu, 01 Jan 1970 00:00:00 GMT");
    let (access, refresh) = server.log_in();
    let search = json!({"provider": "linear", "project_slug": "web", "limit": 1, "query_key": "x"});
    server.ask(&access, SEARCH_PATH, &search).is_ok();
    let key = [
        ("authorization", &*format!("Bearer {access}")),
        ("idempotency-key", "k"),
    ];
    server
        .post(BIND_PATH, &key, &bind_body("061-web-123"))
        .is_ok();
    server
        .post(REFRESH_PATH, &[], &json!({"refresh": refresh}))
        .is_ok();
    let log = server.stop();
    assert!(!log.contains("panicked"), "{log}");
}

/// Mutation check: if a failure leaves zeros, everybody knows the tokens.
#[test]
fn without_random_bytes_nobody_gets_a_token() {
    // The standard library asks with flags, for its hash maps.
    const NONE: &str = "
        #include <errno.h>
        #include <unistd.h>
        #include <sys/syscall.h>
        ssize_t getrandom(void *bytes, size_t length, unsigned int flags) {
            if (flags) return syscall(SYS_getrandom, bytes, length, flags);
            errno = EIO;
            return -1;
        }";
    let mut sandbox = Sandbox::new();
    ControlPlane::fill(&sandbox);
    if !preload(&mut sandbox, NONE) {
        return;
    }
    let server = ControlPlane::start(&sandbox, &[]);
    let login = json!({"username": "kit", "password": PASSWORD});
    let refused = server.post(TOKEN_PATH, &[], &login);
    refused.refuses(500, "internal_error");
    let log = server.stop();
    assert!(log.contains("no random bytes"), "{log}");
    let add = ["admin", "user", "add", "ada", "--team", "t", "--json"];
    let error = sandbox.run_with_input(&[&add[..], &["--password-stdin"]].concat(), PASSWORD);
    assert_eq!(error.error(1, "none")["code"], "internal");
}

#[test]
fn a_restored_store_is_made_private_at_the_start() {
    let sandbox = Sandbox::new();
    ControlPlane::filled(&sandbox).stop();
    let store = sandbox.state().join("control-plane/control-plane.sqlite3");
    fs::set_permissions(&store, fs::Permissions::from_mode(0o644)).unwrap();
    let server = ControlPlane::start(&sandbox, &[]);
    server.log_in();
    for entry in fs::read_dir(store.parent().unwrap()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{entry:?}");
    }
}

/// Mutation check: without a handler for SIGXFSZ the signal ends the server.
#[test]
fn a_limit_on_file_sizes_does_not_kill() {
    let sandbox = Sandbox::new();
    let line = "ulimit -f 0 && exec spec-kitty serve --json --listen 127.0.0.1:0";
    let error = sandbox.run_line(line).error(10, "none");
    assert_eq!(error["code"], "store_unusable");
}

/// The statuses of all answers to these bytes and to a last request.
fn statuses(server: &ControlPlane, bytes: &[u8]) -> Vec<u16> {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let last = b"GET /last HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    // The connection may end with a reset.
    drop(stream.write_all(&[bytes, last].concat()));
    let mut answers = Vec::new();
    drop(stream.read_to_end(&mut answers));
    let answers = String::from_utf8_lossy(&answers);
    let status = |answer: &str| answer.get(..3).unwrap().parse().unwrap();
    answers.split("HTTP/1.1 ").skip(1).map(status).collect()
}

/// Nothing is read as two requests that another server could read as one. 404 is the answer to the last
/// request, if the connection lasts until then.
#[test]
fn raw_attempts_smuggle_nothing() {
    let sandbox = Sandbox::new();
    let server = ControlPlane::start(&sandbox, &[]);
    let hidden = "GET /hidden HTTP/1.1\r\nhost: x\r\n\r\n";
    let post = |headers: &str, body: &str| {
        format!("POST /healthz HTTP/1.1\r\nhost: x\r\n{headers}\r\n\r\n{body}")
    };
    let chunked = |value: &str| post(&format!("transfer-encoding: {value}"), "0\r\n\r\n");
    let lengths = |values: &str| post(&format!("content-length: {values}"), hidden);
    let line = |line: &str| format!("{line}\r\nhost: x\r\n\r\n");
    for (raw, expected) in [
        // Plain requests, to see that answers are counted.
        (post("content-length: 0", ""), &[405, 404][..]),
        (chunked("chunked"), &[405, 404]),
        (line("GET / HTTP/1.1") + hidden, &[404, 404, 404]),
        // Two lengths, or a length and chunks.
        (lengths("0\r\ncontent-length: 5"), &[400]),
        (lengths("5\r\ntransfer-encoding: chunked"), &[405]),
        (
            post(
                "transfer-encoding: chunked\r\ncontent-length: 5",
                "0\r\n\r\n",
            ) + hidden,
            &[405],
        ),
        (lengths("0, 5"), &[400]),
        (lengths("+0"), &[400]),
        (lengths("-1"), &[400]),
        (lengths("0x0"), &[400]),
        (lengths("99999999999999999999999"), &[400]),
        // Odd chunks.
        (chunked("chunked, identity") + hidden, &[400]),
        (chunked("xchunked") + hidden, &[400]),
        (chunked("\u{b}chunked") + hidden, &[400]),
        (chunked("identity") + hidden, &[400]),
        (
            post("transfer-encoding: chunked", "-1\r\n\r\n") + hidden,
            &[405],
        ),
        (
            post("transfer-encoding: chunked", "fffffffffffffffff\r\n") + hidden,
            &[405],
        ),
        (
            post("transfer-encoding: chunked", "0;\n\r\n\r\n") + hidden,
            &[405],
        ),
        // Odd heads.
        (post("content-length : 0", "") + hidden, &[400]),
        (post("x: y\r\n content-length: 0", "") + hidden, &[400]),
        (post("x: y\0", "") + hidden, &[400]),
        (post(": y", "") + hidden, &[400]),
        (line("GET / HTTP/1.0\r\ntransfer-encoding: chunked"), &[400]),
        (line("GET / HTTP/2.0"), &[400]),
        (line("GET / http/1.1"), &[400]),
        (line("GET /"), &[400]),
        (line("GET / x HTTP/1.1"), &[400]),
        (line("GET /\0 HTTP/1.1"), &[400]),
        (line("G\u{e4}T / HTTP/1.1"), &[400]),
        (line(""), &[400]),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &[]),
        ("\u{16}\u{3}\u{1}\0\u{5}\u{1}".to_owned(), &[400]),
        // Odd targets.
        (line("GET * HTTP/1.1"), &[404, 404]),
        (line("GET //healthz HTTP/1.1"), &[404, 404]),
        (line("GET /../healthz HTTP/1.1"), &[404, 404]),
        (line("GET /healthz/ HTTP/1.1"), &[404, 404]),
        (line("GET /%68ealthz HTTP/1.1"), &[404, 404]),
        (line("CONNECT x:1 HTTP/1.1"), &[404, 404]),
        (
            line(&format!("GET /{} HTTP/1.1", "x".repeat(70_000))),
            &[414],
        ),
    ] {
        assert_eq!(statuses(&server, raw.as_bytes()), expected, "{raw:.200?}");
    }
    server.call("GET", "/healthz", &[], b"").is_ok();
}
