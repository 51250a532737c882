//! The state that all handlers share, and the limits for requests.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::api_error::ApiError;
use super::client_address::Proxies;
use super::live::Live;
use super::personal::PersonalUser;
use super::rate_limit::RateLimit;
use super::server::{MAX_OF_ONE_ADDRESS, ServeOptions};
use super::shares::Shares;
use super::store::{ProjectMapping, ProjectName, SessionOwner, Store};
use crate::wire::{PROVIDER_NAME, Provider};
use crate::world::World;

/// How many wrong passwords a minute are allowed for one user name from one address.
const WRONG_PASSWORDS_PER_MINUTE: u32 = 60;
/// How many passwords are checked in parallel. Each check takes 19 MiB and one processor.
const PARALLEL_PASSWORD_CHECKS: usize = 2;
/// How many passwords are checked or wait for that.
pub(super) const PASSWORD_CHECKS: usize = 64;
/// How many of them can come from one address.
pub(super) const PASSWORD_CHECKS_OF_ONE_ADDRESS: usize = PASSWORD_CHECKS / 4;

/// How many batches of events are in memory.
const BATCHES: usize = 16;
/// How many of them can come from one user.
const BATCHES_OF_ONE_USER: usize = BATCHES / 2;
/// How many batches are unpacked and parsed in parallel.
const PARALLEL_BATCH_CHECKS: usize = 2;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// For each user, and for logins and refreshes from each address.
    pub requests_per_minute: u32,
    /// How long the head of the first request of a connection may take to arrive.
    pub first_head_time: Duration,
    /// How long a connection may be idle, or the head of a later request take to arrive.
    pub head_time: Duration,
    /// How long a request body may take to arrive.
    pub body_time: Duration,
    /// How long a client may read nothing of a response.
    pub write_time: Duration,
    /// How long a request may take in total.
    pub request_time: Duration,
    /// How long a text search may take.
    pub search_time: Duration,
    /// How long the server may take to stop; running requests have most of it.
    pub stopping_time: Duration,
}

impl Limits {
    /// The default of [`Limits::requests_per_minute`].
    pub(crate) const REQUESTS_PER_MINUTE: u32 = 3_000;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_minute: Self::REQUESTS_PER_MINUTE,
            first_head_time: Duration::from_secs(5),
            head_time: Duration::from_secs(30),
            body_time: Duration::from_secs(20),
            write_time: Duration::from_secs(10),
            request_time: Duration::from_secs(30),
            search_time: Duration::from_secs(3),
            stopping_time: Duration::from_secs(10),
        }
    }
}

#[derive(Debug)]
pub(super) struct App {
    pub world: World,
    pub store: Store,
    pub live: Live,
    /// The user of a personal control plane.
    pub personal: Option<PersonalUser>,
    /// By user.
    pub requests: RateLimit<i64>,
    /// Logins and refreshes.
    pub logins: RateLimit<IpAddr>,
    /// By the hash of the user name and the address of the client.
    pub wrong_passwords: RateLimit<([u8; 32], Option<IpAddr>)>,
    pub password_checks: Arc<Semaphore>,
    /// For checks and those that wait for one.
    pub password_places: Semaphore,
    pub password_shares: Arc<Shares<IpAddr>>,
    pub batches: Semaphore,
    /// By user.
    pub batch_shares: Arc<Shares<i64>>,
    pub batch_checks: Arc<Semaphore>,
    /// For requests in progress: a proxy has connections for many addresses.
    pub request_shares: Arc<Shares<IpAddr>>,
    /// One check of the store at a time leaves connections of it for everything else.
    pub health_check: Semaphore,
    pub proxies: Proxies,
    pub limits: Limits,
    /// Numbers the requests in the log.
    pub request_count: AtomicU64,
}

impl App {
    pub(super) fn new(
        world: World,
        store: Store,
        personal: Option<PersonalUser>,
        options: &ServeOptions,
    ) -> Self {
        Self {
            live: Live::new(&world, options.data.clone()),
            world,
            store,
            personal,
            requests: RateLimit::per_minute(options.limits.requests_per_minute),
            logins: RateLimit::per_minute(options.limits.requests_per_minute),
            wrong_passwords: RateLimit::per_minute(WRONG_PASSWORDS_PER_MINUTE),
            password_checks: Arc::new(Semaphore::new(PARALLEL_PASSWORD_CHECKS)),
            password_places: Semaphore::new(PASSWORD_CHECKS),
            password_shares: Shares::of_each(PASSWORD_CHECKS_OF_ONE_ADDRESS),
            batches: Semaphore::new(BATCHES),
            batch_shares: Shares::of_each(BATCHES_OF_ONE_USER),
            batch_checks: Arc::new(Semaphore::new(PARALLEL_BATCH_CHECKS)),
            request_shares: Shares::of_each(MAX_OF_ONE_ADDRESS),
            health_check: Semaphore::new(1),
            proxies: options.proxies.clone(),
            limits: options.limits,
            request_count: AtomicU64::new(0),
        }
    }

    pub(super) fn no_mapping(&self, provider: Provider, name: ProjectName<'_>) -> ApiError {
        ApiError::no_mapping(provider, name, self.personal.is_some())
    }

    /// Finds the project of a request. It must be mapped to the requested provider, and the user
    /// must be linked to that provider. A binding reference takes precedence over a slug.
    pub(super) async fn project(
        &self,
        caller: &SessionOwner,
        provider: &str,
        slug: Option<&str>,
        binding_ref: Option<&str>,
    ) -> Result<ProjectMapping, ApiError> {
        let provider = self::provider(provider)?;
        let name = ProjectName::new(slug, binding_ref).ok_or_else(|| {
            let message = "project_slug, binding_ref: one is required";
            ApiError::Invalid(message.to_owned())
        })?;
        let project = self.store.project(name).await?;
        let project = project
            .filter(|project| project.provider == provider.as_str())
            .ok_or_else(|| self.no_mapping(provider, name))?;
        if self.store.is_linked(caller.user_id, provider).await? {
            Ok(project)
        } else {
            let user = caller.user_name.clone();
            Err(ApiError::AccountNotLinked { provider, user })
        }
    }
}

/// The provider of a request.
pub(super) fn provider(name: &str) -> Result<Provider, ApiError> {
    name.parse()
        .map_err(|_| ApiError::Invalid(format!("provider: {PROVIDER_NAME}")))
}

/// Refuses a limit that no page can have.
pub(super) fn check_limit(limit: u32) -> Result<(), ApiError> {
    if (1..=100).contains(&limit) {
        return Ok(());
    }
    Err(ApiError::Invalid("limit: must be from 1 to 100".to_owned()))
}
