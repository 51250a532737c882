//! The routes of the API, and the layer around all of them.

mod bind;
mod events;
mod list;
mod me;
mod search;
mod session;
mod tracker_status;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde_json::{Value, json};
use tracing::Instrument as _;
use tracing::field::Empty;

use super::api_error::ApiError;
use super::app::App;
use super::client_address::ClientAddress;
use super::connections::Place;
use super::extract::SharedBody;
use crate::wire::{
    BIND_ORIGIN_PATH, EVENTS_PATH, LIST_TICKETS_PATH, ME_PATH, REFRESH_PATH, SEARCH_ISSUES_PATH,
    TOKEN_PATH, TRACKER_STATUS_PATH, UNBIND_ORIGIN_PATH,
};

const HEALTH_PATH: &str = "/healthz";
const PATHS: [&str; 10] = [
    TOKEN_PATH,
    REFRESH_PATH,
    SEARCH_ISSUES_PATH,
    LIST_TICKETS_PATH,
    BIND_ORIGIN_PATH,
    UNBIND_ORIGIN_PATH,
    TRACKER_STATUS_PATH,
    ME_PATH,
    EVENTS_PATH,
    HEALTH_PATH,
];

pub(super) fn router(app: &Arc<App>) -> Router {
    let router = Router::new()
        .route(TOKEN_PATH, post(session::log_in))
        .route(REFRESH_PATH, post(session::refresh))
        .route(SEARCH_ISSUES_PATH, post(search::search))
        .route(BIND_ORIGIN_PATH, post(bind::bind))
        .route(EVENTS_PATH, post(events::receive));
    // Other clients send these with or without a slash at the end.
    let router = [
        (UNBIND_ORIGIN_PATH, post(bind::unbind)),
        (LIST_TICKETS_PATH, post(list::list)),
        (TRACKER_STATUS_PATH, get(tracker_status::status)),
        (ME_PATH, get(me::me)),
    ]
    .into_iter()
    .fold(router, |router, (path, handler)| {
        let path = path.trim_end_matches('/');
        router
            .route(path, handler.clone())
            .route(&format!("{path}/"), handler)
    });
    router
        .route(HEALTH_PATH, get(healthz))
        .fallback(async || ApiError::NoSuchPath)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(middleware::from_fn_with_state(
            Arc::clone(app),
            limit_and_log,
        ))
        .with_state(Arc::clone(app))
}

async fn healthz(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    let one = app.health_check.acquire().await;
    let _one = one.map_err(|_| ApiError::Internal)?;
    app.store.ping().await?;
    Ok(Json(json!({"status": "ok"})))
}

/// Limits the time of a request and how many one address has in progress, and logs ids, path and
/// status. The answer says its id in the log. Titles, tokens, passwords and unknown paths (which can contain any of these) are never
/// logged.
async fn limit_and_log(
    State(app): State<Arc<App>>,
    Extension(place): Extension<Arc<Place>>,
    ClientAddress(address): ClientAddress,
    request: Request,
    next: Next,
) -> Response {
    if place.has_asked() {
        // hyper answers up to 16 pipelined requests before it lets other connections go on.
        tokio::task::yield_now().await;
    }
    place.works();
    let started = app.world.instant();
    let requested = request.uri().path().trim_end_matches('/');
    let path = PATHS
        .into_iter()
        .find(|path| path.trim_end_matches('/') == requested);
    let id = app.request_count.fetch_add(1, Ordering::Relaxed);
    let span = tracing::info_span!(
        "request",
        id,
        method = %request.method(),
        path = path.unwrap_or("-"),
        session = Empty,
        user = Empty,
    );
    let (parts, body) = request.into_parts();
    let body = SharedBody::new(body, Arc::clone(&place));
    let request = Request::from_parts(parts, Body::new(body.clone()));
    async {
        let share = address.map(|address| app.request_shares.take(address));
        let answer = async {
            let response = match share {
                Some(None) => ApiError::RateLimited(Duration::from_secs(1)).into_response(),
                _ => next.run(request).await,
            };
            body.drain(app.limits.body_time).await;
            response
        };
        let mut response = tokio::time::timeout(app.limits.request_time, answer)
            .await
            .unwrap_or_else(|_| ApiError::TooSlow.into_response());
        response.headers_mut().insert("x-request-id", id.into());
        let elapsed = app.world.instant().duration_since(started);
        tracing::info!(
            status = response.status().as_u16(),
            milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            "answered"
        );
        place.waits();
        response
    }
    .instrument(span)
    .await
}
