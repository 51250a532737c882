//! Jira Cloud, and what it has in common with Jira Data Center.

use std::time::Duration;

use serde_json::{Value, json};

use super::fake::{Answer, Fake, Received};
use super::{deadline, jira_connection, linear_connection, open};
use crate::control_plane::trackers::{Deployment, Filter, Tracker, TrackerError};
use crate::web::ServerUrl;
use crate::wire::Provider;
use crate::wire::ticket::{StatusFilter, StatusKind};

const PROJECT: &str = "10042";

fn text(text: &str) -> Value {
    json!({"type": "doc", "version": 1, "content": [
        {"type": "paragraph", "content": [{"type": "text", "text": text}]},
    ]})
}

fn issue(key: &str) -> Value {
    json!({
        "id": format!("1{}", key.len()), "key": key, "self": "https://acme.example/rest/1",
        "fields": {
            "summary": format!("Title of {key}"),
            "status": {"name": "Doing", "statusCategory": {"id": 4, "key": "indeterminate"}},
            "assignee": {"displayName": "Ada Lovelace", "accountId": "a1"},
            "updated": "2026-11-20T11:00:00.000+0100",
            "project": {"id": PROJECT, "key": "IAM"},
            "description": text("Because."),
        },
    })
}

/// An issue with one of its `fields` replaced.
fn issue_with(key: &str, field: &str, value: Value) -> Value {
    let mut issue = issue(key);
    issue["fields"][field] = value;
    issue
}

fn page(issues: &[Value], next: Option<&str>) -> Answer {
    let mut page = json!({"issues": issues});
    if let Some(token) = next {
        page["nextPageToken"] = json!(token);
    }
    Answer::ok(&page)
}

async fn tracker(fake: &Fake) -> Tracker {
    open(&jira_connection(&fake.url(), Deployment::Cloud)).await
}

async fn find(answer: Answer) -> Result<Option<String>, TrackerError> {
    let fake = Fake::always(answer).await;
    let found = tracker(&fake)
        .await
        .find(deadline(), PROJECT, "IAM-1")
        .await;
    found.map(|ticket| ticket.map(|ticket| ticket.external_issue_key))
}

async fn search(fake: &Fake, limit: usize) -> Result<(Vec<String>, bool), TrackerError> {
    let tracker = tracker(fake).await;
    let found = tracker
        .search(deadline(), PROJECT, "log in", StatusFilter::Open, limit)
        .await?;
    let keys = found
        .tickets
        .into_iter()
        .map(|ticket| ticket.external_issue_key);
    Ok((keys.collect(), found.has_more))
}

#[tokio::test]
async fn every_field_of_a_ticket_is_read() {
    let fake = Fake::always(Answer::ok(&issue("IAM-1"))).await;
    let mut connection = jira_connection(&fake.url(), Deployment::Cloud);
    connection.url = ServerUrl::parse(&format!("{}/jira", fake.url())).unwrap();
    let ticket = open(&connection)
        .await
        .find(deadline(), PROJECT, "iam-1")
        .await;
    let ticket = ticket.unwrap().unwrap();
    assert_eq!(ticket.external_issue_id, "15");
    assert_eq!(ticket.external_issue_key, "IAM-1");
    assert_eq!(ticket.title, "Title of IAM-1");
    assert_eq!(ticket.status, "Doing");
    assert_eq!(ticket.status_kind, Some(StatusKind::Started));
    assert_eq!(ticket.url, format!("{}/jira/browse/IAM-1", fake.url()));
    assert_eq!(ticket.assignee.as_deref(), Some("Ada Lovelace"));
    assert_eq!(ticket.updated_at.as_deref(), Some("2026-11-20T10:00:00Z"));
    assert_eq!(ticket.body.as_deref(), Some("Because."));
    let request = &fake.received()[0];
    assert_eq!(request.line, "GET /jira/rest/api/3/issue/IAM-1");
    let fields = "summary,status,assignee,updated,project,description";
    assert_eq!(request.parameter("fields"), fields);
    // ada@example.com and the token.
    let basic = "Basic YWRhQGV4YW1wbGUuY29tOmxpbl9hcGlfaHVzaC1odXNoLTQ3MTE=";
    assert_eq!(request.authorization, basic);
}

#[tokio::test]
async fn absent_optional_fields_are_null() {
    let mut sparse = issue("IAM-1");
    for field in ["description", "assignee"] {
        sparse["fields"][field] = Value::Null;
    }
    let fake = Fake::always(Answer::ok(&sparse)).await;
    let ticket = tracker(&fake)
        .await
        .find(deadline(), PROJECT, "IAM-1")
        .await;
    let ticket = ticket.unwrap().unwrap();
    assert_eq!((ticket.assignee, ticket.body), (None, None));
}

