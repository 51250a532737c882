//! Connections that fail, answers that are too much, and the one retry.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use serde_json::json;

use super::fake::{Answer, Fake};
use super::{TOKEN, deadline, linear_connection, open, world};
use crate::control_plane::trackers::{Account, Tracker, TrackerError};
use crate::world::World;

/// What a raw server does with a connection.
#[derive(Debug, Clone)]
enum Step {
    /// Closes it after this answer, which may be incomplete.
    Send(Vec<u8>),
    /// Keeps it open without an answer.
    Ignore,
    /// Closes the ones before, waits until their client has noticed, and then closes it after this
    /// answer.
    Replace(Vec<u8>),
}

fn viewer() -> Vec<u8> {
    let body = json!({"data": {"viewer": {"id": "u1", "name": "Ada", "email": null}}}).to_string();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A server that takes one step for each connection, then the last one again.
fn raw_server(steps: Vec<Step>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut open: Vec<TcpStream> = Vec::new();
        for (index, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            match &steps[index.min(steps.len() - 1)] {
                Step::Ignore => open.push(stream),
                Step::Replace(bytes) => {
                    for mut earlier in open.drain(..) {
                        earlier.shutdown(Shutdown::Write).unwrap();
                        drop(earlier.read_to_end(&mut Vec::new()));
                    }
                    read_request(&mut stream);
                    drop(stream.write_all(bytes));
                }
                Step::Send(bytes) => {
                    read_request(&mut stream);
                    drop(stream.write_all(bytes));
                }
            }
        }
    });
    url
}

/// Reads up to the end of the body, so that closing does not reset the connection.
fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut byte = [0];
    // The body is the last JSON object of the request, and nothing comes after it.
    while !request.ends_with(b"}}") && stream.read(&mut byte).is_ok_and(|n| n > 0) {
        request.push(byte[0]);
    }
}

async fn account(url: &str, time: Duration) -> Result<Account, TrackerError> {
    let deadline = world().instant() + time;
    open(&linear_connection(url)).await.account(deadline).await
}

const LONG: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_failure_that_may_pass_is_tried_once_more() {
    let cut = viewer()[..60].to_vec();
    let busy = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n".to_vec();
    for first in [Vec::new(), cut, busy, b"HTTP/1.1 502 Bad\r\n\r\n".to_vec()] {
        let url = raw_server(vec![Step::Send(first.clone()), Step::Send(viewer())]);
        let account = account(&url, LONG).await;
        assert!(account.is_ok(), "{account:?} after {first:?}");
    }
}

#[tokio::test]
async fn two_failures_are_enough() {
    let fake = Fake::always(Answer::html(503)).await;
    let result = account(&fake.url(), LONG).await;
    assert_eq!(
        result,
        Err(TrackerError::Unavailable("HTTP 503".to_owned()))
    );
    assert_eq!(fake.received().len(), 2);
    let url = raw_server(vec![Step::Send(viewer()[..60].to_vec())]);
    let result = account(&url, LONG).await;
    assert!(
        matches!(result, Err(TrackerError::Unavailable(_))),
        "{result:?}"
    );
}

#[tokio::test]
async fn other_failures_are_not_tried_again() {
    for answer in [Answer::html(401), Answer::html(429), Answer::html(404)] {
        let fake = Fake::always(answer).await;
        assert!(account(&fake.url(), LONG).await.is_err());
        assert_eq!(fake.received().len(), 1);
    }
}

/// The server answers the second connection while the first one is still open.
#[tokio::test]
async fn a_request_without_an_answer_is_sent_again() {
    let url = raw_server(vec![Step::Ignore, Step::Send(viewer())]);
    assert!(account(&url, Duration::from_secs(6)).await.is_ok());
}

/// The first try is cut after the second one has begun, and the second one has the answer.
#[tokio::test]
async fn a_try_that_fails_late_does_not_end_the_other() {
    let url = raw_server(vec![Step::Ignore, Step::Replace(viewer())]);
    let account = account(&url, Duration::from_secs(6)).await;
    assert!(account.is_ok(), "{account:?}");
}

#[tokio::test]
async fn a_tracker_that_never_answers_ends_with_the_deadline() {
    let url = raw_server(vec![Step::Ignore]);
    let result = account(&url, Duration::from_millis(50)).await;
    assert_eq!(
        result,
        Err(TrackerError::Unavailable("no answer in time".to_owned()))
    );
    let result = account(&url, Duration::ZERO).await;
    assert!(
        matches!(result, Err(TrackerError::Unavailable(_))),
        "{result:?}"
    );
}

#[tokio::test]
async fn a_pause_that_the_deadline_does_not_allow_is_not_made() {
    let fake = Fake::always(Answer::html(503).header("retry-after", "3600")).await;
    let result = account(&fake.url(), LONG).await;
    assert_eq!(
        result,
        Err(TrackerError::Unavailable("HTTP 503".to_owned()))
    );
    assert_eq!(fake.received().len(), 1);
}

#[tokio::test]
async fn a_tracker_that_does_not_listen_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let result = account(&url, LONG).await;
    assert!(
        matches!(result, Err(TrackerError::Unavailable(_))),
        "{result:?}"
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = Fake::always(Answer::html(200)).await;
    let redirect =
        Answer::html(302).header("location", target.url().replace("127.0.0.1", "localhost"));
    let fake = Fake::always(redirect).await;
    let reason = "a redirect to localhost (HTTP 302), which is not followed";
    let result = account(&fake.url(), LONG).await;
    assert_eq!(result, Err(TrackerError::BadAnswer(reason.to_owned())));
    assert_eq!(target.received().len(), 0);
}

#[tokio::test]
async fn a_huge_answer_is_not_read_to_its_end() {
    let mut answer = Answer::ok(&json!({}));
    answer.body = vec![b' '; 16 * 1024 * 1024 + 1];
    let fake = Fake::always(answer).await;
    let result = account(&fake.url(), LONG).await;
    assert_eq!(
        result,
        Err(TrackerError::BadAnswer(
            "it is larger than 16 MiB".to_owned()
        ))
    );
}

#[tokio::test]
async fn a_disabled_network_is_not_used() {
    let fake = Fake::always(Answer::html(200)).await;
    let variables = [("SPEC_KITTY_ENABLE_SAAS_SYNC", "0")];
    let world = World::with_variables("/".into(), variables);
    let connection = linear_connection(&fake.url());
    let tracker = Tracker::open(&world, &connection, deadline())
        .await
        .unwrap();
    let result = tracker.account(deadline()).await;
    assert!(
        matches!(result, Err(TrackerError::Unavailable(_))),
        "{result:?}"
    );
    assert_eq!(fake.received().len(), 0);
}

#[tokio::test]
async fn a_credential_that_is_no_header_is_an_error_without_it() {
    let mut connection = linear_connection("http://127.0.0.1:9");
    connection.credential = crate::secret::Secret::new("lin_api_\nhush");
    let error = Tracker::open(&world(), &connection, deadline())
        .await
        .unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hush"));
}

#[tokio::test]
async fn nothing_that_is_printed_contains_the_credential() {
    let connection = linear_connection("http://127.0.0.1:9");
    let tracker = open(&connection).await;
    let printed = format!("{connection:?} {tracker:?}");
    assert!(
        !printed.contains(TOKEN) && !printed.contains("hush"),
        "{printed}"
    );
}
