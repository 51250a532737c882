//! A request as the server saw it, and what the server does with it.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::fixtures::envelope;

/// A request that the server received.
#[must_use]
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// `POST`.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The bytes as sent; [`Request::json`] decompresses them.
    pub body: Vec<u8>,
}

impl Request {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(&name.to_ascii_lowercase())
            .map(String::as_str)
    }

    /// The body as JSON, decompressed if it is gzip.
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
#[must_use]
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A complete HTTP answer.
    Answer {
        /// Its status.
        status: u16,
        /// Its headers; length and connection are added.
        headers: Vec<(String, String)>,
        /// Its body.
        body: Vec<u8>,
    },
    /// Closes the connection without an answer.
    Drop,
    /// Keeps the connection open without an answer, until the server is dropped.
    Never,
    /// Sends a reply after this time.
    Late(Duration, Box<Self>),
    /// Announces a longer body than it sends, then closes. Only a raw server can do this.
    Half(Vec<u8>),
    /// Sends bytes that are not HTTP. Only a raw server can do this.
    Garbage,
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

    /// A 200 with this many spaces.
    pub(crate) fn huge(size: usize) -> Self {
        Self::raw(vec![b' '; size])
    }

    /// A 200 with these bytes.
    pub(crate) fn raw(body: impl Into<Vec<u8>>) -> Self {
        Self::Answer {
            status: 200,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.into(),
        }
    }

    /// An error envelope.
    pub(crate) fn refusal(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &envelope(code, message))
    }

    /// The HTML page of a proxy.
    pub(crate) fn html(status: u16) -> Self {
        Self::Answer {
            status,
            headers: vec![("content-type".into(), "text/html".into())],
            body: b"<!doctype html><title>Gateway</title>".to_vec(),
        }
    }

    /// A redirect.
    pub(crate) fn redirect(location: &str) -> Self {
        Self::json(302, &json!({})).header("location", location)
    }

    /// Whether wiremock can do this; if not, only a raw server can.
    pub(super) fn is_http(&self) -> bool {
        !matches!(self, Self::Half(_) | Self::Garbage)
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name.into(), value.into()));
        }
        self
    }
}