#[tokio::test]
async fn only_a_ticket_of_the_project_is_found() {
    assert_eq!(
        find(Answer::ok(&issue("AUTH-9"))).await,
        Ok(Some("AUTH-9".to_owned()))
    );
    let foreign = issue_with("IAM-1", "project", json!({"id": "10001", "key": "IAM"}));
    assert_eq!(find(Answer::ok(&foreign)).await, Ok(None));
    let missing = Answer::jira_error(404, "Issue does not exist or you do not have permission");
    assert_eq!(find(missing).await, Ok(None));
}

#[tokio::test]
async fn a_ticket_without_a_required_field_is_a_bad_answer() {
    for field in ["id", "key"] {
        let mut broken = issue("IAM-1");
        broken.as_object_mut().unwrap().remove(field);
        let result = find(Answer::ok(&broken)).await;
        assert_eq!(result, Err(TrackerError::field(field, "is missing")));
    }
    for value in [json!(null), json!(""), json!({})] {
        let result = find(Answer::ok(&issue_with("IAM-1", "summary", value))).await;
        let Err(TrackerError::BadAnswer(reason)) = &result else {
            panic!("{result:?}");
        };
        assert!(reason.starts_with("fields.summary "), "{reason}");
    }
    let project = find(Answer::ok(&issue_with("IAM-1", "project", json!(null)))).await;
    assert_eq!(
        project,
        Err(TrackerError::field("fields.project.id", "is missing"))
    );
    let ids_only = find(Answer::ok(&json!({"id": "15"}))).await;
    assert!(
        matches!(ids_only, Err(TrackerError::BadAnswer(_))),
        "{ids_only:?}"
    );
}

#[tokio::test]
async fn refusals_are_told_apart() {
    use TrackerError::{BadAnswer, CredentialRefused, Forbidden, QueryRefused, RateLimited};
    let error = Answer::jira_error;
    let login = |answer: Answer, reason: &str| answer.header("x-seraph-loginreason", reason);
    let failed = "AUTHENTICATED_FAILED";
    let wait = |seconds| RateLimited(Duration::from_secs(seconds));
    let fields = json!({"errorMessages": [], "errors": {"jql": "is too long"}});
    let cases = [
        (error(401, "no"), CredentialRefused),
        (Answer::html(401), CredentialRefused),
        (
            login(error(404, "no such issue"), failed),
            CredentialRefused,
        ),
        (
            login(Answer::ok(&issue("IAM-1")), failed),
            CredentialRefused,
        ),
        (
            login(Answer::html(403), "AUTHENTICATION_DENIED"),
            CredentialRefused,
        ),
        (login(error(403, "no"), "OUT"), CredentialRefused),
        (
            Answer::ok(&issue("IAM-1")).header("x-ausername", "anonymous"),
            CredentialRefused,
        ),
        (error(403, "not for you"), Forbidden("not for you".into())),
        (Answer::html(403), Forbidden("HTTP 403".into())),
        (error(429, "slow").header("retry-after", "21"), wait(21)),
        (
            error(429, "slow").header("x-ratelimit-reset", "2001-01-01T00:00Z"),
            wait(1),
        ),
        (Answer::html(429), wait(30)),
        (
            login(error(429, "slow").header("retry-after", "8"), failed),
            wait(8),
        ),
        (error(400, "odd query"), QueryRefused("odd query".into())),
        (
            Answer::json(400, &fields),
            QueryRefused("jql: is too long".into()),
        ),
        (Answer::html(400), BadAnswer("HTTP 400".into())),
        (Answer::html(404), BadAnswer("HTTP 404".into())),
        (Answer::html(410), BadAnswer("HTTP 410".into())),
        (Answer::html(200), BadAnswer("HTTP 200 without JSON".into())),
    ];
    for (answer, expected) in cases {
        let result = find(answer.clone()).await;
        assert_eq!(result, Err(expected), "{answer:?}");
    }
    let fine = login(Answer::ok(&issue("IAM-1")), "OK").header("x-ausername", "ada");
    assert_eq!(find(fine).await, Ok(Some("IAM-1".to_owned())));
}

/// The credential is sent encoded, and a tracker could repeat that.
#[tokio::test]
async fn the_words_of_the_tracker_never_contain_the_credential() {
    let basic = "YWRhQGV4YW1wbGUuY29tOmxpbl9hcGlfaHVzaC1odXNoLTQ3MTE=";
    let answer = Answer::jira_error(400, &format!("odd {basic} {}", super::TOKEN));
    assert_eq!(
        find(answer).await,
        Err(TrackerError::QueryRefused("odd … …".into()))
    );
}

