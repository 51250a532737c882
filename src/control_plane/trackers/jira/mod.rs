//! Jira: what Jira Cloud and Jira Data Center have in common.

pub(super) mod cloud;
pub(super) mod data_center;
mod issue;
mod jql;

use std::time::Instant;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::call::{Caller, Credential, Reply};
use super::fields::text;
use super::ticket::complete;
use super::{Account, Connection, Resource, Ticket, TrackerError, wait};
use crate::web::SetupError;
use crate::wire::ticket::StatusFilter;
use crate::world::World;

use issue::Issue;

/// The kind of a Jira site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deployment {
    Cloud,
    DataCenter,
}

impl Deployment {
    /// The word in the store and in documents.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::DataCenter => "data_center",
        }
    }

    /// The kind with this word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        let mut all = [Self::Cloud, Self::DataCenter].into_iter();
        all.find(|deployment| deployment.as_str() == word)
    }
}

/// A client of a Jira site.
#[derive(Debug, Clone)]
pub(super) struct Jira(Caller);

impl Jira {
    pub(super) fn new(world: &World, connection: &Connection) -> Result<Self, SetupError> {
        let secret = connection.credential.clone();
        let credential = match &connection.user {
            Some(user) => Credential::Basic(user.clone(), secret),
            None => Credential::Bearer(secret),
        };
        Caller::new(world, connection.url.clone(), credential).map(Self)
    }

    /// Asks the site what it is. Every kind of Jira knows this path.
    pub(super) async fn deployment(&self, deadline: Instant) -> Result<Deployment, TrackerError> {
        let path = "/rest/api/2/serverInfo";
        let info = self.get(deadline, path, &[]).await?.json()?;
        match text(&info, "deploymentType")? {
            "Cloud" => Ok(Deployment::Cloud),
            "Server" | "DataCenter" | "Data Center" => Ok(Deployment::DataCenter),
            _ => Err(TrackerError::field("deploymentType", "is unknown")),
        }
    }

    async fn account(&self, deadline: Instant, path: &str) -> Result<Account, TrackerError> {
        let user = self.get(deadline, path, &[]).await?.json()?;
        let optional = |field| text(&user, field).ok().map(str::to_owned);
        let id = optional("accountId").or_else(|| optional("name"));
        let id = id.or_else(|| optional("key"));
        Ok(Account {
            id: id.ok_or_else(|| TrackerError::field("accountId", "is missing"))?,
            name: text(&user, "displayName")?.to_owned(),
            email: optional("emailAddress"),
        })
    }

    /// Finds an issue by its key. A moved issue is found too.
    async fn find(
        &self,
        deadline: Instant,
        version: u8,
        project: &str,
        key: &str,
    ) -> Result<Option<Ticket>, TrackerError> {
        let path = format!("/rest/api/{version}/issue/{key}");
        let fields = [("fields", issue::FIELDS_WITH_BODY)];
        let reply = self.0.get(deadline, &path, &fields).await?;
        let Some(reply) = self.accept(reply)? else {
            return Ok(None);
        };
        // Errors name the field, so an answer that is no JSON at all is told apart first.
        serde_json::from_slice::<&RawValue>(&reply.body).map_err(|_| reply.not_json())?;
        let issue = Issue::parse(&reply.body)?;
        if !issue.is_in(project)? {
            return Ok(None);
        }
        issue.into_ticket(self.0.site()).map(Some)
    }

    /// The complete tickets of the project among these issues.
    fn tickets(&self, project: &str, issues: &Issues, status: StatusFilter) -> Vec<Ticket> {
        let ticket = |json: &RawValue| {
            let issue = Issue::parse(json.get().as_bytes())?;
            if !issue.is_in(project)? {
                return Ok(None);
            }
            issue.into_ticket(self.0.site()).map(Some)
        };
        let tickets = issues.0.iter().map(|json| ticket(json).transpose());
        let mut tickets = complete(tickets.flatten());
        tickets.retain(|ticket| status.accepts(ticket.status_kind));
        tickets
    }

    async fn get(
        &self,
        deadline: Instant,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Reply, TrackerError> {
        let reply = self.0.get(deadline, path, query).await?;
        self.accept(reply)?.ok_or_else(not_found)
    }

    async fn post(
        &self,
        deadline: Instant,
        path: &str,
        body: &Value,
    ) -> Result<Reply, TrackerError> {
        let reply = self.0.post(deadline, path, body).await?;
        self.accept(reply)?.ok_or_else(not_found)
    }

    /// Sorts an answer by its status and headers; `None` for a 404 of Jira itself. A refused
    /// credential can look like success or absence, so it comes first.
    fn accept(&self, reply: Reply) -> Result<Option<Reply>, TrackerError> {
        if is_anonymous(&reply) {
            return Err(TrackerError::CredentialRefused);
        }
        match reply.status {
            200..=299 => Ok(Some(reply)),
            401 => Err(TrackerError::CredentialRefused),
            403 => Err(TrackerError::Forbidden(self.words(&reply))),
            429 => {
                let wait = wait::jira(&reply.headers, self.0.now());
                Err(TrackerError::RateLimited(wait))
            }
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

/// Issues that are not parsed yet, because one that is incomplete is left out.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
struct Issues(Vec<Box<RawValue>>);

/// Parses a page of issues or projects; an error names the field if there is one.
fn page<'a, T: Deserialize<'a>>(reply: &'a Reply) -> Result<T, TrackerError> {
    serde_json::from_slice(&reply.body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            let reason = error.to_string();
            let reason = reason.split(" at line ").next().unwrap_or_default();
            TrackerError::BadAnswer(reason.to_owned())
        }
        _ => reply.not_json(),
    })
}

fn resource(project: &Value) -> Result<Resource, TrackerError> {
    Ok(Resource {
        id: text(project, "id")?.to_owned(),
        key: text(project, "key")?.to_owned(),
        name: text(project, "name")?.to_owned(),
    })
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
