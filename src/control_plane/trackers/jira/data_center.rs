//! Jira Data Center: version 2 of the API, with wiki markup and pages by number.

use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use super::site::Site;
use super::{Issues, issue, page, resource};
use crate::control_plane::trackers::{Place, Resource, TrackerError};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IssuePage {
    issues: Issues,
    #[serde(default)]
    start_at: Option<usize>,
    #[serde(default)]
    total: Option<usize>,
}

/// All projects come in one answer.
pub(super) async fn projects(
    site: &Site,
    deadline: Instant,
) -> Result<Vec<Resource>, TrackerError> {
    let reply = site.get(deadline, "/rest/api/2/project", &[]).await?;
    let projects: Vec<Value> = page(&reply)?;
    projects.iter().map(resource).collect()
}

/// A page of issues, and the number of issues before the next one. The site may return fewer issues
/// than it was asked for.
pub(super) async fn issues(
    site: &Site,
    deadline: Instant,
    query: &str,
    place: Place<'_>,
) -> Result<(Issues, Option<String>), TrackerError> {
    let invalid = |_| TrackerError::QueryRefused("the cursor is not valid".to_owned());
    let start: usize = place.cursor.map_or(Ok(0), str::parse).map_err(invalid)?;
    let body = json!({
        "jql": query, "startAt": start, "maxResults": place.size, "fields": issue::FIELDS,
    });
    let reply = site.post(deadline, "/rest/api/2/search", &body).await?;
    let page: IssuePage = page(&reply)?;
    let end = page.start_at.unwrap_or(start) + page.issues.0.len();
    let is_last = page.issues.0.is_empty() || page.total.is_some_and(|total| end >= total);
    Ok((page.issues, (!is_last).then(|| end.to_string())))
}
