//! What is different in Jira Data Center.

use serde_json::{Value, json};

use super::fake::{Answer, Fake, Received};
use super::{TOKEN, deadline, jira_connection, open};
use crate::control_plane::trackers::{Deployment, Filter, Tracker, TrackerError};
use crate::web::ServerUrl;
use crate::wire::ticket::StatusFilter;

const PROJECT: &str = "10042";

fn issue(key: &str, description: &str) -> Value {
    json!({"id": format!("1{}", key.len()), "key": key, "fields": {
        "summary": "A title", "status": {"name": "Open", "statusCategory": {"key": "new"}},
        "assignee": null, "updated": "2026-11-20T11:00:00.000+0000",
        "project": {"id": PROJECT}, "description": description,
    }})
}

/// A site below a context path.
async fn tracker(fake: &Fake) -> Tracker {
    let mut connection = jira_connection(&fake.url(), Deployment::DataCenter);
    connection.url = ServerUrl::parse(&format!("{}/jira/", fake.url())).unwrap();
    open(&connection).await
}

/// Cuts its pages to two issues, whatever the request asks for.
fn pages_of_two(request: &Received, _: usize) -> Answer {
    let keys = ["IAM-1", "IAM-20", "IAM-300", "IAM-4000", "IAM-50000"];
    let start = usize::try_from(request.body["startAt"].as_u64().unwrap()).unwrap();
    let issues: Vec<_> = keys
        .iter()
        .skip(start)
        .take(2)
        .map(|key| issue(key, "x"))
        .collect();
    Answer::ok(&json!({
        "startAt": start, "maxResults": 2, "total": keys.len(), "issues": issues,
    }))
}

async fn search(fake: &Fake, limit: usize) -> Result<(usize, bool), TrackerError> {
    let tracker = tracker(fake).await;
    let found = tracker
        .search(deadline(), PROJECT, "log in", StatusFilter::All, limit)
        .await?;
    Ok((found.tickets.len(), found.has_more))
}

#[tokio::test]
async fn wiki_markup_is_passed_on() {
    let markup = "h1. Why\r\n* {code}x < y{code}";
    let fake = Fake::always(Answer::ok(&issue("IAM-1", markup))).await;
    let ticket = tracker(&fake)
        .await
        .find(deadline(), PROJECT, "iam-1")
        .await;
    let ticket = ticket.unwrap().unwrap();
    assert_eq!(ticket.body.as_deref(), Some("h1. Why\n* {code}x < y{code}"));
    assert_eq!(ticket.url, format!("{}/jira/browse/IAM-1", fake.url()));
    let request = &fake.received()[0];
    assert_eq!(request.line, "GET /jira/rest/api/2/issue/IAM-1");
    assert_eq!(request.authorization, format!("Bearer {TOKEN}"));
}

#[tokio::test]
async fn a_search_follows_the_pages_that_the_site_cuts() {
    let fake = Fake::start(pages_of_two).await;
    assert_eq!(search(&fake, 3).await, Ok((3, true)));
    assert_eq!(search(&fake, 5).await, Ok((5, false)));
    assert_eq!(search(&fake, 50).await, Ok((5, false)));
    let starts: Vec<_> = fake
        .received()
        .iter()
        .map(|r| r.body["startAt"].clone())
        .collect();
    assert_eq!(starts, [0, 2, 0, 2, 4, 0, 2, 4].map(|start| json!(start)));
    assert_eq!(fake.received()[0].body["maxResults"], 3);
    assert_eq!(fake.received()[0].line, "POST /jira/rest/api/2/search");
}

#[tokio::test]
async fn a_total_that_is_wrong_does_not_loop() {
    let empty = json!({"startAt": 0, "maxResults": 50, "total": 9, "issues": []});
    let fake = Fake::always(Answer::ok(&empty)).await;
    assert_eq!(search(&fake, 5).await, Ok((0, false)));
}

#[tokio::test]
async fn the_cursor_of_a_list_is_a_number() {
    let fake = Fake::start(pages_of_two).await;
    let tracker = tracker(&fake).await;
    let filter = Filter {
        mine: false,
        status: StatusFilter::All,
    };
    let list = async |cursor| tracker.list(deadline(), PROJECT, filter, 2, cursor).await;
    assert_eq!(list(None).await.unwrap().next.as_deref(), Some("2"));
    assert_eq!(list(Some("4")).await.unwrap().next, None);
    let error = list(Some("four")).await.unwrap_err();
    assert!(matches!(error, TrackerError::QueryRefused(_)), "{error:?}");
}

#[tokio::test]
async fn an_anonymous_answer_is_a_refused_credential() {
    let page = json!({"startAt": 0, "maxResults": 50, "total": 0, "issues": []});
    let answer = Answer::ok(&page).header("x-ausername", "anonymous");
    let fake = Fake::always(answer).await;
    assert_eq!(search(&fake, 5).await, Err(TrackerError::CredentialRefused));
}

#[tokio::test]
async fn all_projects_come_in_one_answer() {
    let projects = json!([
        {"id": "7", "key": "IAM", "name": "Identity"}, {"id": "8", "key": "OPS", "name": "Ops"},
    ]);
    let fake = Fake::always(Answer::ok(&projects)).await;
    let projects = tracker(&fake).await.resources(deadline()).await.unwrap();
    let ids: Vec<_> = projects.iter().map(|project| &*project.id).collect();
    assert_eq!(ids, ["7", "8"]);
    assert_eq!(fake.received()[0].line, "GET /jira/rest/api/2/project");
}

#[tokio::test]
async fn the_account_has_a_name_without_an_account_id() {
    let user = json!({"name": "ada", "key": "JIRAUSER1", "displayName": "Ada"});
    let fake = Fake::always(Answer::ok(&user)).await;
    let account = tracker(&fake).await.account(deadline()).await.unwrap();
    assert_eq!((&*account.id, account.email), ("ada", None));
}
