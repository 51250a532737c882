//! The HTTP client against servers that behave badly.

use std::time::{Duration, Instant};

use spec_kitty::internals::World;
use spec_kitty::internals::{
    Answer, Call, Deadline, HttpClient, HttpError, Retry, ServerUrl as Address,
};

use crate::support::{Reply, Server, dead_url};

const PATH: &str = "/x";

fn world(variables: &[(&str, &str)]) -> World {
    World::with_variables("/".into(), variables.iter().copied())
}

fn post(url: &str, retry: Retry, time: Duration) -> Result<Answer, HttpError> {
    let world = world(&[]);
    let client = HttpClient::new(&world, Address::parse(url).unwrap()).unwrap();
    let call = Call {
        path: PATH,
        body: b"{}".to_vec(),
        retry,
        ..Call::default()
    };
    client.send(&world, &Deadline::after(&world, time), &call)
}

/// The result of a call to a server that always sends this reply, and the number of requests.
fn ask(reply: Reply, retry: Retry) -> (Result<Answer, HttpError>, usize) {
    let server = Server::start_for(&reply);
    server.on(PATH, reply);
    let result = post(&server.url(), retry, Duration::from_secs(20));
    (result, server.requests().len())
}

#[test]
fn an_answer_is_an_answer_whatever_its_status() {
    for status in [200, 204, 400, 401, 403, 404, 409, 418, 422, 500] {
        let (answer, requests) = ask(Reply::refusal(status, "x", "y"), Retry::Safe);
        assert_eq!((answer.unwrap().status, requests), (status, 1));
    }
    let (answer, requests) = ask(Reply::html(503), Retry::Safe);
    assert_eq!((answer.unwrap().status, requests), (503, 3));
}

#[test]
fn a_dropped_connection_is_repeated_only_where_that_is_safe() {
    for (retry, expected) in [(Retry::Never, 1), (Retry::Unprocessed, 1), (Retry::Safe, 3)] {
        let (result, requests) = ask(Reply::Drop, retry);
        let error = result.unwrap_err();
        assert!(matches!(error, HttpError::Cut { .. }), "{error:?}");
        assert!(error.may_have_arrived());
        assert_eq!(requests, expected, "{retry:?}");
    }
}

#[test]
fn half_an_answer_and_no_http_are_no_answers() {
    for reply in [Reply::Half(b"{\"half\":".to_vec()), Reply::Garbage] {
        let (result, _) = ask(reply, Retry::Never);
        let error = result.unwrap_err();
        assert!(matches!(error, HttpError::Cut { .. }), "{error:?}");
    }
}