/// The query names the project by its id, which the words repeat.
#[tokio::test]
async fn a_search_in_a_project_that_the_credential_cannot_see_is_forbidden() {
    for words in [
        "The value '10042' does not exist for the field 'project'.",
        "A value with ID '10042' does not exist for the field 'project'.",
    ] {
        let fake = Fake::always(Answer::jira_error(400, words)).await;
        let forbidden = TrackerError::Forbidden(words.to_owned());
        assert_eq!(search(&fake, 5).await, Err(forbidden));
    }
    let words = "The value 'Doing' does not exist for the field 'status'.";
    let fake = Fake::always(Answer::jira_error(400, words)).await;
    let refused = TrackerError::QueryRefused(words.to_owned());
    assert_eq!(search(&fake, 5).await, Err(refused));
}

#[tokio::test]
async fn an_anonymous_search_is_not_an_empty_one() {
    let answer = page(&[], None).header("x-seraph-loginreason", "AUTHENTICATED_FAILED");
    let fake = Fake::always(answer).await;
    assert_eq!(search(&fake, 5).await, Err(TrackerError::CredentialRefused));
}

#[tokio::test]
async fn a_search_names_its_fields_and_takes_all_pages() {
    let pages = |request: &Received, _| match request.body["nextPageToken"].as_str() {
        None => page(&[issue("IAM-1"), json!({"id": "77"})], Some("a")),
        Some("a") => page(&[], Some("b")),
        Some("b") => page(
            &[
                issue_with("OPS-100", "project", json!({"id": "1"})),
                issue_with("IAM-300", "summary", json!(null)),
                issue("IAM-20"),
            ],
            Some("c"),
        ),
        _ => page(&[issue("IAM-4000")], None),
    };
    let fake = Fake::start(pages).await;
    let keys = |keys: &[&str]| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(search(&fake, 1).await, Ok((keys(&["IAM-1"]), true)));
    let all = keys(&["IAM-1", "IAM-20", "IAM-4000"]);
    assert_eq!(search(&fake, 3).await, Ok((all.clone(), false)));
    assert_eq!(search(&fake, 9).await, Ok((all, false)));
    let body = &fake.received()[0].body;
    let fields = ["summary", "status", "assignee", "updated", "project"];
    let jql = r#"project = 10042 AND text ~ "log in" AND statusCategory != Done"#;
    assert_eq!(
        *body,
        json!({"jql": jql, "maxResults": 1, "fields": fields})
    );
}

#[tokio::test]
async fn the_last_page_can_have_a_token() {
    let answer = json!({"issues": [issue("IAM-1")], "nextPageToken": "x", "isLast": true});
    let fake = Fake::always(Answer::ok(&answer)).await;
    assert_eq!(
        search(&fake, 5).await,
        Ok((vec!["IAM-1".to_owned()], false))
    );
}

#[tokio::test]
async fn a_search_without_issues_is_a_bad_answer() {
    let fake = Fake::always(Answer::ok(&json!({"isLast": true}))).await;
    let expected = TrackerError::BadAnswer("missing field `issues`".to_owned());
    assert_eq!(search(&fake, 5).await, Err(expected));
}

#[tokio::test]
async fn closed_tickets_are_left_out_even_if_the_index_is_late() {
    let done = json!({"name": "Done", "statusCategory": {"key": "done"}});
    let issues = [issue("IAM-1"), issue_with("IAM-22", "status", done)];
    let fake = Fake::always(page(&issues, None)).await;
    assert_eq!(
        search(&fake, 5).await,
        Ok((vec!["IAM-1".to_owned()], false))
    );
}

#[tokio::test]
async fn a_list_is_a_page_with_a_cursor() {
    let fake = Fake::always(page(&[issue("IAM-1")], Some("next"))).await;
    let filter = Filter {
        mine: true,
        status: StatusFilter::All,
    };
    let tracker = tracker(&fake).await;
    let page = tracker
        .list(deadline(), PROJECT, filter, 20, Some("here"))
        .await
        .unwrap();
    assert_eq!(
        (page.tickets.len(), page.next.as_deref()),
        (1, Some("next"))
    );
    let body = &fake.received()[0].body;
    let jql = "project = 10042 AND assignee = currentUser() ORDER BY updated DESC";
    assert_eq!(
        (&body["jql"], &body["nextPageToken"]),
        (&json!(jql), &json!("here"))
    );
}

