//! One request and its answer, as plain values.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::HttpError;
use crate::secret::Secret;

/// Whether a request may be sent a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retry {
    /// Only once: a second one could do harm, or the caller retries in its own way.
    #[default]
    Never,
    /// Only if the server cannot have acted on it: it refused the connection, or answered 429.
    Unprocessed,
    /// A repetition is harmless: the request changes nothing, or carries an idempotency key.
    Safe,
}

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// Without a body.
    Get,
    /// With a JSON body.
    #[default]
    Post,
}

impl Method {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// One request: a `POST` of JSON, or a `GET`.
#[derive(Default)]
pub struct Call<'a> {
    pub method: Method,
    /// A path of the wire: `/api/v1/…`.
    pub path: &'a str,
    /// The access token. A session sets it.
    pub bearer: Option<Secret>,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Whether `body` is compressed with gzip.
    pub gzip: bool,
    /// The limit of one attempt, within the deadline.
    pub attempt_timeout: Option<Duration>,
    pub retry: Retry,
}

impl<'a> Call<'a> {
    /// A `GET`. It changes nothing, so it may be repeated.
    pub fn get(path: &'a str) -> Self {
        Self {
            method: Method::Get,
            path,
            retry: Retry::Safe,
            ..Self::default()
        }
    }

    /// A call with this body, sent once.
    pub(crate) fn json(path: &'a str, body: &impl Serialize) -> Result<Self, HttpError> {
        Ok(Self {
            path,
            body: serde_json::to_vec(body).map_err(HttpError::Encoding)?,
            ..Self::default()
        })
    }
}

/// The server's answer, whatever its status. A redirect is an error instead.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// How long the server asks to wait: `retry_after_seconds` of its envelope, else `Retry-After`.
    pub retry_after: Option<Duration>,
    pub body: Vec<u8>,
    /// What the server calls this request in its own log, safe to show.
    pub request_id: Option<String>,
    /// Whether an earlier attempt of the same request ended without a definite answer, so that the
    /// server may have acted on it whatever this answer says.
    pub uncertain: bool,
}

impl Answer {
    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl fmt::Debug for Call<'_> {
    /// Omits the body, which may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Answer {
    /// Omits the body, which may contain tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("retry_after", &self.retry_after)
            .finish_non_exhaustive()
    }
}
