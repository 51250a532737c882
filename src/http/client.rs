//! Sends requests, one at a time, within a deadline.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, Response};
use tokio::runtime::Runtime;

use super::retry::History;
use super::{Answer, Call, Cause, Deadline, HttpError, Method, ServerUrl, SetupError};
use crate::web::{describe_call, describe_wait, request_id, set_up};
use crate::wire::MAX_ANSWER_BYTES;
use crate::wire::error_envelope::ErrorEnvelope;
use crate::world::World;

/// A longer wait is announced.
const SILENT_WAIT: Duration = Duration::from_secs(2);

/// A client of one server.
#[derive(Debug)]
pub struct HttpClient {
    server: ServerUrl,
    library: reqwest::Client,
    /// `None` only during `drop`.
    runtime: Option<Runtime>,
}

impl HttpClient {
    /// Prepares a client without connecting.
    pub fn new(world: &World, server: ServerUrl) -> Result<Self, HttpError> {
        // The client sends one request at a time, so the current thread is enough.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| SetupError::library(&error));
        match runtime.and_then(|runtime| Ok((runtime, set_up(world, &server)?))) {
            Ok((runtime, library)) => Ok(Self {
                server,
                library,
                runtime: Some(runtime),
            }),
            Err(source) => Err(HttpError::Setup { server, source }),
        }
    }

    pub fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// Sends one request, and repeats it as [`Call::retry`] allows and the deadline permits.
    pub fn send(
        &self,
        world: &World,
        deadline: &Deadline,
        call: &Call<'_>,
    ) -> Result<Answer, HttpError> {
        if !world.network_allowed() {
            return Err(HttpError::NetworkDisabled);
        }
        let mut history = History::default();
        let mut uncertain = false;
        loop {
            let result = self.attempt(world, deadline, call);
            // Without random bytes, all clients wait equally long, which is still correct.
            let jitter = world.try_random().map_or(0, |[jitter]| jitter);
            let remaining = deadline.remaining(world);
            let Some(wait) = history.next_wait(call.retry, &result, remaining, jitter) else {
                return match result {
                    Ok(answer) => Ok(Answer {
                        uncertain,
                        ..answer
                    }),
                    Err(error) if uncertain && !error.may_have_arrived() => {
                        Err(HttpError::Repeated(Box::new(error)))
                    }
                    Err(error) => Err(error),
                };
            };
            uncertain |= match &result {
                Ok(answer) => answer.status >= 500,
                Err(error) => error.may_have_arrived(),
            };
            if wait > SILENT_WAIT {
                world.announce(&reason_to_wait(&result, wait));
            }
            tracing::debug!("{}", describe_wait(&reason(&result), wait));
            world.sleep(wait);
        }
    }

    fn attempt(
        &self,
        world: &World,
        deadline: &Deadline,
        call: &Call<'_>,
    ) -> Result<Answer, HttpError> {
        let timed_out = |sent| {
            let server = self.server.clone();
            HttpError::TimedOut { server, sent }
        };
        let longest = call.attempt_timeout.unwrap_or(Duration::MAX);
        let limit = deadline.remaining(world).min(longest);
        let Some(runtime) = self.runtime.as_ref().filter(|_| !limit.is_zero()) else {
            return Err(timed_out(false));
        };
        let request = self.request(call)?;
        let url = self.server.endpoint(call.path);
        let start = world.instant();
        let result = runtime.block_on(async {
            // A timer must be created inside the runtime.
            let exchange = tokio::time::timeout(limit, self.exchange(world, request));
            exchange.await.unwrap_or_else(|_| Err(timed_out(true)))
        });
        let taken = world.instant().duration_since(start);
        let end = match &result {
            Ok(answer) => Ok((answer.status, answer.request_id.as_deref())),
            Err(error) => Err(error.to_string()),
        };
        tracing::debug!("{}", describe_call(call.method.as_str(), &url, end, taken));
        result
    }