#[tokio::test]
async fn kinds_of_states_are_translated() {
    for (name, kind) in [
        ("new", Some(StatusKind::Unstarted)),
        ("indeterminate", Some(StatusKind::Started)),
        ("done", Some(StatusKind::Done)),
        ("undefined", None),
    ] {
        let status = json!({"name": "x", "statusCategory": {"key": name}});
        let fake = Fake::always(Answer::ok(&issue_with("IAM-1", "status", status))).await;
        let ticket = tracker(&fake)
            .await
            .find(deadline(), PROJECT, "IAM-1")
            .await;
        assert_eq!(ticket.unwrap().unwrap().status_kind, kind, "{name}");
    }
}

#[tokio::test]
async fn all_projects_are_listed() {
    let project = |key: &str| json!({"id": "7", "key": key, "name": "A project"});
    let pages = move |request: &Received, _| match request.parameter("startAt") {
        "0" => Answer::ok(&json!({
            "values": [project("IAM"), project("OPS")], "total": 3, "isLast": false,
        })),
        "2" => Answer::ok(&json!({"values": [project("WEB")], "total": 3, "isLast": true})),
        _ => Answer::html(400),
    };
    let fake = Fake::start(pages).await;
    let projects = tracker(&fake).await.resources(deadline()).await.unwrap();
    let keys: Vec<_> = projects.iter().map(|project| &*project.key).collect();
    assert_eq!(keys, ["IAM", "OPS", "WEB"]);
    let none = Fake::always(Answer::jira_error(404, "No projects found")).await;
    assert_eq!(
        tracker(&none).await.resources(deadline()).await,
        Ok(Vec::new())
    );
}

#[tokio::test]
async fn the_site_says_what_it_is() {
    for (name, expected) in [
        ("Cloud", Ok(Some(Deployment::Cloud))),
        ("Server", Ok(Some(Deployment::DataCenter))),
        ("Data Center", Ok(Some(Deployment::DataCenter))),
        (
            "Abacus",
            Err(TrackerError::field("deploymentType", "is unknown")),
        ),
    ] {
        let fake = Fake::always(Answer::ok(&json!({"deploymentType": name}))).await;
        let mut connection = linear_connection(&fake.url());
        connection.provider = Provider::Jira;
        let tracker = Tracker::open(&super::world(), &connection, deadline()).await;
        assert_eq!(
            tracker.map(|tracker| tracker.deployment()),
            expected,
            "{name}"
        );
        assert_eq!(fake.received()[0].line, "GET /rest/api/2/serverInfo");
    }
}

#[tokio::test]
async fn the_account_is_the_owner_of_the_token() {
    let user = json!({
        "accountId": "5b10", "displayName": "Ada", "emailAddress": "ada@example.com",
    });
    let fake = Fake::always(Answer::ok(&user)).await;
    let account = tracker(&fake).await.account(deadline()).await.unwrap();
    assert_eq!((&*account.id, &*account.name), ("5b10", "Ada"));
    assert_eq!(account.email.as_deref(), Some("ada@example.com"));
}

/// The description is nested deeper than the JSON parser goes; the ticket is found anyway.
#[tokio::test]
async fn a_very_deep_or_long_description_is_bounded() {
    let mut deep = text("at the bottom");
    for _ in 0..50 {
        deep = json!({"type": "blockquote", "content": [deep]});
    }
    let mut body = issue_with("IAM-1", "description", json!("HERE")).to_string();
    let depth = 5_000;
    let opening = r#"{"type":"blockquote","content":["#.repeat(depth);
    let description = format!("{opening}{deep}{}", "]}".repeat(depth));
    body = body.replace("\"HERE\"", &description);
    let mut answer = Answer::ok(&json!({}));
    answer.body = body.into_bytes();
    let fake = Fake::always(answer).await;
    let ticket = tracker(&fake)
        .await
        .find(deadline(), PROJECT, "IAM-1")
        .await;
    assert_eq!(
        ticket.unwrap().unwrap().body.as_deref(),
        Some("at the bottom")
    );

    let long = text(&"word ".repeat(1024 * 1024));
    let fake = Fake::always(Answer::ok(&issue_with("IAM-1", "description", long))).await;
    let ticket = tracker(&fake)
        .await
        .find(deadline(), PROJECT, "IAM-1")
        .await;
    let body = ticket.unwrap().unwrap().body.unwrap();
    assert!(
        body.len() <= 64 * 1024 && body.contains("[cut: "),
        "{}",
        body.len()
    );
}
