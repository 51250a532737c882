//! What a handler needs of a request, taken in an order that costs a stranger most: the session
//! before the body, the size of the body before its meaning.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use hyper::body::Frame;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::app::App;
use super::refusal::Refusal;
use super::store::{SessionOwner, TokenHash};
use crate::secret::Secret;
use crate::wire::TEAM_SLUG;

/// The most bytes of a JSON document in any request but a batch of events.
pub(super) const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;

/// The caller, once the session, the team and the rate limit are checked.
#[derive(Debug)]
pub(super) struct Caller(pub SessionOwner);

impl FromRequestParts<App> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let Some(token) = bearer(&parts.headers) else {
            return Err(Refusal::unauthenticated(
                "not_authenticated",
                "this request needs a bearer token",
            ));
        };
        let (hash, now) = (TokenHash::of(&token), app.world.now());
        let Some(mut owner) = app.store.session_of_access(&hash, now).await? else {
            return Err(Refusal::unauthenticated(
                "token_not_valid",
                "the access token is unknown or expired",
            ));
        };
        let span = tracing::Span::current();
        span.record("session", owner.session_id);
        span.record("user", owner.user_id);
        app.requests
            .take(owner.session_id, app.world.instant())
            .map_err(Refusal::rate_limited)?;
        if let Some(named) = team(&parts.headers)?.filter(|team| *team != owner.team_slug) {
            let team = app.store.team_of_user(owner.user_id, Some(named)).await?;
            (owner.team_id, owner.team_slug) = team.ok_or_else(not_in_team)?;
        }
        Ok(Self(owner))
    }
}

/// A 403 for a team that the user is not in, or that does not exist: the caller learns no more.
pub(super) fn not_in_team() -> Refusal {
    Refusal::new(
        StatusCode::FORBIDDEN,
        "not_in_team",
        "you are not a member of the team that the request names",
    )
}

/// The team that a request names.
pub(super) fn team(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    headers
        .get(TEAM_SLUG)
        .map(|value| value.to_str().map_err(|_| not_in_team()))
        .transpose()
}

fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| Secret::new(token.trim()))
}

/// A JSON body.
#[derive(Debug)]
pub(super) struct Document<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Document<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        if content_encoding(request.headers())? != Encoding::Plain {
            return Err(unsupported_encoding());
        }
        let bytes = read(app, request.into_body(), MAX_DOCUMENT_BYTES).await?;
        parse(&bytes).map(Self)
    }
}

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As it is.
    Plain,
    /// With gzip.
    Gzip,
}

/// How the body of a request with these headers is packed.
pub(super) fn content_encoding(headers: &HeaderMap) -> Result<Encoding, Refusal> {
    match headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None => Ok(Encoding::Plain),
        Some(name) if name.eq_ignore_ascii_case(b"identity") => Ok(Encoding::Plain),
        Some(name) if name.eq_ignore_ascii_case(b"gzip") => Ok(Encoding::Gzip),
        Some(_) => Err(unsupported_encoding()),
    }
}

fn unsupported_encoding() -> Refusal {
    Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_encoding",
        "this request cannot be sent with that Content-Encoding",
    )
}

/// 413.
pub(super) fn too_large(what: &str) -> Refusal {
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", what)
}

/// Reads a body of at most `limit` bytes.
pub(super) async fn read(app: &App, mut body: Body, limit: usize) -> Result<Vec<u8>, Refusal> {
    let reading = async {
        let mut kept = Vec::new();
        while let Some(chunk) = next_chunk(&mut body).await? {
            if kept.len() + chunk.len() > limit {
                return Err(too_large(&format!("the body is larger than {limit} bytes")));
            }
            kept.extend_from_slice(&chunk);
        }
        Ok(kept)
    };
    tokio::time::timeout(app.limits.body_time, reading)
        .await
        .unwrap_or_else(|_| {
            Err(Refusal::new(
                StatusCode::REQUEST_TIMEOUT,
                "body_too_slow",
                "the body took too long to arrive",
            ))
        })
}

/// A body of which whoever made it can read what the handler left: a client that is cut off while
/// it still writes does not get to see the answer.
#[derive(Debug, Clone)]
pub(super) struct SharedBody(Arc<Mutex<Body>>);

impl SharedBody {
    /// Shares a body.
    pub(super) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(body)))
    }

    /// Reads some more of it, and throws that away.
    pub(super) async fn discard(self, most_time: Duration) {
        const MOST_BYTES: usize = 32 * 1024 * 1024;
        const MOST_TIME: Duration = Duration::from_secs(2);
        let (mut body, mut seen) = (Body::new(self), 0);
        let reading = async {
            while let Ok(Some(chunk)) = next_chunk(&mut body).await
                && seen < MOST_BYTES
            {
                seen += chunk.len();
            }
        };
        drop(tokio::time::timeout(most_time.min(MOST_TIME), reading).await);
    }
}

impl HttpBody for SharedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(context)
    }
}

async fn next_chunk(body: &mut Body) -> Result<Option<Bytes>, Refusal> {
    loop {
        let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
        match frame.map(|frame| frame.map(Frame::into_data)) {
            None => return Ok(None),
            Some(Ok(Ok(data))) => return Ok(Some(data)),
            Some(Ok(Err(_trailers))) => {}
            Some(Err(_)) => return Err(bad_body("the body could not be read")),
        }
    }
}

/// 400.
pub(super) fn bad_body(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "bad_request", message)
}

/// Reads JSON: 400 where it is none, 422 where it is not what was asked for.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let parsed = serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Data => Refusal::invalid(error.to_string()),
        Category::Io | Category::Syntax | Category::Eof => {
            bad_body(format!("the body is not JSON: {error}"))
        }
    })?;
    // serde takes a list of the right length for an object.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Refusal::invalid("the body must be a JSON object"));
    }
    Ok(parsed)
}
