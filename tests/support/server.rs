//! A control plane whose answers a test scripts, and which remembers its requests. It is a wiremock
//! server; only what wiremock cannot send comes from `raw_server.rs`.

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use wiremock::http::{HeaderName, HeaderValue};
use wiremock::matchers::any;
use wiremock::{Match, Mock, MockServer, Respond, ResponseTemplate};

use super::fixtures::{BIND_PATH, SEARCH_PATH, bind_answer, candidate, search_answer};
use super::raw_server::RawServer;
use super::reply::{Reply, Request};

type Handler = Box<dyn FnMut(&Request) -> Reply + Send>;

/// What to do on each path, and the requests so far.
#[derive(Default)]
pub(super) struct Script {
    requests: Vec<Request>,
    handlers: BTreeMap<String, Handler>,
}

impl Script {
    /// Records a request and looks up its reply: 404 on a path without a script.
    pub(super) fn reply_to(&mut self, request: Request) -> Reply {
        let path = request.path.split('?').next().unwrap_or_default();
        let reply = match self.handlers.get_mut(path) {
            Some(handler) => {
                // A handler that fails has received its request all the same.
                self.requests.push(request.clone());
                return handler(&request);
            }
            None => Reply::refusal(404, "no_such_path", "no script for this path"),
        };
        self.requests.push(request);
        reply
    }
}

/// A control plane on a free loopback port.
#[must_use]
pub(crate) struct Server {
    script: Arc<Mutex<Script>>,
    backend: Backend,
}

enum Backend {
    Mock(MockServer),
    Raw(RawServer),
}

impl Server {
    /// Starts a wiremock server without a script.
    pub(crate) fn start() -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let backend = Backend::Mock(start_mock_server(&script));
        Self { script, backend }
    }

    /// Starts a raw server without a script.
    pub(crate) fn raw() -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let backend = Backend::Raw(RawServer::start(Arc::clone(&script)));
        Self { script, backend }
    }

    /// Starts a raw server if only that can send this reply, else a wiremock server.
    pub(crate) fn start_for(reply: &Reply) -> Self {
        if reply.is_http() {
            Self::start()
        } else {
            Self::raw()
        }
    }

    /// Starts a server where a key search finds exactly this ticket and every bind succeeds.
    pub(crate) fn with_ticket(key: &str, title: &str) -> Self {
        Self::start().and_ticket(key, title)
    }

    /// Starts a server that finds every key, titled `Ticket KEY`, and where every bind succeeds.
    pub(crate) fn with_any_ticket() -> Self {
        let server = Self::start();
        server.handle(SEARCH_PATH, |request| {
            let key = request.json()["query_key"].as_str().unwrap().to_uppercase();
            let ticket = candidate(&key, &format!("Ticket {key}"), "exact");
            Reply::json(200, &search_answer(&[ticket]))
        });
        server.on(BIND_PATH, Reply::json(200, &bind_answer()));
        server
    }

    /// Adds the script of [`Self::with_ticket`].
    pub(crate) fn and_ticket(self, key: &str, title: &str) -> Self {
        let ticket = candidate(key, title, "exact");
        self.on(SEARCH_PATH, Reply::json(200, &search_answer(&[ticket])));
        self.on(BIND_PATH, Reply::json(200, &bind_answer()));
        self
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        match &self.backend {
            Backend::Mock(server) => server.uri(),
            Backend::Raw(server) => server.url(),
        }
    }

    /// Sends this reply to every request on a path.
    #[track_caller]
    pub(crate) fn on(&self, path: &str, reply: Reply) {
        self.assert_can_send(&reply);
        self.handle(path, move |_| reply.clone());
    }

    /// Sends these replies on a path one after the other, then the last one again and again.
    #[track_caller]
    pub(crate) fn on_each(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        let mut replies: Vec<_> = replies.into_iter().collect();
        for reply in &replies {
            self.assert_can_send(reply);
        }
        self.handle(path, move |_| match replies.len() {
            1 => replies[0].clone(),
            _ => replies.remove(0),
        });
    }

    /// Calls this for every request on a path.
    pub(crate) fn handle(
        &self,
        path: &str,
        handler: impl FnMut(&Request) -> Reply + Send + 'static,
    ) {
        self.script()
            .handlers
            .insert(path.into(), Box::new(handler));
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.script().requests.clone()
    }

    /// The requests on one path.
    pub(crate) fn requests_to(&self, path: &str) -> Vec<Request> {
        let mut requests = self.requests();
        requests.retain(|request| request.path == path);
        requests
    }

    /// Forgets the requests so far.
    pub(crate) fn forget(&self) {
        self.script().requests.clear();
    }

    #[track_caller]
    fn assert_can_send(&self, reply: &Reply) {
        let can_send = match &self.backend {
            Backend::Mock(_) => reply.is_http(),
            Backend::Raw(_) => matches!(reply, Reply::Answer { .. }) || !reply.is_http(),
        };
        assert!(
            can_send,
            "start the server with Server::start_for({reply:?})"
        );
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }
}

