//! Sends requests to one tracker: bounded in time and size, without redirects, with one retry.

use std::error::Error as _;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, LOCATION,
};
use reqwest::{Client, Request, RequestBuilder, Response, Url};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::TrackerError;
use super::wait::retry_after;
use crate::secret::Secret;
use crate::text::{one_line, truncate};
use crate::web::{Cause, ServerUrl, SetupError, describe_call, describe_wait, request_id, set_up};
use crate::world::World;

/// The largest answer.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// The most characters of a tracker's own words in a message.
const MAX_WORDS: usize = 500;
/// The pause before the retry, unless the tracker names one.
const PAUSE: Duration = Duration::from_millis(250);

/// The target of the lines about calls. The log of `serve` leaves them out, because the path can
/// contain the key of a ticket.
const CALLS: &str = "tracker_calls";

/// How a credential goes into the `Authorization` header.
#[derive(Debug, Clone)]
pub(super) enum Credential {
    /// Without a scheme, as Linear's personal keys.
    Plain(Secret),
    Bearer(Secret),
    Basic(String, Secret),
}

/// A client of one tracker.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    world: World,
    library: Client,
    site: ServerUrl,
    /// Marked as sensitive, so `Debug` hides it.
    authorization: HeaderValue,
    secret: Secret,
    /// By how many seconds the tracker's clock was ahead in its last answer.
    ahead: Arc<AtomicI64>,
}

