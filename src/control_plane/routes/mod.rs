//! The wire of DESIGN §5 over the store: one file a group of paths.

mod bind;
mod events;
mod search;
mod session;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use super::extract::SharedBody;
use super::rate_limit::RateLimit;
use super::refusal::Refusal;
use super::server::Limits;
use super::store::{Project, ProjectReference, Store};
use crate::wire::{
    BIND_ORIGIN_PATH, EVENTS_PATH, Provider, REFRESH_PATH, SEARCH_ISSUES_PATH, TOKEN_PATH,
};
use crate::world::World;

/// How often a minute a password may be tried for one user name.
const LOGINS_PER_MINUTE: u32 = 60;
/// How many passwords are checked at once: each takes 19 MiB and a processor.
const PASSWORDS_AT_ONCE: usize = 2;

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

/// What every handler works on.
#[derive(Debug, Clone)]
pub struct App(Arc<Shared>);

/// The parts of an [`App`].
#[derive(Debug)]
pub struct Shared {
    /// The clock and entropy.
    pub world: World,
    /// What is remembered.
    pub store: Store,
    /// Requests by session.
    pub requests: RateLimit<i64>,
    /// Passwords tried by the hash of a user name.
    pub logins: RateLimit<[u8; 32]>,
    /// Who may check a password now.
    pub passwords: Arc<Semaphore>,
    /// How much, and how long.
    pub limits: Limits,
    request_count: AtomicU64,
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    /// An application over a store.
    pub fn new(world: World, store: Store, limits: Limits) -> Self {
        Self(Arc::new(Shared {
            world,
            store,
            requests: RateLimit::per_minute(limits.requests_per_minute),
            logins: RateLimit::per_minute(LOGINS_PER_MINUTE),
            passwords: Arc::new(Semaphore::new(PASSWORDS_AT_ONCE)),
            limits,
            request_count: AtomicU64::new(0),
        }))
    }

    /// The project that a request means, if it is mapped to the provider the request names and
    /// the user may act for that provider.
    async fn project(
        &self,
        user: i64,
        provider: &str,
        (slug, binding_ref): (Option<&str>, Option<&str>),
    ) -> Result<Project, Refusal> {
        let provider: Provider = provider
            .parse()
            .map_err(|_| Refusal::invalid("provider: must be \"jira\" or \"linear\""))?;
        let reference = match (slug, binding_ref) {
            (_, Some(binding_ref)) if !binding_ref.is_empty() => {
                ProjectReference::Binding(binding_ref)
            }
            (Some(slug), _) if !slug.is_empty() => ProjectReference::Slug(slug),
            _ => {
                let message = "one of project_slug and binding_ref is required";
                return Err(Refusal::invalid(message));
            }
        };
        let project = self.store.project(reference).await?;
        let Some(project) = project.filter(|project| project.provider == provider.as_str()) else {
            let name = slug.or(binding_ref).unwrap_or_default();
            let message = format!(
                "no {} resource is mapped to project {name:?}",
                provider.title()
            );
            return Err(Refusal::new(StatusCode::NOT_FOUND, "no_mapping", message));
        };
        if !self.store.is_linked(user, provider).await? {
            let message = format!("your account is not linked to {}", provider.title());
            return Err(
                Refusal::new(StatusCode::FORBIDDEN, "account_not_linked", message)
                    .user_action_required(),
            );
        }
        Ok(project)
    }
}

/// Every path, with limits and the log around all of them.
pub fn router(app: App) -> Router {
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
    let id = app.request_count.fetch_add(1, Ordering::Relaxed);
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