/// A URL on this machine where no server listens.
pub(crate) fn dead_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// wiremock answers from a thread of its own; the runtime here only awaits its start.
fn start_mock_server(script: &Arc<Mutex<Script>>) -> MockServer {
    let turn = Arc::new(Turn {
        script: Arc::clone(script),
        reply: Mutex::default(),
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let builder = MockServer::builder().disable_request_recording();
        let server = builder.start().await;
        Mock::given(CutsConnection(Arc::clone(&turn)))
            .respond_with_err(|_: &wiremock::Request| io::Error::other("scripted"))
            .with_priority(1)
            .mount(&server)
            .await;
        Mock::given(any())
            .respond_with(Scripted(turn))
            .mount(&server)
            .await;
        server
    })
}

/// The request that is being served. wiremock serves one at a time: first [`CutsConnection`] looks
/// up the reply, then [`Scripted`] sends it.
struct Turn {
    script: Arc<Mutex<Script>>,
    reply: Mutex<Option<Reply>>,
}

struct CutsConnection(Arc<Turn>);

impl Match for CutsConnection {
    fn matches(&self, request: &wiremock::Request) -> bool {
        let reply = self.0.script.lock().unwrap().reply_to(request.into());
        let is_cut = matches!(reply, Reply::Drop);
        *self.0.reply.lock().unwrap() = Some(reply);
        is_cut
    }
}

struct Scripted(Arc<Turn>);

impl Respond for Scripted {
    fn respond(&self, _: &wiremock::Request) -> ResponseTemplate {
        let reply = self.0.reply.lock().unwrap().take();
        template(reply.expect("CutsConnection has looked it up"))
    }
}

fn template(reply: Reply) -> ResponseTemplate {
    // Longer than every test: wiremock closes the connection when the server is dropped.
    const NEVER: Duration = Duration::from_hours(1);
    match reply {
        Reply::Answer {
            status,
            headers,
            body,
        } => ResponseTemplate::new(status)
            .append_headers(headers)
            .append_header("connection", "close")
            .set_body_bytes(body),
        Reply::Never => ResponseTemplate::new(200).set_delay(NEVER),
        Reply::Late(wait, reply) => template(*reply).set_delay(wait),
        // No test expects this status: the handler that chose such a reply is wrong.
        Reply::Drop | Reply::Half(_) | Reply::Garbage => ResponseTemplate::new(599),
    }
}

impl From<&wiremock::Request> for Request {
    fn from(request: &wiremock::Request) -> Self {
        let query = request.url.query();
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let header = |(name, value): (&HeaderName, &HeaderValue)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        };
        Self {
            method: request.method.to_string(),
            path: request.url.path().to_owned() + &query,
            headers: request.headers.iter().map(header).collect(),
            body: request.body.clone(),
        }
    }
}