/// An answer with a status below 500 that is no redirect.
#[derive(Debug)]
pub(super) struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Caller {
    /// Prepares a client without connecting.
    pub(super) fn new(
        world: &World,
        site: ServerUrl,
        credential: Credential,
    ) -> Result<Self, SetupError> {
        let library = set_up(world, &site)?;
        let request = library.get(site.endpoint(""));
        let (request, secret) = match credential {
            Credential::Plain(secret) => (request.header(AUTHORIZATION, secret.expose()), secret),
            Credential::Bearer(secret) => (request.bearer_auth(secret.expose()), secret),
            Credential::Basic(user, secret) => {
                (request.basic_auth(user, Some(secret.expose())), secret)
            }
        };
        let unusable = |_| SetupError::Other("the credential does not fit into a header".into());
        let mut request = request.build().map_err(unusable)?;
        let authorization = request.headers_mut().remove(AUTHORIZATION);
        let mut authorization = authorization.unwrap_or(HeaderValue::from_static(""));
        authorization.set_sensitive(true);
        Ok(Self {
            world: world.clone(),
            library,
            site,
            authorization,
            secret,
            ahead: Arc::default(),
        })
    }

    pub(super) fn site(&self) -> &ServerUrl {
        &self.site
    }

    /// The time of an answer by the tracker's clock, because its limits end by that.
    pub(super) fn time_of(&self, reply: &Reply) -> DateTime<Utc> {
        reply.date().unwrap_or_else(|| self.world.now())
    }

    /// By how much the tracker's clock is ahead of the one of this machine; zero if that is unknown.
    pub(super) fn clock_ahead(&self) -> TimeDelta {
        TimeDelta::seconds(self.ahead.load(Ordering::Relaxed))
    }

    pub(super) async fn get(
        &self,
        deadline: Instant,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Reply, TrackerError> {
        let mut url = self.site.endpoint(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.send(deadline, self.library.get(url)).await
    }

    pub(super) async fn post(
        &self,
        deadline: Instant,
        path: &str,
        body: &Value,
    ) -> Result<Reply, TrackerError> {
        let request = self
            .library
            .post(self.site.endpoint(path))
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string());
        self.send(deadline, request).await
    }

    /// The tracker's own words, safe to show: in one line, cut, without the credential.
    pub(super) fn words(&self, text: &str) -> String {
        let line = one_line(text).replace(self.secret.expose(), "…");
        let header = self.authorization.to_str().unwrap_or_default();
        let encoded = header.rsplit(' ').next().unwrap_or_default();
        let line = match encoded {
            "" => line,
            encoded => line.replace(encoded, "…"),
        };
        truncate(&line, MAX_WORDS).into_owned()
    }

    async fn send(
        &self,
        deadline: Instant,
        request: RequestBuilder,
    ) -> Result<Reply, TrackerError> {
        if !self.world.network_allowed() {
            let reason = "SPEC_KITTY_ENABLE_SAAS_SYNC disables the network";
            return Err(TrackerError::Unavailable(reason.to_owned()));
        }
        let request = request
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, self.authorization.clone())
            .build()
            .map_err(|error| unavailable(&error))?;
        let start = self.world.instant();
        let left = deadline.saturating_duration_since(start);
        let result = timeout(left, self.twice(left, &request)).await;
        let too_late = |_| {
            let error = TrackerError::Unavailable("no answer in time".to_owned());
            self.log_call(&request, start, &Err(&error));
            Err(error)
        };
        let result = result
            .unwrap_or_else(too_late)
            .and_then(|reply| match reply.status {
                500.. => Err(TrackerError::Unavailable(format!("HTTP {}", reply.status))),
                _ => Ok(reply),
            });
        tracing::debug!(
            host = request.url().host_str(),
            status = result.as_ref().ok().map(|reply| reply.status),
            milliseconds = self.world.instant().duration_since(start).as_millis(),
            "tracker called"
        );
        result
    }

    /// Sends the request again if the first try fails in a way that may pass. A try without an answer
    /// after half of the time gets a second one next to it, and the first good answer counts.
    async fn twice(&self, left: Duration, request: &Request) -> Result<Reply, TrackerError> {
        let mut first = pin!(self.exchange(request));
        let Ok(result) = timeout(left / 2, &mut first).await else {
            let mut second = pin!(self.exchange(request));
            return tokio::select! {
                result = &mut first => if may_pass(&result) { second.await } else { result },
                result = &mut second => if may_pass(&result) { first.await } else { result },
            };
        };
        if !may_pass(&result) {
            return result;
        }
        let (pause, reason) = match &result {
            Ok(reply) => {
                let named = retry_after(&reply.headers, self.time_of(reply));
                (named.unwrap_or(PAUSE), format!("HTTP {}", reply.status))
            }
            Err(error) => (PAUSE, error.to_string()),
        };
        // Otherwise the deadline would hide the reason.
        if pause > left / 2 {
            return result;
        }
        tracing::debug!(target: CALLS, "{}", describe_wait(&reason, pause));
        sleep(pause).await;
        self.exchange(request).await
    }

    async fn exchange(&self, request: &Request) -> Result<Reply, TrackerError> {
        let start = self.world.instant();
        let result = self.send_once(request).await;
        self.log_call(request, start, &result.as_ref());
        result
    }

    fn log_call(&self, request: &Request, start: Instant, result: &Result<&Reply, &TrackerError>) {
        let taken = self.world.instant().duration_since(start);
        let id = result.map_or(None, |reply| request_id(&reply.headers));
        let end = match result {
            Ok(reply) => Ok((reply.status, id.as_deref())),
            Err(error) => Err(error.to_string()),
        };
        let line = describe_call(request.method().as_str(), request.url(), end, taken);
        tracing::debug!(target: CALLS, "{line}");
    }

    async fn send_once(&self, request: &Request) -> Result<Reply, TrackerError> {
        // Every body is a string, which can be cloned.
        let again = request.try_clone();
        let again = again.ok_or_else(|| TrackerError::Unavailable("no request".to_owned()))?;
        let sent = self.library.execute(again).await;
        let mut response = sent.map_err(|error| unavailable(&error))?;
        if response.status().is_redirection() {
            return Err(redirect(&response));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| unavailable(&e))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                let reason = "it is larger than 16 MiB";
                return Err(TrackerError::BadAnswer(reason.to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        let reply = Reply {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body,
        };
        let ahead = self.time_of(&reply) - self.world.now();
        self.ahead.store(ahead.num_seconds(), Ordering::Relaxed);
        Ok(reply)
    }
}

impl Reply {
    pub(super) fn json(&self) -> Result<Value, TrackerError> {
        serde_json::from_slice(&self.body).map_err(|_| self.not_json())
    }

    pub(super) fn not_json(&self) -> TrackerError {
        TrackerError::BadAnswer(format!("HTTP {} without JSON", self.status))
    }

    fn date(&self) -> Option<DateTime<Utc>> {
        let date = DateTime::parse_from_rfc2822(self.header(DATE.as_str())?);
        Some(date.ok()?.to_utc())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Whether a second try may have another result.
fn may_pass(result: &Result<Reply, TrackerError>) -> bool {
    match result {
        Ok(reply) => reply.status >= 500,
        Err(error) => matches!(error, TrackerError::Unavailable(_)),
    }
}

/// The error's own text can contain the URL, and thus a ticket key.
fn unavailable(error: &reqwest::Error) -> TrackerError {
    let reason = match error.source() {
        Some(source) => Cause::innermost(source).to_string(),
        None => "the connection failed".to_owned(),
    };
    TrackerError::Unavailable(reason)
}

fn redirect(response: &Response) -> TrackerError {
    let location = response.headers().get(LOCATION);
    let location = location.and_then(|value| value.to_str().ok());
    let target = location.and_then(|location| response.url().join(location).ok());
    let host = target.as_ref().and_then(Url::host_str).unwrap_or("nowhere");
    let status = response.status().as_u16();
    TrackerError::BadAnswer(format!(
        "a redirect to {host} (HTTP {status}), which is not followed"
    ))
}
