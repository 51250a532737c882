//! One request and its answer, as plain values.

use std::cell::Cell;
use std::fmt;
use std::time::Duration;

use crate::secret::Secret;

/// Whether a request may be sent a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retry {
    /// Once only: a second one could do harm, or the caller has its own way to try again.
    #[default]
    Never,
    /// Only where the server surely did nothing: it refused the connection, or asked to wait (429).
    Unprocessed,
    /// Repeating it is harmless: it changes nothing, or carries an idempotency key.
    Safe,
}

/// A `POST` of JSON.
#[derive(Default)]
pub struct Call<'a> {
    /// One of the wire's paths.
    pub path: &'a str,
    /// The access token.
    pub bearer: Option<Secret>,
    /// More headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body, as it is sent.
    pub body: Vec<u8>,
    /// Whether `body` is gzip already.
    pub gzip: bool,
    /// The most one attempt may take, within the deadline.
    pub attempt_timeout: Option<Duration>,
    /// Whether it may be repeated.
    pub retry: Retry,
    /// Set once it is repeated after an attempt that may have been acted on without a definite
    /// answer: whatever a later one is told, that one may have done its work.
    pub uncertain: Cell<bool>,
}

/// What the server answered, whatever its status; redirects are errors instead.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// How long it asks to wait: its envelope's `retry_after_seconds`, else its `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Call<'_> {
    /// Leaves the body out: it may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("path", &self.path)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Answer {
    /// Leaves the body out: it may hold tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("retry_after", &self.retry_after)
            .finish_non_exhaustive()
    }
}
