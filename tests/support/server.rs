//! A loopback control plane that does as it is told, well or badly, and remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

use super::fixtures::{BIND_PATH, SEARCH_PATH, bind_answer, candidate, envelope, search_answer};

/// One request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// `POST`.
    pub method: String,
    /// With its query, if any.
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// As sent; [`Request::json`] unpacks it.
    pub body: Vec<u8>,
}

impl Request {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(&name.to_ascii_lowercase())
            .map(String::as_str)
    }

    /// The body as JSON, unpacked where it is gzip.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let mut bytes = Vec::new();
        if self.header("content-encoding") == Some("gzip") {
            flate2::read::GzDecoder::new(&self.body[..])
                .read_to_end(&mut bytes)
                .expect("a gzip body");
        } else {
            bytes.clone_from(&self.body);
        }
        serde_json::from_slice(&bytes).expect("a JSON body")
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A whole answer.
    Answer {
        /// Its status.
        status: u16,
        /// Its headers; length and connection are added.
        headers: Vec<(String, String)>,
        /// Its body.
        body: Vec<u8>,
    },
    /// Reads the request, then closes the connection without a word.
    Drop,
    /// Reads the request and keeps the connection open in silence until the server is dropped.
    Never,
    /// Promises a longer body than it sends, then closes.
    Half(Vec<u8>),
    /// A status line, headers, and so many bytes of spaces.
    Huge(usize),
    /// Bytes that are no HTTP.
    Garbage,
    /// Waits before it does something else.
    Late(Duration, Box<Self>),
}

impl Reply {
    /// A JSON answer.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::Answer {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_string().into_bytes(),
        }
    }

    /// A 200 with these bytes as they are.
    pub(crate) fn raw(body: impl Into<Vec<u8>>) -> Self {
        Self::Answer {
            status: 200,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.into(),
        }
    }

    /// A refusal in the error envelope.
    pub(crate) fn refusal(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &envelope(code, message))
    }

    /// The page of some proxy.
    pub(crate) fn html(status: u16) -> Self {
        Self::Answer {
            status,
            headers: vec![("content-type".into(), "text/html".into())],
            body: b"<!doctype html><title>Gateway</title>".to_vec(),
        }
    }

    /// Sends the caller elsewhere.
    pub(crate) fn redirect(location: &str) -> Self {
        Self::json(302, &json!({})).header("location", location)
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name.into(), value.into()));
        }
        self
    }
}

type Handler = Box<dyn FnMut(&Request) -> Reply + Send>;

#[derive(Default)]
struct State {
    requests: Vec<Request>,
    handlers: BTreeMap<String, Handler>,
    kept_open: Vec<TcpStream>,
}

