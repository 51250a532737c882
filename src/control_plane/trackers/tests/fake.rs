//! A tracker whose answers a test scripts, and which remembers its requests.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::schemas;

/// An answer of a fake.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        let body = body.to_string().into_bytes();
        Self {
            status,
            headers,
            body,
        }
    }

    pub(super) fn ok(body: &Value) -> Self {
        Self::json(200, body)
    }

    /// A page of a proxy or of a login.
    pub(super) fn html(status: u16) -> Self {
        Self {
            status,
            headers: vec![("content-type", "text/html".to_owned())],
            body: b"<!doctype html><title>Log in</title>".to_vec(),
        }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// An error of Jira.
    pub(super) fn jira_error(status: u16, message: &str) -> Self {
        Self::json(status, &json!({"errorMessages": [message], "errors": {}}))
    }

    /// Errors of Linear without data.
    pub(super) fn linear_error(status: u16, code: &str, message: &str) -> Self {
        let error = json!({"message": message, "extensions": {"code": code}});
        Self::json(status, &json!({"errors": [error], "data": null}))
    }
}

/// What a fake received.
#[derive(Debug, Clone)]
pub(super) struct Received {
    /// `GET /rest/api/3/myself`, without the query.
    pub line: String,
    /// The decoded query, in order.
    pub query: Vec<(String, String)>,
    pub authorization: String,
    /// Null without a body.
    pub body: Value,
}

impl Received {
    fn of(request: &Request) -> Self {
        let authorization = request.headers.get("authorization");
        let query = request.url.query_pairs().into_owned();
        Self {
            line: format!("{} {}", request.method, request.url.path()),
            query: query.collect(),
            authorization: authorization.map_or("", |v| v.to_str().unwrap()).to_owned(),
            body: serde_json::from_slice(&request.body).unwrap_or_default(),
        }
    }

    pub(super) fn parameter(&self, name: &str) -> &str {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }
}

#[derive(Debug, Default)]
struct Log {
    received: Vec<Received>,
    /// What breaks the official descriptions.
    violations: Vec<String>,
}

/// A running fake. It complains at its end about requests and answers that break the official
/// descriptions.
pub(super) struct Fake {
    server: MockServer,
    log: Arc<Mutex<Log>>,
}

impl Fake {
    /// Answers each request with a function of it and of the number of requests before.
    pub(super) async fn start(
        answer: impl Fn(&Received, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let log = Arc::new(Mutex::new(Log::default()));
        let log_of_server = Arc::clone(&log);
        let respond = move |request: &Request| {
            let received = Received::of(request);
            let mut log = log_of_server.lock().unwrap();
            let answer = answer(&received, log.received.len());
            log.violations.extend(schemas::check(&received, &answer));
            log.received.push(received);
            let template = ResponseTemplate::new(answer.status).set_body_bytes(answer.body);
            let headers = answer.headers.into_iter();
            headers.fold(template, |template, (name, value)| {
                template.insert_header(name, value)
            })
        };
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(respond)
            .mount(&server)
            .await;
        Self { server, log }
    }

    /// Always gives the same answer.
    pub(super) async fn always(answer: Answer) -> Self {
        Self::start(move |_, _| answer.clone()).await
    }

    pub(super) fn url(&self) -> String {
        self.server.uri()
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.log.lock().unwrap().received.clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let violations = &self.log.lock().unwrap().violations;
            assert!(violations.is_empty(), "{violations:#?}");
        }
    }
}
