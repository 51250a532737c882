//! What every request is answered from, and what bounds it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::Semaphore;

use super::rate_limit::RateLimit;
use super::refusal::Refusal;
use super::store::{Project, ProjectReference, Store};
use crate::wire::Provider;
use crate::world::World;

/// How often a minute a password may be tried for one user name.
const LOGINS_PER_MINUTE: u32 = 60;
/// How many passwords are checked at once: each takes 19 MiB and a processor.
const PASSWORDS_AT_ONCE: usize = 2;

/// What bounds every request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Requests a session may make in a minute.
    pub requests_per_minute: u32,
    /// How long the head of a request may take to arrive, or a connection be idle.
    pub head_time: Duration,
    /// How long a body may take to arrive.
    pub body_time: Duration,
    /// How long a request may take in all.
    pub request_time: Duration,
    /// How long requests that are under way may take once the server is told to stop.
    pub stopping_time: Duration,
}

impl Limits {
    /// What a session may ask in a minute unless the operator says otherwise.
    pub(crate) const REQUESTS_PER_MINUTE: u32 = 3_000;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_minute: Self::REQUESTS_PER_MINUTE,
            head_time: Duration::from_secs(30),
            body_time: Duration::from_secs(20),
            request_time: Duration::from_secs(30),
            stopping_time: Duration::from_secs(10),
        }
    }
}

/// What every handler works on.
#[derive(Debug, Clone)]
pub(super) struct App(Arc<Shared>);

/// The parts of an [`App`].
#[derive(Debug)]
pub(super) struct Shared {
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
    pub(super) fn new(world: World, store: Store, limits: Limits) -> Self {
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

    /// A number for the log.
    pub(super) fn next_request(&self) -> u64 {
        self.request_count.fetch_add(1, Ordering::Relaxed)
    }

    /// The project that a request means, if it is mapped to the provider the request names and
    /// the user may act for that provider.
    pub(super) async fn project(
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