/// A control plane on a free loopback port. It answers 404 on a path that nobody scripted.
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stopping: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts one that knows no path.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let stopping = Arc::new(AtomicBool::new(false));
        let accepting = std::thread::spawn({
            let (state, stopping) = (Arc::clone(&state), Arc::clone(&stopping));
            move || {
                for stream in listener.incoming() {
                    if stopping.load(Ordering::SeqCst) {
                        return;
                    }
                    let Ok(stream) = stream else { continue };
                    let state = Arc::clone(&state);
                    std::thread::spawn(move || drop(serve(stream, &state)));
                }
            }
        });
        Self {
            address,
            state,
            stopping,
            accepting: Some(accepting),
        }
    }

    /// Starts one where a key search finds exactly this ticket and every bind is granted.
    pub(crate) fn with_ticket(key: &str, title: &str) -> Self {
        let server = Self::start();
        server.on(
            SEARCH_PATH,
            Reply::json(200, &search_answer(&[candidate(key, title, "exact")])),
        );
        server.on(BIND_PATH, Reply::json(200, &bind_answer()));
        server
    }

    /// Starts one that finds every key it is asked for, titled `Ticket KEY`, and grants every bind.
    pub(crate) fn with_any_ticket() -> Self {
        let server = Self::start();
        server.handle(SEARCH_PATH, |request| {
            let key = request.json()["query_key"].as_str().unwrap().to_uppercase();
            let found = candidate(&key, &format!("Ticket {key}"), "exact");
            Reply::json(200, &search_answer(&[found]))
        });
        server.on(BIND_PATH, Reply::json(200, &bind_answer()));
        server
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Always does this on a path.
    pub(crate) fn on(&self, path: &str, reply: Reply) {
        self.handle(path, move |_| reply.clone());
    }

    /// Does these in turn on a path; the last one for ever.
    pub(crate) fn on_each(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        let mut replies: Vec<_> = replies.into_iter().collect();
        self.handle(path, move |_| match replies.len() {
            1 => replies[0].clone(),
            _ => replies.remove(0),
        });
    }

    /// Asks this what to do on a path.
    pub(crate) fn handle(
        &self,
        path: &str,
        handler: impl FnMut(&Request) -> Reply + Send + 'static,
    ) {
        self.state().handlers.insert(path.into(), Box::new(handler));
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// The requests on one path.
    pub(crate) fn requests_to(&self, path: &str) -> Vec<Request> {
        let mut requests = self.requests();
        requests.retain(|request| request.path == path);
        requests
    }

    /// Forgets the requests so far.
    pub(crate) fn forget(&self) {
        self.state().requests.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            drop(accepting.join());
        }
        if let Ok(mut state) = self.state.lock() {
            state.kept_open.clear();
        }
    }
}

/// A URL on this machine where nobody listens.
pub(crate) fn dead_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let request = read_request(&stream)?;
    let reply = {
        let mut state = state.lock().unwrap();
        state.requests.push(request.clone());
        let path = request.path.split('?').next().unwrap_or_default();
        match state.handlers.get_mut(path) {
            Some(handler) => handler(&request),
            None => Reply::refusal(404, "no_such_path", "nobody scripted this path"),
        }
    };
    perform(&mut stream, reply, state)
}

fn perform(stream: &mut TcpStream, reply: Reply, state: &Mutex<State>) -> io::Result<()> {
    match reply {
        Reply::Answer {
            status,
            headers,
            body,
        } => {
            let length = ("content-length".to_owned(), body.len().to_string());
            let lines: String = headers
                .into_iter()
                .chain([("connection".to_owned(), "close".to_owned()), length])
                .map(|(name, value)| name + ": " + &value + "\r\n")
                .collect();
            let head = format!("HTTP/1.1 {status} Whatever\r\n{lines}\r\n");
            stream.write_all(&[head.as_bytes(), &body].concat())?;
            stream.shutdown(Shutdown::Write)
        }
        Reply::Drop => stream.shutdown(Shutdown::Both),
        Reply::Never => {
            state.lock().unwrap().kept_open.push(stream.try_clone()?);
            Ok(())
        }
        Reply::Half(body) => {
            let promised = body.len() + 1_000;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {promised}\r\n\r\n");
            stream.write_all(&[head.as_bytes(), &body].concat())?;
            stream.shutdown(Shutdown::Both)
        }
        Reply::Huge(size) => {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n");
            stream.write_all(head.as_bytes())?;
            let block = [b' '; 8 * 1024];
            for _ in 0..size.div_ceil(block.len()) {
                stream.write_all(&block)?;
            }
            Ok(())
        }
        Reply::Garbage => {
            stream.write_all(b"\x16\x03\x01 not HTTP at all\r\n\r\n")?;
            stream.shutdown(Shutdown::Both)
        }
        Reply::Late(wait, reply) => {
            std::thread::sleep(wait);
            perform(stream, *reply, state)
        }
    }
}

fn read_request(stream: &TcpStream) -> io::Result<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(io::Error::other("no request line"));
    };
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Request {
        method,
        path,
        headers,
        body,
    })
}
