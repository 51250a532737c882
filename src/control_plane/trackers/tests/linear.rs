//! Linear.

use std::time::Duration;

use serde_json::{Value, json};

use super::fake::{Answer, Fake, Received};
use super::{TOKEN, deadline, linear_connection, open};
use crate::control_plane::trackers::{Filter, Resource, Tracker, TrackerError};
use crate::secret::Secret;
use crate::wire::ticket::{StatusFilter, StatusKind};

const TEAM: &str = "7c0b1f52-5d0e-4a6b-9a3c-2f1e8d7b6a90";

fn issue(key: &str) -> Value {
    json!({
        "id": format!("id-of-{key}"), "identifier": key, "title": format!("Title of {key}"),
        "url": format!("https://linear.app/acme/issue/{key}/title"),
        "updatedAt": "2026-11-20T10:00:00.123Z", "description": "# Why\n\nBecause.",
        "trashed": null, "state": {"name": "In Review", "type": "started"},
        "assignee": {"name": "Ada Lovelace"}, "team": {"id": TEAM},
    })
}

/// An issue with one field replaced.
fn issue_with(key: &str, field: &str, value: Value) -> Value {
    let mut issue = issue(key);
    issue[field] = value;
    issue
}

fn found(issue: &Value) -> Answer {
    Answer::ok(&json!({"data": {"issue": issue}}))
}

fn page(field: &str, nodes: &[Value], next: Option<&str>) -> Answer {
    let info = json!({"hasNextPage": next.is_some(), "endCursor": next.unwrap_or("last")});
    Answer::ok(&json!({"data": {field: {"nodes": nodes, "pageInfo": info}}}))
}

async fn tracker(fake: &Fake) -> Tracker {
    open(&linear_connection(&fake.url())).await
}

/// The result of `find` for `WEB-1` from this answer.
async fn find(answer: Answer) -> Result<Option<String>, TrackerError> {
    let fake = Fake::always(answer).await;
    let found = tracker(&fake).await.find(deadline(), TEAM, "WEB-1").await;
    found.map(|ticket| ticket.map(|ticket| ticket.external_issue_key))
}

/// The keys that a search finds from these answers, and whether there are more.
async fn search(fake: &Fake, limit: usize) -> Result<(Vec<String>, bool), TrackerError> {
    let tracker = tracker(fake).await;
    let found = tracker
        .search(deadline(), TEAM, "sign in", StatusFilter::All, limit)
        .await?;
    let keys = found
        .tickets
        .into_iter()
        .map(|ticket| ticket.external_issue_key);
    Ok((keys.collect(), found.has_more))
}

#[tokio::test]
async fn every_field_of_a_ticket_is_read() {
    let fake = Fake::always(found(&issue("WEB-1"))).await;
    let ticket = tracker(&fake).await.find(deadline(), TEAM, "web-1").await;
    let ticket = ticket.unwrap().unwrap();
    assert_eq!(ticket.external_issue_id, "id-of-WEB-1");
    assert_eq!(ticket.external_issue_key, "WEB-1");
    assert_eq!(ticket.title, "Title of WEB-1");
    assert_eq!(ticket.status, "In Review");
    assert_eq!(ticket.status_kind, Some(StatusKind::Started));
    assert_eq!(ticket.url, "https://linear.app/acme/issue/WEB-1/title");
    assert_eq!(ticket.assignee.as_deref(), Some("Ada Lovelace"));
    assert_eq!(ticket.updated_at.as_deref(), Some("2026-11-20T10:00:00Z"));
    assert_eq!(ticket.body.as_deref(), Some("# Why\n\nBecause."));
    let request = &fake.received()[0];
    assert_eq!(request.body["variables"], json!({"id": "WEB-1"}));
    assert_eq!(request.authorization, TOKEN);
}

#[tokio::test]
async fn an_oauth_token_is_a_bearer_token() {
    let fake = Fake::always(found(&issue("WEB-1"))).await;
    let mut connection = linear_connection(&fake.url());
    connection.credential = Secret::new("lin_oauth_1");
    let tracker = open(&connection).await;
    assert!(tracker.find(deadline(), TEAM, "WEB-1").await.is_ok());
    assert_eq!(fake.received()[0].authorization, "Bearer lin_oauth_1");
}

