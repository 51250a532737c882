//! A server on a plain socket, only for what wiremock cannot send: half an answer, bytes that are
//! not HTTP, and answers to a `CONNECT`. Everything else belongs to the wiremock server.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::reply::{Reply, Request};
use super::server::Script;

/// Accepts connections until it is dropped. Each connection carries one request.
pub(super) struct RawServer {
    address: SocketAddr,
    is_stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl RawServer {
    /// Listens on a free loopback port.
    pub(super) fn start(script: Arc<Mutex<Script>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_stopping = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&is_stopping);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let script = Arc::clone(&script);
                std::thread::spawn(move || drop(serve(stream, &script)));
            }
        });
        Self {
            address,
            is_stopping,
            thread: Some(thread),
        }
    }

    /// `http://127.0.0.1:PORT`.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        // A last connection wakes the thread that accepts.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn serve(mut stream: TcpStream, script: &Mutex<Script>) -> io::Result<()> {
    let request = read_request(&stream)?;
    let reply = script.lock().unwrap().reply_to(request);
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
            let head = format!("HTTP/1.1 {status} Scripted\r\n{lines}\r\n");
            stream.write_all(&[head.as_bytes(), &body].concat())?;
            stream.shutdown(Shutdown::Write)
        }
        Reply::Half(body) => {
            let announced = body.len() + 1_000;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {announced}\r\n\r\n");
            stream.write_all(&[head.as_bytes(), &body].concat())?;
            stream.shutdown(Shutdown::Both)
        }
        Reply::Garbage => {
            stream.write_all(b"\x16\x03\x01 not HTTP at all\r\n\r\n")?;
            stream.shutdown(Shutdown::Both)
        }
        // No test expects this status: the handler that chose such a reply is wrong.
        Reply::Drop | Reply::Never | Reply::Late(..) => {
            stream.write_all(b"HTTP/1.1 599 Scripted\r\ncontent-length: 0\r\n\r\n")
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
