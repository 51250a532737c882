//! Jira Data Center: version 2 of the API, with wiki markup and pages by number.

use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Issues, Jira, jql, page, resource};
use crate::control_plane::trackers::pages::Results;
use crate::control_plane::trackers::{
    Account, Filter, Found, Page, Resource, Ticket, TrackerError,
};
use crate::wire::ticket::StatusFilter;

const VERSION: u8 = 2;

#[derive(Debug, Clone)]
pub(crate) struct JiraDataCenter(pub(in crate::control_plane::trackers) Jira);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IssuePage {
    issues: Issues,
    #[serde(default)]
    start_at: Option<usize>,
    #[serde(default)]
    total: Option<usize>,
}

impl IssuePage {
    /// Where the next page begins. The site may return fewer issues than it was asked for.
    fn next(&self, start: usize) -> Option<usize> {
        let end = self.start_at.unwrap_or(start) + self.issues.0.len();
        let is_last = self.issues.0.is_empty() || self.total.is_some_and(|total| end >= total);
        (!is_last).then_some(end)
    }
}

impl JiraDataCenter {
    pub(crate) async fn account(&self, deadline: Instant) -> Result<Account, TrackerError> {
        self.0.account(deadline, "/rest/api/2/myself").await
    }

    /// All projects come in one answer.
    pub(crate) async fn resources(&self, deadline: Instant) -> Result<Vec<Resource>, TrackerError> {
        let reply = self.0.get(deadline, "/rest/api/2/project", &[]).await?;
        let projects: Vec<Value> = page(&reply)?;
        projects.iter().map(resource).collect()
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
        let (mut results, mut start) = (Results::new(limit), 0);
        loop {
            let page = self.page(deadline, &query, limit, start).await?;
            let tickets = self.0.tickets(project, &page.issues, status);
            let next = page.next(start);
            if let Some(found) = results.add(tickets, next.map(|start| start.to_string()))? {
                return Ok(found);
            }
            start = next.unwrap_or_default();
        }
    }

    /// The cursor is the number of tickets before the page.
    pub(crate) async fn list(
        &self,
        deadline: Instant,
        project: &str,
        filter: Filter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page, TrackerError> {
        let invalid = |_| TrackerError::QueryRefused("the cursor is not valid".to_owned());
        let start = cursor.map_or(Ok(0), str::parse).map_err(invalid)?;
        let query = jql::list(project, filter);
        let page = self.page(deadline, &query, limit, start).await?;
        Ok(Page {
            tickets: self.0.tickets(project, &page.issues, filter.status),
            next: page.next(start).map(|start| start.to_string()),
        })
    }

    async fn page(
        &self,
        deadline: Instant,
        query: &str,
        size: usize,
        start: usize,
    ) -> Result<IssuePage, TrackerError> {
        let body = json!({
            "jql": query, "startAt": start, "maxResults": size, "fields": super::issue::FIELDS,
        });
        page(&self.0.post(deadline, "/rest/api/2/search", &body).await?)
    }
}
