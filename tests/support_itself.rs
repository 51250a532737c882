//! Tests of the fixtures.

use std::io::Read as _;
use std::net::TcpStream;

use crate::support::{Reply, Sandbox, Server};

#[test]
fn the_sandbox_is_a_repository_of_its_own() {
    let sandbox = Sandbox::with_project();
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.git(&["branch", "--show-current"]), "main");
    assert_eq!(sandbox.git(&["config", "user.email"]), "kit@example.org");
}

#[test]
fn a_snapshot_sees_a_byte_in_the_index() {
    let sandbox = Sandbox::with_git();
    let before = sandbox.snapshot();
    before.assert_same(&sandbox.snapshot());
    sandbox.write("new", "");
    sandbox.git(&["add", "--intent-to-add", "new"]);
    let changes = before.changes(&sandbox.snapshot());
    assert!(
        changes.contains(&"changed: .git/index".to_owned()),
        "{changes:?}"
    );
}

#[test]
fn the_server_answers_and_remembers() {
    use std::io::Write as _;
    let server = Server::start();
    server.on("/x", Reply::html(503));
    let address = server.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(b"POST /x HTTP/1.1\r\nX-Team-Slug: acme\r\ncontent-length: 2\r\n\r\n{}")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    let requests = server.requests_to("/x");
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].header("X-Team-Slug"), Some("acme"));
    assert_eq!(requests[0].json(), serde_json::json!({}));
}
