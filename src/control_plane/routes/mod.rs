//! The wire of DESIGN §5 over the store: one file a group of paths.

mod bind;
mod events;
mod search;
mod session;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tracing::Instrument as _;

use super::app::App;
use super::extract::SharedBody;
use super::refusal::Refusal;
use crate::wire::{BIND_ORIGIN_PATH, EVENTS_PATH, REFRESH_PATH, SEARCH_ISSUES_PATH, TOKEN_PATH};

const HEALTH_PATH: &str = "/healthz";
/// The paths that may stand in the log.
const PATHS: [&str; 6] = [
    TOKEN_PATH,
    REFRESH_PATH,
    SEARCH_ISSUES_PATH,
    BIND_ORIGIN_PATH,
    EVENTS_PATH,
    HEALTH_PATH,
];

/// Every path, with limits and the log around all of them.
pub(super) fn router(app: App) -> Router {
    Router::new()
        .route(TOKEN_PATH, post(session::log_in))
        .route(REFRESH_PATH, post(session::refresh))
        .route(SEARCH_ISSUES_PATH, post(search::search))
        .route(BIND_ORIGIN_PATH, post(bind::bind))
        .route(EVENTS_PATH, post(events::receive))
        .route(HEALTH_PATH, get(healthz))
        .fallback(async || Refusal::new(StatusCode::NOT_FOUND, "no_such_path", "no such path"))
        .method_not_allowed_fallback(async || {
            let message = "this path does not take that method";
            Refusal::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                message,
            )
        })
        .layer(middleware::from_fn_with_state(app.clone(), around))
        .with_state(app)
}

async fn healthz(State(app): State<App>) -> Result<Response, Refusal> {
    app.store.ping().await?;
    Ok(axum::Json(serde_json::json!({"status": "ok"})).into_response())
}

/// Limits a request's time and logs it: ids, never a title, a token, a password, or a path that
/// is not one of ours.
async fn around(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = app.world.instant();
    let id = app.next_request();
    let path = PATHS.into_iter().find(|path| *path == request.uri().path());
    let path = path.unwrap_or("-");
    let span = tracing::info_span!(
        "request",
        id,
        method = %request.method(),
        path,
        session = tracing::field::Empty,
        user = tracing::field::Empty,
    );
    let (parts, body) = request.into_parts();
    let body = SharedBody::new(body);
    let request = Request::from_parts(parts, Body::new(body.clone()));
    async {
        let answer = async {
            let response = next.run(request).await;
            body.discard(app.limits.body_time).await;
            response
        };
        let response = tokio::time::timeout(app.limits.request_time, answer)
            .await
            .unwrap_or_else(|_| {
                let message = "the request took too long";
                Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_slow", message).into_response()
            });
        let milliseconds = app.world.instant().duration_since(started).as_millis();
        let milliseconds = u64::try_from(milliseconds).unwrap_or(u64::MAX);
        tracing::info!(
            status = response.status().as_u16(),
            milliseconds,
            "answered"
        );
        response
    }
    .instrument(span)
    .await
}
