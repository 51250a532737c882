//! Jira Cloud: version 3 of the API, with documents as trees and pages by token.

use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Issues, Jira, jql, page, resource};
use crate::control_plane::trackers::pages::{Pages, Results};
use crate::control_plane::trackers::{
    Account, Filter, Found, Page, Resource, Ticket, TrackerError,
};
use crate::wire::ticket::StatusFilter;

const VERSION: u8 = 3;
/// The largest page of projects that Jira returns.
const PROJECTS: usize = 100;

#[derive(Debug, Clone)]
pub(crate) struct JiraCloud(pub(in crate::control_plane::trackers) Jira);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IssuePage {
    issues: Issues,
    #[serde(default)]
    next_page_token: Option<String>,
    #[serde(default)]
    is_last: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProjectPage {
    values: Vec<Value>,
    #[serde(default)]
    is_last: Option<bool>,
    #[serde(default)]
    total: Option<usize>,
}

impl IssuePage {
    fn next(&self) -> Option<String> {
        let token = self.next_page_token.clone();
        token.filter(|token| !token.is_empty() && self.is_last != Some(true))
    }
}

impl JiraCloud {
    pub(crate) async fn account(&self, deadline: Instant) -> Result<Account, TrackerError> {
        self.0.account(deadline, "/rest/api/3/myself").await
    }

    pub(crate) async fn resources(&self, deadline: Instant) -> Result<Vec<Resource>, TrackerError> {
        let (mut projects, mut pages) = (Vec::new(), Pages::default());
        loop {
            let (start, size) = (projects.len().to_string(), PROJECTS.to_string());
            let query = [("startAt", &*start), ("maxResults", &*size)];
            let path = "/rest/api/3/project/search";
            let reply = self.0.0.get(deadline, path, &query).await?;
            // Without a single project some sites answer with 404.
            let Some(reply) = self.0.accept(reply)? else {
                return Ok(projects);
            };
            let found: ProjectPage = page(&reply)?;
            for project in &found.values {
                projects.push(resource(project)?);
            }
            let is_last = found.values.is_empty()
                || found.is_last == Some(true)
                || found.total.is_some_and(|total| projects.len() >= total);
            let next = (!is_last).then(|| projects.len().to_string());
            if !pages.turn(next)? {
                return Ok(projects);
            }
        }
    }

    pub(crate) async fn find(
        &self,
        deadline: Instant,
        project: &str,
        key: &str,
    ) -> Result<Option<Ticket>, TrackerError> {
        self.0.find(deadline, VERSION, project, key).await
    }

    pub(crate) async fn search(
        &self,
        deadline: Instant,
        project: &str,
        text: &str,
        status: StatusFilter,
        limit: usize,
    ) -> Result<Found, TrackerError> {
        let query = jql::search(project, text, status);
        let mut results = Results::new(limit);
        loop {
            let page = self.page(deadline, &query, limit, results.cursor()).await?;
            let tickets = self.0.tickets(project, &page.issues, status);
            if let Some(found) = results.add(tickets, page.next())? {
                return Ok(found);
            }
        }
    }

    pub(crate) async fn list(
        &self,
        deadline: Instant,
        project: &str,
        filter: Filter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page, TrackerError> {
        let query = jql::list(project, filter);
        let page = self.page(deadline, &query, limit, cursor).await?;
        Ok(Page {
            tickets: self.0.tickets(project, &page.issues, filter.status),
            next: page.next(),
        })
    }

    async fn page(
        &self,
        deadline: Instant,
        query: &str,
        size: usize,
        token: Option<&str>,
    ) -> Result<IssuePage, TrackerError> {
        let mut body = json!({"jql": query, "maxResults": size, "fields": super::issue::FIELDS});
        if let (Some(object), Some(token)) = (body.as_object_mut(), token) {
            object.insert("nextPageToken".to_owned(), token.into());
        }
        let path = "/rest/api/3/search/jql";
        page(&self.0.post(deadline, path, &body).await?)
    }
}
