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

use chrono::TimeDelta;

use crate::secret::Secret;
use crate::text::chain;
use crate::web::{ServerUrl, SetupError};
use crate::wire::Provider;
use crate::wire::ticket::StatusFilter;
use crate::world::World;

pub(crate) use error::TrackerError;
pub(crate) use jira::Deployment;
pub(crate) use ticket::{Account, Found, Page, Resource, Ticket, clean_body};

use jira::Jira;
use linear::Linear;
use pages::Results;

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

/// Which page of an answer, and of how many tickets.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    size: usize,
    /// From the page before; `None` for the first one.
    cursor: Option<&'a str>,
}

/// A client of a tracker. Every operation ends before its deadline. A resource is the id of a Linear
/// team or of a Jira project.
#[derive(Debug, Clone)]
pub(crate) enum Tracker {
    Linear(Linear),
    /// Jira Cloud or Jira Data Center.
    Jira(Jira),
}

impl Tracker {
    /// Prepares a client. Asks a Jira site of unknown kind what it is.
    pub(crate) async fn open(
        world: &World,
        connection: &Connection,
        deadline: Instant,
    ) -> Result<Self, TrackerError> {
        Ok(match connection.provider {
            Provider::Linear => Self::Linear(Linear::new(world, connection).map_err(unusable)?),
            Provider::Jira => Self::Jira(Jira::open(world, connection, deadline).await?),
        })
    }

    /// The kind of the Jira site; `None` for Linear.
    pub(crate) fn deployment(&self) -> Option<Deployment> {
        match self {
            Self::Linear(_) => None,
            Self::Jira(jira) => Some(jira.deployment()),
        }
    }

    /// By how much the tracker's clock was ahead of the one of this machine in the last answer.
    pub(crate) fn clock_ahead(&self) -> TimeDelta {
        match self {
            Self::Linear(linear) => linear.clock_ahead(),
            Self::Jira(jira) => jira.clock_ahead(),
        }
    }

    /// Who the credential belongs to.
    pub(crate) async fn account(&self, deadline: Instant) -> Result<Account, TrackerError> {
        match self {
            Self::Linear(linear) => linear.account(deadline).await,
            Self::Jira(jira) => jira.account(deadline).await,
        }
    }

    /// Every team or project that the account can see.
    pub(crate) async fn resources(&self, deadline: Instant) -> Result<Vec<Resource>, TrackerError> {
        match self {
            Self::Linear(linear) => linear.resources(deadline).await,
            Self::Jira(jira) => jira.resources(deadline).await,
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
            Self::Jira(jira) => jira.find(deadline, resource, &key).await,
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
        let mut results = Results::new(limit);
        loop {
            let place = Place {
                size: limit,
                cursor: results.cursor(),
            };
            let page = match self {
                Self::Linear(it) => it.search(deadline, resource, text, status, place).await?,
                Self::Jira(it) => it.search(deadline, resource, text, status, place).await?,
            };
            if let Some(found) = results.add(page)? {
                return Ok(found);
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
        let place = Place {
            size: limit,
            cursor,
        };
        match self {
            Self::Linear(linear) => linear.list(deadline, resource, filter, place).await,
            Self::Jira(jira) => jira.list(deadline, resource, filter, place).await,
        }
    }
}

/// The environment does not allow a client.
fn unusable(error: SetupError) -> TrackerError {
    TrackerError::Unavailable(chain(&error))
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
