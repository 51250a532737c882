//! Jira: what Jira Cloud and Jira Data Center have in common.

mod cloud;
mod data_center;
mod issue;
mod jql;
mod site;

use std::time::Instant;

use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::call::Reply;
use super::fields::text;
use super::ticket::complete;
use super::{Account, Connection, Filter, Page, Place, Resource, Ticket, TrackerError, unusable};
use crate::wire::ticket::StatusFilter;
use crate::world::World;

use issue::Issue;
use site::Site;

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
pub(crate) struct Jira {
    site: Site,
    deployment: Deployment,
}

impl Jira {
    /// Asks a site of unknown kind what it is.
    pub(super) async fn open(
        world: &World,
        connection: &Connection,
        deadline: Instant,
    ) -> Result<Self, TrackerError> {
        let site = Site::new(world, connection).map_err(unusable)?;
        let deployment = match connection.deployment {
            Some(deployment) => deployment,
            None => deployment_of(&site, deadline).await?,
        };
        Ok(Self { site, deployment })
    }

    pub(super) fn deployment(&self) -> Deployment {
        self.deployment
    }

    pub(super) fn clock_ahead(&self) -> TimeDelta {
        self.site.clock_ahead()
    }

    /// The version of the API.
    fn version(&self) -> u8 {
        match self.deployment {
            Deployment::Cloud => 3,
            Deployment::DataCenter => 2,
        }
    }

    pub(super) async fn account(&self, deadline: Instant) -> Result<Account, TrackerError> {
        let path = format!("/rest/api/{}/myself", self.version());
        let user = self.site.get(deadline, &path, &[]).await?.json()?;
        let optional = |field| text(&user, field).ok().map(str::to_owned);
        let id = optional("accountId").or_else(|| optional("name"));
        let id = id.or_else(|| optional("key"));
        Ok(Account {
            id: id.ok_or_else(|| TrackerError::field("accountId", "is missing"))?,
            name: text(&user, "displayName")?.to_owned(),
            email: optional("emailAddress"),
        })
    }

    pub(super) async fn resources(&self, deadline: Instant) -> Result<Vec<Resource>, TrackerError> {
        match self.deployment {
            Deployment::Cloud => cloud::projects(&self.site, deadline).await,
            Deployment::DataCenter => data_center::projects(&self.site, deadline).await,
        }
    }

    /// Finds an issue by its key. A moved issue is found too.
    pub(super) async fn find(
        &self,
        deadline: Instant,
        project: &str,
        key: &str,
    ) -> Result<Option<Ticket>, TrackerError> {
        let path = format!("/rest/api/{}/issue/{key}", self.version());
        let fields = [("fields", issue::FIELDS_WITH_BODY)];
        let Some(reply) = self.site.find(deadline, &path, &fields).await? else {
            return Ok(None);
        };
        // Errors name the field, so an answer that is no JSON at all is told apart first.
        serde_json::from_slice::<&RawValue>(&reply.body).map_err(|_| reply.not_json())?;
        self.ticket(project, &reply.body)
    }

    /// A page of the issues that match a text, the best first.
    pub(super) async fn search(
        &self,
        deadline: Instant,
        project: &str,
        text: &str,
        status: StatusFilter,
        place: Place<'_>,
    ) -> Result<Page, TrackerError> {
        let query = jql::search(project, text, status);
        self.page(deadline, project, &query, status, place).await
    }

    /// A page of issues, the newest update first.
    pub(super) async fn list(
        &self,
        deadline: Instant,
        project: &str,
        filter: Filter,
        place: Place<'_>,
    ) -> Result<Page, TrackerError> {
        let query = jql::list(project, filter);
        self.page(deadline, project, &query, filter.status, place)
            .await
    }

    async fn page(
        &self,
        deadline: Instant,
        project: &str,
        query: &str,
        status: StatusFilter,
        place: Place<'_>,
    ) -> Result<Page, TrackerError> {
        let page = match self.deployment {
            Deployment::Cloud => cloud::issues(&self.site, deadline, query, place).await,
            Deployment::DataCenter => data_center::issues(&self.site, deadline, query, place).await,
        };
        let (issues, next) = page.map_err(|error| or_hidden(error, project))?;
        let tickets = issues.0.iter();
        let tickets = tickets.map(|json| self.ticket(project, json.get().as_bytes()).transpose());
        let mut tickets = complete(tickets.flatten());
        tickets.retain(|ticket| status.accepts(ticket.status_kind));
        Ok(Page { tickets, next })
    }

    /// The ticket of an issue, if the project has it.
    fn ticket(&self, project: &str, json: &[u8]) -> Result<Option<Ticket>, TrackerError> {
        let issue = Issue::parse(json)?;
        if !issue.is_in(project)? {
            return Ok(None);
        }
        issue.into_ticket(self.site.url()).map(Some)
    }
}

/// In a query, a project that the credential may not see is a value that does not exist.
fn or_hidden(error: TrackerError, project: &str) -> TrackerError {
    let is_hidden = |words: &str| {
        let names = |word: &str| words.contains(&format!("'{word}'"));
        names("project") && names(project)
    };
    match error {
        TrackerError::QueryRefused(words) if is_hidden(&words) => TrackerError::Forbidden(words),
        error => error,
    }
}

/// Asks a site what it is. Every kind of Jira knows this path.
async fn deployment_of(site: &Site, deadline: Instant) -> Result<Deployment, TrackerError> {
    let path = "/rest/api/2/serverInfo";
    let info = site.get(deadline, path, &[]).await?.json()?;
    match text(&info, "deploymentType")? {
        "Cloud" => Ok(Deployment::Cloud),
        "Server" | "DataCenter" | "Data Center" => Ok(Deployment::DataCenter),
        _ => Err(TrackerError::field("deploymentType", "is unknown")),
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
