//! Tests of the fixtures.

use std::io::{Read as _, Write as _};
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

/// Sends a request with an empty JSON body; all bytes of the answer.
fn post(server: &Server, path: &str) -> String {
    let mut stream = TcpStream::connect(server.url().replace("http://", "")).unwrap();
    let request =
        format!("POST {path} HTTP/1.1\r\nX-Team-Slug: acme\r\ncontent-length: 2\r\n\r\n{{}}");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_server_answers_and_remembers() {
    for server in [Server::start(), Server::raw()] {
        server.on("/x", Reply::html(503));
        let answer = post(&server, "/x?y");
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.ends_with("</title>"), "{answer}");
        let requests = server.requests_to("/x?y");
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].header("X-Team-Slug"), Some("acme"));
        assert_eq!(requests[0].json(), serde_json::json!({}));
        assert!(post(&server, "/z").starts_with("HTTP/1.1 404"));
    }
}

#[test]
fn a_server_sends_its_replies_in_turn() {
    let server = Server::start();
    server.on_each("/x", [Reply::Drop, Reply::raw("1"), Reply::raw("2")]);
    assert_eq!(post(&server, "/x"), "");
    for last in ["1", "2", "2"] {
        let answer = post(&server, "/x");
        assert!(answer.ends_with(last), "{answer}");
    }
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn a_raw_server_sends_half_an_answer_and_bytes_that_are_not_http() {
    let half = Reply::Half(b"{\"half".to_vec());
    let server = Server::start_for(&half);
    server.on_each("/x", [half, Reply::Garbage]);
    assert!(post(&server, "/x").ends_with("\r\ncontent-length: 1006\r\n\r\n{\"half"));
    assert!(!post(&server, "/x").contains("HTTP/1"));
}

#[test]
#[should_panic(expected = "start the server with Server::start_for(Garbage)")]
fn a_server_refuses_a_script_that_it_cannot_follow() {
    Server::start().on("/x", Reply::Garbage);
}