#[test]
fn silence_ends_at_the_deadline_and_is_not_repeated() {
    let server = Server::start();
    server.on(PATH, Reply::Never);
    let start = Instant::now();
    let result = post(&server.url(), Retry::Safe, Duration::from_millis(300));
    let error = result.unwrap_err();
    assert!(
        matches!(error, HttpError::TimedOut { sent: true, .. }),
        "{error:?}"
    );
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn one_attempt_may_be_shorter_than_the_whole() {
    let server = Server::start();
    server.on(PATH, Reply::Never);
    let world = world(&[]);
    let client = HttpClient::new(&world, Address::parse(&server.url()).unwrap()).unwrap();
    let call = Call {
        path: PATH,
        attempt_timeout: Some(Duration::from_millis(100)),
        ..Call::default()
    };
    let deadline = Deadline::after(&world, Duration::from_secs(20));
    let error = client.send(&world, &deadline, &call).unwrap_err();
    assert!(
        matches!(error, HttpError::TimedOut { sent: true, .. }),
        "{error:?}"
    );
    assert!(!deadline.is_over(&world));
}

#[test]
fn without_time_nothing_is_sent() {
    let server = Server::start();
    let error = post(&server.url(), Retry::Safe, Duration::ZERO).unwrap_err();
    assert!(
        matches!(error, HttpError::TimedOut { sent: false, .. }),
        "{error:?}"
    );
    assert!(!error.may_have_arrived());
    assert!(server.requests().is_empty());
}

#[test]
fn eight_mebibytes_are_read_and_not_a_byte_more() {
    const LIMIT: usize = 8 * 1024 * 1024;
    let (answer, _) = ask(Reply::huge(LIMIT), Retry::Never);
    assert_eq!(answer.unwrap().body.len(), LIMIT);
    let (result, requests) = ask(Reply::huge(LIMIT + 8 * 1024), Retry::Safe);
    let error = result.unwrap_err();
    assert!(matches!(error, HttpError::TooLarge { .. }), "{error:?}");
    assert_eq!(requests, 1);
}

#[test]
fn a_redirect_is_refused_and_the_other_host_hears_nothing() {
    let elsewhere = Server::start();
    let (result, requests) = ask(Reply::redirect(&elsewhere.url()), Retry::Safe);
    let error = result.unwrap_err();
    assert!(
        matches!(error, HttpError::Redirect { status: 302, .. }),
        "{error:?}"
    );
    assert_eq!(requests, 1);
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn nobody_there_is_unreachable_and_surely_unsent() {
    let error = post(&dead_url(), Retry::Safe, Duration::from_secs(20)).unwrap_err();
    assert!(
        matches!(error, HttpError::Unreachable { refused: true, .. }),
        "{error:?}"
    );
    assert!(!error.may_have_arrived());
}

#[test]
fn localhost_needs_no_resolver() {
    let server = Server::start();
    server.on(PATH, Reply::raw("{}"));
    let url = server.url().replace("127.0.0.1", "localhost");
    let answer = post(&url, Retry::Never, Duration::from_secs(20)).unwrap();
    assert_eq!(answer.status, 200);
}

#[test]
fn a_rate_limit_is_waited_out_once() {
    let server = Server::start();
    let limit = |seconds: &str| Reply::refusal(429, "slow", "slow").header("retry-after", seconds);
    server.on_each(PATH, [limit("0"), Reply::raw("{}")]);
    let answer = post(&server.url(), Retry::Safe, Duration::from_secs(20)).unwrap();
    assert_eq!((answer.status, server.requests().len()), (200, 2));

    let (answer, requests) = ask(limit("0"), Retry::Safe);
    assert_eq!((answer.unwrap().status, requests), (429, 2));
    let (answer, requests) = ask(limit("60"), Retry::Safe);
    let answer = answer.unwrap();
    assert_eq!((answer.status, requests), (429, 1));
    assert_eq!(answer.retry_after, Some(Duration::from_mins(1)));
}

#[test]
fn the_envelopes_wait_goes_before_the_header() {
    let body = serde_json::json!({"retry_after_seconds": "61"});
    let reply = Reply::json(429, &body).header("retry-after", "60");
    let (answer, _) = ask(reply, Retry::Never);
    assert_eq!(answer.unwrap().retry_after, Some(Duration::from_secs(61)));
    let date = "Wed, 21 Oct 2015 07:28:00 GMT";
    let (answer, _) = ask(Reply::html(503).header("retry-after", date), Retry::Never);
    assert_eq!(answer.unwrap().retry_after, Some(Duration::ZERO));
}

#[test]
fn a_request_says_who_and_what_it_is() {
    let server = Server::start();
    server.on("/prefix/x", Reply::raw("{}"));
    let world = world(&[]);
    let address = Address::parse(&format!("{}/prefix/", server.url())).unwrap();
    let client = HttpClient::new(&world, address).unwrap();
    let call = Call {
        path: PATH,
        bearer: Some(spec_kitty::internals::Secret::new("token")),
        headers: vec![("X-Team-Slug", "web".to_owned())],
        body: b"{\"a\":1}".to_vec(),
        ..Call::default()
    };
    let deadline = Deadline::after(&world, Duration::from_secs(20));
    client.send(&world, &deadline, &call).unwrap();
    let requests = server.requests();
    let request = &requests[0];
    assert_eq!(request.method, "POST");
    assert_eq!(request.header("authorization"), Some("Bearer token"));
    assert_eq!(request.header("x-team-slug"), Some("web"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    let agent = concat!("spec-kitty/", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.header("user-agent"), Some(agent));
    assert_eq!(request.body, b"{\"a\":1}");
}

#[test]
fn a_header_that_cannot_hold_its_value_is_an_error() {
    let world = world(&[]);
    let client = HttpClient::new(&world, Address::parse(&dead_url()).unwrap()).unwrap();
    let call = Call {
        path: PATH,
        headers: vec![("X-Team-Slug", "web\r\nX-Other: 1".to_owned())],
        ..Call::default()
    };
    let deadline = Deadline::after(&world, Duration::from_secs(20));
    let error = client.send(&world, &deadline, &call).unwrap_err();
    assert!(matches!(error, HttpError::Setup { .. }), "{error:?}");
}

#[test]
fn the_network_can_be_forbidden() {
    let server = Server::start();
    for word in ["0", "false", "NO", "off"] {
        let world = world(&[("SPEC_KITTY_ENABLE_SAAS_SYNC", word)]);
        let client = HttpClient::new(&world, Address::parse(&server.url()).unwrap()).unwrap();
        let deadline = Deadline::after(&world, Duration::from_secs(20));
        let error = client
            .send(&world, &deadline, &Call::default())
            .unwrap_err();
        assert!(matches!(error, HttpError::NetworkDisabled), "{error:?}");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn a_broken_certificate_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificates.pem");
    let https = || Address::parse("https://127.0.0.1:1").unwrap();
    let error = || {
        let world = world(&[("SSL_CERT_FILE", file.to_str().unwrap())]);
        HttpClient::new(&world, https()).unwrap_err()
    };
    assert!(matches!(error(), HttpError::Setup { .. }), "missing");
    std::fs::write(&file, "no certificate").unwrap();
    assert!(matches!(error(), HttpError::Setup { .. }), "empty");
}

#[test]
fn a_get_has_no_body_and_is_repeated() {
    let server = Server::start();
    server.on_each(PATH, [Reply::html(503), Reply::raw("{}")]);
    let world = world(&[]);
    let client = HttpClient::new(&world, Address::parse(&server.url()).unwrap()).unwrap();
    let deadline = Deadline::after(&world, Duration::from_secs(20));
    let answer = client.send(&world, &deadline, &Call::get(PATH)).unwrap();
    assert_eq!(answer.status, 200);
    for request in server.requests() {
        assert_eq!((&*request.method, &*request.body), ("GET", &b""[..]));
        assert_eq!(request.header("content-type"), None);
    }
    assert_eq!(server.requests().len(), 2);
}
