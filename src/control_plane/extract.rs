//! What handlers take from a request. Cheap checks come first: the session before the body, the
//! size of the body before its content.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::api_error::ApiError;
use super::app::App;
use super::connections::Place;
use super::store::{SessionOwner, TokenHash};
use crate::secret::Secret;
use crate::wire::TEAM_SLUG;

/// The largest JSON document, except for a batch of events.
const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;
/// The largest JSON document of somebody who has no session yet, as anybody can send one over each
/// connection.
const MAX_CREDENTIALS_BYTES: usize = 64 * 1024;

/// The caller, after the checks of session, rate limit and team.
#[derive(Debug)]
pub(super) struct Caller(pub SessionOwner);

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers).ok_or(ApiError::NotAuthenticated)?;
        let (hash, now) = (TokenHash::of(&token), app.world.now());
        if let Some(personal) = app.personal.as_ref().filter(|it| it.token == hash) {
            return Ok(Self(personal.owner.clone()));
        }
        let owner = app.store.session_of_access(&hash, now).await?;
        let mut owner = owner.ok_or(ApiError::AccessTokenNotValid)?;
        let span = tracing::Span::current();
        span.record("session", owner.session_id);
        span.record("user", owner.user_id);
        app.requests
            .take(1, owner.user_id, app.world.instant())
            .map_err(ApiError::RateLimited)?;
        let other_team = requested_team(&parts.headers)?.filter(|team| *team != owner.team_slug);
        if let Some(team) = other_team {
            let team = app.store.team_of_user(owner.user_id, Some(team)).await?;
            (owner.team_id, owner.team_slug) = team.ok_or(ApiError::NotInTeam)?;
        }
        Ok(Self(owner))
    }
}

pub(super) fn requested_team(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let team = headers.get(TEAM_SLUG).map(HeaderValue::to_str);
    team.transpose().map_err(|_| ApiError::NotInTeam)
}

fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| Secret::new(token.trim()))
}

/// An uncompressed JSON body.
#[derive(Debug)]
pub(super) struct Document<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Document<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        document(app, request, MAX_DOCUMENT_BYTES).await.map(Self)
    }
}

/// The [`Document`] of a login or refresh.
#[derive(Debug)]
pub(super) struct Credentials<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Credentials<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let credentials = document(app, request, MAX_CREDENTIALS_BYTES).await;
        credentials.map(Self)
    }
}

async fn document<T: DeserializeOwned>(
    app: &App,
    request: Request,
    limit: usize,
) -> Result<T, ApiError> {
    if is_gzip(request.headers())? {
        return Err(ApiError::UnsupportedEncoding);
    }
    let bytes = read(app, request.into_body(), limit).await?;
    parse(&bytes)
}

/// Whether the body is compressed with gzip.
pub(super) fn is_gzip(headers: &HeaderMap) -> Result<bool, ApiError> {
    match headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None => Ok(false),
        Some(name) if name.eq_ignore_ascii_case(b"identity") => Ok(false),
        Some(name) if name.eq_ignore_ascii_case(b"gzip") => Ok(true),
        Some(_) => Err(ApiError::UnsupportedEncoding),
    }
}

/// Reads a body of at most `limit` bytes.
pub(super) async fn read(app: &App, mut body: Body, limit: usize) -> Result<Vec<u8>, ApiError> {
    let reading = async {
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| ApiError::BadBody("could not be read".to_owned()))?;
            let Ok(chunk) = frame.into_data() else {
                continue;
            };
            if bytes.len() + chunk.len() > limit {
                let message = format!("the request body is larger than {limit} bytes");
                return Err(ApiError::TooLarge(message));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    };
    tokio::time::timeout(app.limits.body_time, reading)
        .await
        .unwrap_or(Err(ApiError::BodyTooSlow))
}

/// A request body that can be drained after the handler returns (lingering close). Without that, a
/// client that is still writing sees a reset connection instead of the response.
#[derive(Debug, Clone)]
pub(super) struct SharedBody {
    body: Arc<Mutex<Body>>,
    /// Waits while more of the body is to come.
    place: Arc<Place>,
}

impl SharedBody {
    pub(super) fn new(body: Body, place: Arc<Place>) -> Self {
        Self {
            body: Arc::new(Mutex::new(body)),
            place,
        }
    }

    /// Reads and drops the rest of the body, up to a limit.
    pub(super) async fn drain(mut self, max_time: Duration) {
        const MAX_BYTES: usize = 32 * 1024 * 1024;
        const MAX_TIME: Duration = Duration::from_secs(2);
        let mut seen = 0;
        let reading = async {
            while seen < MAX_BYTES
                && let Some(Ok(frame)) = self.frame().await
            {
                seen += frame.data_ref().map_or(0, Bytes::len);
            }
        };
        drop(tokio::time::timeout(max_time.min(MAX_TIME), reading).await);
    }
}

impl HttpBody for SharedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut body = self.body.lock().unwrap_or_else(PoisonError::into_inner);
        let frame = Pin::new(&mut *body).poll_frame(context);
        match &frame {
            Poll::Pending => self.place.waits(),
            Poll::Ready(_) => self.place.works(),
        }
        frame
    }
}

/// Parses a JSON object: 400 if the body is not JSON, 422 if it does not fit `T`.
pub(super) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ApiError> {
    let parsed = serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Data => ApiError::Invalid(error.to_string()),
        Category::Io | Category::Syntax | Category::Eof => {
            ApiError::BadBody(format!("is not JSON: {error}"))
        }
    })?;
    // serde accepts an array of the right length for a struct.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        let message = "the request body must be a JSON object";
        return Err(ApiError::Invalid(message.to_owned()));
    }
    Ok(parsed)
}
