//! Live trackers: Linear, Jira Cloud and Jira Data Center behind the same five operations. Nothing
//! outside of this module knows a protocol.
//!
//! - [`call`] sends requests; [`wait`] reads how long a tracker asks to wait.
//! - [`fields`] and [`pages`] read answers; [`adf`] turns Jira's documents into Markdown.
//! - [`linear`] and [`jira`] contain the protocols.

mod adf;
mod call;
mod error;
mod fields;
mod jira;
mod linear;
mod pages;
mod ticket;
mod wait;

use std::time::Instant;

use crate::secret::Secret;
use crate::web::ServerUrl;
use crate::wire::Provider;
use crate::wire::ticket::StatusFilter;
use crate::world::World;

pub(crate) use error::TrackerError;
pub(crate) use jira::Deployment;
pub(crate) use ticket::{Account, Found, Page, Resource, Ticket};

use jira::Jira;
use jira::cloud::JiraCloud;
use jira::data_center::JiraDataCenter;
use linear::Linear;

/// The GraphQL endpoint of Linear.
pub(crate) const LINEAR_URL: &str = "https://api.linear.app/graphql";

/// An account at a tracker.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub provider: Provider,
    /// The GraphQL endpoint of Linear, or the site of Jira.
    pub url: ServerUrl,
    /// The user of a Jira API token. Without one, Jira gets the credential as a bearer token.
    pub user: Option<String>,
    pub credential: Secret,
    /// The kind of a Jira site, if it is known.
    pub deployment: Option<Deployment>,
}

/// Which tickets a list contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Only those assigned to the owner of the credential.
    pub mine: bool,
    pub status: StatusFilter,
}

/// A client of a tracker. Every operation ends before its deadline. A resource is the id of a Linear
/// team or of a Jira project.
#[derive(Debug, Clone)]
pub(crate) enum Tracker {
    Linear(Linear),
    JiraCloud(JiraCloud),
    JiraDataCenter(JiraDataCenter),
}

impl Tracker {
    /// Prepares a client. Asks a Jira site of unknown kind what it is.
    pub(crate) async fn open(
        world: &World,
        connection: &Connection,
        deadline: Instant,
    ) -> Result<Self, TrackerError> {
        let unusable = |error| TrackerError::Unavailable(crate::text::chain(&error));
        if connection.provider == Provider::Linear {
            let linear = Linear::new(world, connection).map_err(unusable)?;
            return Ok(Self::Linear(linear));
        }
        let jira = Jira::new(world, connection).map_err(unusable)?;
        let deployment = match connection.deployment {
            Some(deployment) => deployment,
            None => jira.deployment(deadline).await?,
        };
        Ok(match deployment {
            Deployment::Cloud => Self::JiraCloud(JiraCloud(jira)),
            Deployment::DataCenter => Self::JiraDataCenter(JiraDataCenter(jira)),
        })
    }

    /// The kind of the Jira site; `None` for Linear.
    pub(crate) fn deployment(&self) -> Option<Deployment> {
        match self {
            Self::Linear(_) => None,
            Self::JiraCloud(_) => Some(Deployment::Cloud),
            Self::JiraDataCenter(_) => Some(Deployment::DataCenter),
        }
    }

    /// Who the credential belongs to.
    pub(crate) async fn account(&self, deadline: Instant) -> Result<Account, TrackerError> {
        match self {
            Self::Linear(linear) => linear.account(deadline).await,
            Self::JiraCloud(jira) => jira.account(deadline).await,
            Self::JiraDataCenter(jira) => jira.account(deadline).await,
        }
    }

    /// Every team or project that the account can see.
    pub(crate) async fn resources(&self, deadline: Instant) -> Result<Vec<Resource>, TrackerError> {
        match self {
            Self::Linear(linear) => linear.resources(deadline).await,
            Self::JiraCloud(jira) => jira.resources(deadline).await,
            Self::JiraDataCenter(jira) => jira.resources(deadline).await,
        }
    }

    /// The ticket with this key inside the resource. A ticket that has another key now is returned
    /// with that key.
    pub(crate) async fn find(
        &self,
        deadline: Instant,
        resource: &str,
        key: &str,
    ) -> Result<Option<Ticket>, TrackerError> {
        let Some(key) = normal_key(key) else {
            return Ok(None);
        };
        match self {
            Self::Linear(linear) => linear.find(deadline, resource, &key).await,
            Self::JiraCloud(jira) => jira.find(deadline, resource, &key).await,
            Self::JiraDataCenter(jira) => jira.find(deadline, resource, &key).await,
        }
    }

    /// The best matches for a text, in the tracker's own order, without their bodies.
    pub(crate) async fn search(
        &self,
        deadline: Instant,
        resource: &str,
        text: &str,
        status: StatusFilter,
        limit: usize,
    ) -> Result<Found, TrackerError> {
        match self {
            Self::Linear(linear) => linear.search(deadline, resource, text, status, limit).await,
            Self::JiraCloud(jira) => jira.search(deadline, resource, text, status, limit).await,
            Self::JiraDataCenter(jira) => {
                jira.search(deadline, resource, text, status, limit).await
            }
        }
    }

    /// A page of tickets, the newest update first, without their bodies. The cursor comes from the
    /// page before.
    pub(crate) async fn list(
        &self,
        deadline: Instant,
        resource: &str,
        filter: Filter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page, TrackerError> {
        match self {
            Self::Linear(linear) => linear.list(deadline, resource, filter, limit, cursor).await,
            Self::JiraCloud(jira) => jira.list(deadline, resource, filter, limit, cursor).await,
            Self::JiraDataCenter(jira) => {
                jira.list(deadline, resource, filter, limit, cursor).await
            }
        }
    }
}

/// A ticket key in upper case. `None` if the text cannot be one, so that it never becomes a part of a
/// path.
fn normal_key(key: &str) -> Option<String> {
    let key = key.trim();
    let (project, number) = key.rsplit_once('-')?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_project =
        project.starts_with(|c: char| c.is_ascii_alphabetic()) && project.chars().all(is_word);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_project && is_number && key.len() <= 255).then(|| key.to_ascii_uppercase())
}

#[cfg(test)]
mod tests;
