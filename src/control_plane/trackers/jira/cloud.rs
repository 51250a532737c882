//! Jira Cloud: version 3 of the API, with documents as trees and pages by token.

use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use super::site::Site;
use super::{Issues, issue, page, resource};
use crate::control_plane::trackers::pages::Pages;
use crate::control_plane::trackers::{Place, Resource, TrackerError};

/// The largest page of projects that Jira returns.
const PROJECTS: usize = 100;

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

pub(super) async fn projects(
    site: &Site,
    deadline: Instant,
) -> Result<Vec<Resource>, TrackerError> {
    let (mut projects, mut pages) = (Vec::new(), Pages::default());
    loop {
        let (start, size) = (projects.len().to_string(), PROJECTS.to_string());
        let query = [("startAt", &*start), ("maxResults", &*size)];
        let path = "/rest/api/3/project/search";
        // Without a single project some sites answer with 404.
        let Some(reply) = site.find(deadline, path, &query).await? else {
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

/// A page of issues, and the token of the next one.
pub(super) async fn issues(
    site: &Site,
    deadline: Instant,
    query: &str,
    place: Place<'_>,
) -> Result<(Issues, Option<String>), TrackerError> {
    let mut body = json!({"jql": query, "maxResults": place.size, "fields": issue::FIELDS});
    if let (Some(object), Some(token)) = (body.as_object_mut(), place.cursor) {
        object.insert("nextPageToken".to_owned(), token.into());
    }
    let reply = site.post(deadline, "/rest/api/3/search/jql", &body).await?;
    let page: IssuePage = page(&reply)?;
    let is_next = |token: &String| !token.is_empty() && page.is_last != Some(true);
    Ok((page.issues, page.next_page_token.filter(is_next)))
}