#[tokio::test]
async fn absent_optional_fields_are_null() {
    let mut sparse = issue("WEB-1");
    for field in ["description", "assignee"] {
        sparse[field] = Value::Null;
    }
    let fake = Fake::always(found(&sparse)).await;
    let ticket = tracker(&fake).await.find(deadline(), TEAM, "WEB-1").await;
    let ticket = ticket.unwrap().unwrap();
    assert_eq!((ticket.assignee, ticket.body), (None, None));
}

#[tokio::test]
async fn only_a_ticket_of_the_team_is_found() {
    let moved = found(&issue("OPS-7"));
    assert_eq!(find(moved).await, Ok(Some("OPS-7".to_owned())));
    let foreign = issue_with("WEB-1", "team", json!({"id": "other"}));
    assert_eq!(find(found(&foreign)).await, Ok(None));
    let deleted = issue_with("WEB-1", "trashed", json!(true));
    assert_eq!(find(found(&deleted)).await, Ok(None));
    let missing = Answer::linear_error(200, "INPUT_ERROR", "Entity not found: Issue");
    assert_eq!(find(missing).await, Ok(None));
    let missing = Answer::linear_error(200, "INVALID_INPUT", "Entity not found: Issue");
    assert_eq!(find(missing).await, Ok(None));
    let presentable = json!({"data": {"issue": null}, "errors": [{
        "message": "Argument Validation Error", "path": ["issue"], "extensions": {
            "code": "INVALID_INPUT", "userPresentableMessage": "Could not find referenced Issue.",
        },
    }]});
    assert_eq!(find(Answer::ok(&presentable)).await, Ok(None));
    let without_code = json!({"data": null, "errors": [{"message": "Entity not found: Issue"}]});
    assert_eq!(find(Answer::ok(&without_code)).await, Ok(None));
    // Not an answer about the issue.
    let hidden = Answer::linear_error(200, "FORBIDDEN", "Team not found");
    let forbidden = TrackerError::Forbidden("Team not found".to_owned());
    assert_eq!(find(hidden).await, Err(forbidden));
}

/// The codes of a missing issue have another meaning in a search.
#[tokio::test]
async fn a_search_with_bad_input_is_refused() {
    for code in ["INPUT_ERROR", "INVALID_INPUT"] {
        let answer = Answer::linear_error(200, code, "Entity not found: Team");
        let fake = Fake::always(answer).await;
        let refused = TrackerError::QueryRefused("Entity not found: Team".to_owned());
        assert_eq!(search(&fake, 5).await, Err(refused), "{code}");
    }
}

#[tokio::test]
async fn a_text_that_is_no_key_is_not_sent() {
    let fake = Fake::always(found(&issue("WEB-1"))).await;
    let tracker = tracker(&fake).await;
    for text in ["sign in", "WEB-1/..", "id-of-WEB-1", ""] {
        assert_eq!(tracker.find(deadline(), TEAM, text).await, Ok(None));
    }
    assert_eq!(fake.received().len(), 0);
}

#[tokio::test]
async fn a_ticket_without_a_required_field_is_a_bad_answer() {
    for field in ["id", "identifier", "title", "url"] {
        for value in [json!(null), json!(""), json!(7)] {
            let result = find(found(&issue_with("WEB-1", field, value.clone()))).await;
            let Err(TrackerError::BadAnswer(reason)) = &result else {
                panic!("{field} {value}: {result:?}");
            };
            assert!(reason.contains(field), "{reason}");
        }
    }
    let team = find(found(&issue_with("WEB-1", "team", json!(null)))).await;
    assert_eq!(team, Err(TrackerError::field("team.id", "is missing")));
    let script = find(found(&issue_with("WEB-1", "url", json!("javascript:x")))).await;
    assert!(
        matches!(script, Err(TrackerError::BadAnswer(_))),
        "{script:?}"
    );
    let blank = find(found(&issue_with("WEB-1", "title", json!("\u{1b}[0m\n")))).await;
    assert!(
        matches!(blank, Err(TrackerError::BadAnswer(_))),
        "{blank:?}"
    );
}

