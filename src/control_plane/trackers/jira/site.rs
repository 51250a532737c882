//! Calls of a Jira site, and what its answers mean.

use std::time::Instant;

use chrono::TimeDelta;
use serde_json::Value;

use super::super::call::{Caller, Credential, Reply};
use super::super::{Connection, TrackerError, wait};
use crate::web::{ServerUrl, SetupError};
use crate::world::World;

/// A Jira site of any kind, with a credential.
#[derive(Debug, Clone)]
pub(super) struct Site(Caller);

impl Site {
    pub(super) fn new(world: &World, connection: &Connection) -> Result<Self, SetupError> {
        let secret = connection.credential.clone();
        let credential = match &connection.user {
            Some(user) => Credential::Basic(user.clone(), secret),
            None => Credential::Bearer(secret),
        };
        Caller::new(world, connection.url.clone(), credential).map(Self)
    }

    pub(super) fn url(&self) -> &ServerUrl {
        self.0.site()
    }

    pub(super) fn clock_ahead(&self) -> TimeDelta {
        self.0.clock_ahead()
    }

    /// The answer to a `GET`; `None` for a 404 of Jira itself.
    pub(super) async fn find(
        &self,
        deadline: Instant,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Option<Reply>, TrackerError> {
        let reply = self.0.get(deadline, path, query).await?;
        self.accept(reply)
    }

    pub(super) async fn get(
        &self,
        deadline: Instant,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Reply, TrackerError> {
        let reply = self.find(deadline, path, query).await?;
        reply.ok_or_else(not_found)
    }

    pub(super) async fn post(
        &self,
        deadline: Instant,
        path: &str,
        body: &Value,
    ) -> Result<Reply, TrackerError> {
        let reply = self.0.post(deadline, path, body).await?;
        self.accept(reply)?.ok_or_else(not_found)
    }

    /// Sorts an answer by its status and headers; `None` for a 404 of Jira itself. A refused
    /// credential can look like success or absence, but a limit can come before the credential is
    /// read.
    fn accept(&self, reply: Reply) -> Result<Option<Reply>, TrackerError> {
        match reply.status {
            429 => {
                let wait = wait::jira(&reply.headers, self.0.time_of(&reply));
                Err(TrackerError::RateLimited(wait))
            }
            _ if is_anonymous(&reply) => Err(TrackerError::CredentialRefused),
            200..=299 => Ok(Some(reply)),
            401 => Err(TrackerError::CredentialRefused),
            403 => Err(TrackerError::Forbidden(self.words(&reply))),
            404 if reply.json().is_ok() => Ok(None),
            400 if reply.json().is_ok() => Err(TrackerError::QueryRefused(self.words(&reply))),
            status => Err(TrackerError::BadAnswer(format!("HTTP {status}"))),
        }
    }

    /// The messages of an error: `{"errorMessages": […], "errors": {"field": "…"}}`.
    fn words(&self, reply: &Reply) -> String {
        let document = reply.json().unwrap_or_default();
        let messages = document.get("errorMessages").and_then(Value::as_array);
        let messages = messages.into_iter().flatten().filter_map(Value::as_str);
        let fields = document.get("errors").and_then(Value::as_object);
        let fields = fields.into_iter().flatten();
        let fields = fields.filter_map(|(name, text)| Some(format!("{name}: {}", text.as_str()?)));
        let all: Vec<_> = messages.map(str::to_owned).chain(fields).collect();
        if all.is_empty() {
            return format!("HTTP {}", reply.status);
        }
        self.0.words(&all.join("; "))
    }
}

/// Whether Jira served the request without accepting the credential.
fn is_anonymous(reply: &Reply) -> bool {
    let reasons = reply.headers.get_all("x-seraph-loginreason");
    let reasons = reasons.iter().filter_map(|value| value.to_str().ok());
    let mut reasons = reasons.flat_map(|value| value.split(',')).map(str::trim);
    let is_refused = reasons.any(|reason| {
        let reason = reason.to_ascii_uppercase();
        reason.starts_with("AUTHENTICAT") || reason.starts_with("OUT")
    });
    let user = reply.header("x-ausername");
    is_refused || user.is_some_and(|user| user.trim().eq_ignore_ascii_case("anonymous"))
}

fn not_found() -> TrackerError {
    TrackerError::BadAnswer("HTTP 404".to_owned())
}