    fn request(&self, call: &Call<'_>) -> Result<RequestBuilder, HttpError> {
        let url = self.server.endpoint(call.path);
        let request = match call.method {
            Method::Get => self.library.get(url),
            Method::Post => {
                let request = self.library.post(url).body(call.body.clone());
                request.header(CONTENT_TYPE, "application/json")
            }
        };
        let mut request = request.header(ACCEPT, "application/json");
        if call.gzip {
            request = request.header(CONTENT_ENCODING, "gzip");
        }
        if let Some(token) = &call.bearer {
            request = request.bearer_auth(token.expose());
        }
        for (name, value) in &call.headers {
            let value = HeaderValue::from_str(value).map_err(|_| HttpError::Setup {
                server: self.server.clone(),
                source: SetupError::Other(format!("invalid value for the {name} header")),
            })?;
            request = request.header(*name, value);
        }
        Ok(request)
    }

    async fn exchange(&self, world: &World, request: RequestBuilder) -> Result<Answer, HttpError> {
        let mut response = request.send().await.map_err(|error| self.failed(&error))?;
        let status = response.status().as_u16();
        if response.status().is_redirection() {
            let server = self.server.clone();
            return Err(HttpError::Redirect { server, status });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.cut(&error))? {
            if (body.len() + chunk.len()) as u64 > MAX_ANSWER_BYTES {
                let server = self.server.clone();
                return Err(HttpError::TooLarge { server });
            }
            body.extend_from_slice(&chunk);
        }
        let retry_after = wanted_wait(world, &response, &body);
        Ok(Answer {
            status,
            retry_after,
            body,
            request_id: request_id(response.headers()),
            uncertain: false,
        })
    }

    fn failed(&self, error: &reqwest::Error) -> HttpError {
        let server = self.server.clone();
        if error.is_builder() {
            let source = SetupError::library(error);
            return HttpError::Setup { server, source };
        }
        if !error.is_connect() {
            return self.cut(error);
        }
        HttpError::Unreachable {
            server,
            refused: is_refused(error),
            source: Cause::innermost(error),
        }
    }

    fn cut(&self, error: &reqwest::Error) -> HttpError {
        let (server, source) = (self.server.clone(), Cause::innermost(error));
        HttpError::Cut { server, source }
    }
}

impl Drop for HttpClient {
    /// Does not wait for a pending DNS lookup: the deadline has passed.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Whether the connection was refused or reset before it was established.
fn is_refused(error: &reqwest::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    let first: &(dyn std::error::Error + 'static) = error;
    std::iter::successors(Some(first), |&error| error.source())
        .filter_map(|error| Some(error.downcast_ref::<std::io::Error>()?.kind()))
        .any(|kind| {
            matches!(
                kind,
                ConnectionAborted | ConnectionRefused | ConnectionReset
            )
        })
}

fn reason_to_wait(result: &Result<Answer, HttpError>, wait: Duration) -> String {
    let seconds = wait.as_secs();
    format!("{}; trying again in {seconds} s", reason(result))
}

fn reason(result: &Result<Answer, HttpError>) -> String {
    match result {
        Ok(answer) if answer.status == 429 => "rate limited".to_owned(),
        Ok(answer) => format!("server busy (HTTP {})", answer.status),
        Err(error) => error.to_string(),
    }
}

/// The wait that a refusal asks for: from the envelope, else from the header in seconds or as a date.
fn wanted_wait(world: &World, response: &Response, body: &[u8]) -> Option<Duration> {
    let status = response.status().as_u16();
    if !matches!(status, 429 | 500..=599) {
        return None;
    }
    let envelope = ErrorEnvelope::parse(status, body).retry_after_seconds;
    let seconds = envelope.or_else(|| {
        let header = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
        header.parse().ok().or_else(|| {
            let date = chrono::DateTime::parse_from_rfc2822(header).ok()?;
            let left = date.signed_duration_since(world.now()).num_seconds();
            Some(left.max(0).unsigned_abs())
        })
    });
    seconds.map(Duration::from_secs)
}