#[tokio::test]
async fn refusals_are_told_apart() {
    use TrackerError::{
        BadAnswer, CredentialRefused, Forbidden, QueryRefused, RateLimited, Unavailable,
    };
    let error = Answer::linear_error;
    let partial = json!({
        "data": {"issue": issue("WEB-1")},
        "errors": [{"message": "a field failed", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}],
    });
    let older = json!({"errors": [{
        "message": "x", "extensions": {"type": "authentication error"},
    }]});
    let presentable = json!({"data": null, "errors": [{
        "message": "Argument Validation Error",
        "extensions": {"code": "INVALID_INPUT", "userPresentableMessage": "the term is too short"},
    }]});
    let limited = |status| error(status, "RATELIMITED", "Rate limit exceeded");
    let wait = |seconds| RateLimited(Duration::from_secs(seconds));
    let bad = |reason: &str| BadAnswer(reason.to_owned());
    let cases = [
        (error(401, "AUTHENTICATION_ERROR", "no"), CredentialRefused),
        (error(400, "AUTHENTICATION_ERROR", "no"), CredentialRefused),
        (error(200, "AUTHENTICATION_ERROR", "no"), CredentialRefused),
        (Answer::json(400, &older), CredentialRefused),
        (Answer::html(401), CredentialRefused),
        (
            error(403, "FORBIDDEN", "not yours"),
            Forbidden("not yours".into()),
        ),
        (
            error(200, "FORBIDDEN", "not yours"),
            Forbidden("not yours".into()),
        ),
        (Answer::html(403), Forbidden("HTTP 403".into())),
        (limited(400).header("retry-after", "17"), wait(17)),
        (limited(200).header("retry-after", "17"), wait(17)),
        (limited(429).header("retry-after", "17"), wait(17)),
        (Answer::html(429), wait(30)),
        (Answer::html(200), bad("HTTP 200 without JSON")),
        (Answer::html(404), bad("HTTP 404")),
        (
            Answer::ok(&json!({"data": null})),
            bad("data must be an object"),
        ),
        (Answer::ok(&json!({"data": {}})), bad("team.id is missing")),
        (
            Answer::ok(&partial),
            bad("data with errors: a field failed"),
        ),
        (
            Answer::ok(&presentable),
            QueryRefused("the term is too short".into()),
        ),
        (
            error(400, "GRAPHQL_VALIDATION_FAILED", "Cannot query field"),
            QueryRefused("Cannot query field".into()),
        ),
        (
            error(200, "INTERNAL_SERVER_ERROR", "Internal server error"),
            Unavailable("Internal server error".into()),
        ),
        (Answer::html(500), Unavailable("HTTP 500".into())),
        (Answer::html(502), Unavailable("HTTP 502".into())),
    ];
    for (answer, expected) in cases {
        let result = find(answer.clone()).await;
        assert_eq!(
            result,
            Err(expected),
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
    }
}

#[tokio::test]
async fn the_words_of_the_tracker_never_contain_the_credential() {
    let echo = format!("the key {TOKEN} is odd");
    let result = find(Answer::linear_error(400, "INVALID_INPUT", &echo)).await;
    assert_eq!(
        result,
        Err(TrackerError::QueryRefused("the key … is odd".into()))
    );
}

#[tokio::test]
async fn a_search_asks_for_the_team_and_checks_it() {
    let nodes = [
        issue("WEB-1"),
        issue_with("OPS-1", "team", json!({"id": "other"})),
        issue_with("WEB-2", "title", json!(null)),
        issue_with("WEB-3", "url", json!("")),
        issue("WEB-4"),
    ];
    let fake = Fake::always(page("searchIssues", &nodes, None)).await;
    let found = search(&fake, 10).await.unwrap();
    assert_eq!(found, (vec!["WEB-1".to_owned(), "WEB-4".to_owned()], false));
    let variables = &fake.received()[0].body["variables"];
    assert_eq!(variables["term"], "sign in");
    assert_eq!(variables["filter"], json!({"team": {"id": {"eq": TEAM}}}));
    assert_eq!(variables["first"], 10);
}

#[tokio::test]
async fn a_search_takes_as_many_pages_as_it_needs() {
    let pages = |request: &Received, _| match request.body["variables"]["after"].as_str() {
        None => page("searchIssues", &[issue("WEB-1"), issue("WEB-2")], Some("a")),
        Some("a") => page("searchIssues", &[], Some("b")),
        Some("b") => page("searchIssues", &[issue("WEB-2"), issue("WEB-3")], Some("c")),
        _ => page("searchIssues", &[issue("WEB-4")], None),
    };
    let fake = Fake::start(pages).await;
    let keys = |keys: &[&str]| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(search(&fake, 1).await, Ok((keys(&["WEB-1"]), true)));
    assert_eq!(
        search(&fake, 2).await,
        Ok((keys(&["WEB-1", "WEB-2"]), true))
    );
    assert_eq!(
        search(&fake, 3).await,
        Ok((keys(&["WEB-1", "WEB-2", "WEB-3"]), true))
    );
    let all = keys(&["WEB-1", "WEB-2", "WEB-3", "WEB-4"]);
    assert_eq!(search(&fake, 4).await, Ok((all.clone(), false)));
    assert_eq!(search(&fake, 50).await, Ok((all, false)));
}

#[tokio::test]
async fn pages_that_do_not_end_are_a_bad_answer() {
    let fake = Fake::always(page("searchIssues", &[issue("WEB-1")], Some("again"))).await;
    let expected = TrackerError::BadAnswer("its pages do not end".to_owned());
    assert_eq!(search(&fake, 5).await, Err(expected));
    assert_eq!(fake.received().len(), 2);
}

#[tokio::test]
async fn a_list_is_a_page_with_a_cursor() {
    let nodes = [
        issue("WEB-1"),
        issue_with("WEB-2", "state", json!({"type": "completed"})),
    ];
    let fake = Fake::always(page("issues", &nodes, Some("next"))).await;
    let filter = Filter {
        mine: true,
        status: StatusFilter::Open,
    };
    let tracker = tracker(&fake).await;
    let page = tracker
        .list(deadline(), TEAM, filter, 20, Some("here"))
        .await
        .unwrap();
    assert_eq!(page.next.as_deref(), Some("next"));
    let [ticket] = &page.tickets[..] else {
        panic!("{page:?}");
    };
    assert_eq!(ticket.external_issue_key, "WEB-1");
    let variables = &fake.received()[0].body["variables"];
    assert_eq!(
        (&variables["first"], &variables["after"]),
        (&json!(20), &json!("here"))
    );
    let closed = ["completed", "canceled", "duplicate"];
    let expected = json!({
        "team": {"id": {"eq": TEAM}}, "assignee": {"isMe": {"eq": true}},
        "state": {"type": {"nin": closed}},
    });
    assert_eq!(variables["filter"], expected);
}

#[tokio::test]
async fn kinds_of_states_are_translated() {
    for (name, kind) in [
        ("triage", Some(StatusKind::Backlog)),
        ("backlog", Some(StatusKind::Backlog)),
        ("unstarted", Some(StatusKind::Unstarted)),
        ("started", Some(StatusKind::Started)),
        ("completed", Some(StatusKind::Done)),
        ("canceled", Some(StatusKind::Canceled)),
        ("duplicate", Some(StatusKind::Canceled)),
        ("invented", None),
    ] {
        let state = json!({"name": "x", "type": name});
        let fake = Fake::always(found(&issue_with("WEB-1", "state", state))).await;
        let ticket = tracker(&fake).await.find(deadline(), TEAM, "WEB-1").await;
        assert_eq!(ticket.unwrap().unwrap().status_kind, kind, "{name}");
    }
}

#[tokio::test]
async fn all_teams_are_listed() {
    let team = |key: &str| json!({"id": format!("id-{key}"), "key": key, "name": "A team"});
    let pages = move |request: &Received, _| match request.body["variables"]["after"].as_str() {
        None => page("teams", &[team("WEB"), team("API")], Some("a")),
        _ => page("teams", &[team("MOB")], None),
    };
    let fake = Fake::start(pages).await;
    let teams = tracker(&fake).await.resources(deadline()).await.unwrap();
    let keys: Vec<_> = teams.iter().map(|team| &*team.key).collect();
    assert_eq!(keys, ["WEB", "API", "MOB"]);
    let first = Resource {
        id: "id-WEB".to_owned(),
        key: "WEB".to_owned(),
        name: "A team".to_owned(),
    };
    assert_eq!(teams[0], first);
}

#[tokio::test]
async fn the_account_is_the_owner_of_the_key() {
    let viewer = json!({"id": "u1", "name": "Ada", "email": "ada@example.com"});
    let fake = Fake::always(Answer::ok(&json!({"data": {"viewer": viewer}}))).await;
    let account = tracker(&fake).await.account(deadline()).await.unwrap();
    assert_eq!((&*account.id, &*account.name), ("u1", "Ada"));
    assert_eq!(account.email.as_deref(), Some("ada@example.com"));
}
