//! The list of tickets that `serve` answers, and the mission that starts from it.

use serde_json::{Value, json};

use crate::support::{ControlPlane, LINEAR_TEAM, LIST_PATH, Response, SEARCH_PATH, Sandbox};

/// A ticket for an import.
fn ticket(number: u32, more: &Value) -> Value {
    let mut ticket = json!({
        "provider": "linear", "resource_type": "linear_team", "resource_id": LINEAR_TEAM,
        "external_issue_id": number.to_string(),
        "external_issue_key": format!("WEB-{number}"),
        "title": format!("Ticket {number}"), "status": "Todo",
        "url": format!("https://linear.app/acme/issue/WEB-{number}"),
    });
    let more = more.as_object().unwrap().clone();
    ticket.as_object_mut().unwrap().extend(more);
    ticket
}

/// `serve` with a user, the project `web`, and these tickets.
struct Lists {
    sandbox: Sandbox,
    server: ControlPlane,
    token: String,
}

impl Lists {
    fn of(tickets: &[Value]) -> Self {
        let sandbox = Sandbox::with_project();
        let add = [
            "admin", "user", "add", "kit", "--team", "harbour", "--link", "linear",
        ];
        sandbox
            .run_with_input(
                &[&add[..], &["--password-stdin"]].concat(),
                crate::support::PASSWORD,
            )
            .succeeds();
        let map = ["admin", "project", "map", "web", "--provider", "linear"];
        let resource = [
            "--resource-type",
            "linear_team",
            "--resource-id",
            LINEAR_TEAM,
        ];
        sandbox.run(&[&map[..], &resource].concat()).succeeds();
        ControlPlane::import(&sandbox, &json!(tickets)).succeeds();
        let server = ControlPlane::start(&sandbox, &[]);
        let (token, _) = server.log_in();
        Self {
            sandbox,
            server,
            token,
        }
    }

    fn ask(&self, more: &Value) -> Response {
        let mut body = json!({"provider": "linear", "project_slug": "web", "limit": 20});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.server.ask(&self.token, LIST_PATH, &body)
    }

    fn keys(&self, more: &Value) -> Vec<String> {
        keys(self.ask(more).is_ok())
    }
}

fn keys(answer: &Value) -> Vec<String> {
    let tickets = answer["tickets"].as_array().unwrap().iter();
    let key = |ticket: &Value| ticket["external_issue_key"].as_str().unwrap().to_owned();
    tickets.map(key).collect()
}

fn updated(at: &str) -> Value {
    json!({"updated_at": at})
}

#[test]
fn the_newest_update_comes_first_and_the_rest_in_the_order_of_the_import() {
    let lists = Lists::of(&[
        ticket(1, &json!({})),
        ticket(2, &updated("2026-11-20T10:00:00Z")),
        ticket(3, &updated("2026-11-22T10:00:00+02:00")),
        ticket(4, &updated("2026-11-22T09:00:00Z")),
        ticket(5, &json!({"updated_at": null})),
    ]);
    assert_eq!(
        lists.keys(&json!({})),
        ["WEB-4", "WEB-3", "WEB-2", "WEB-1", "WEB-5"]
    );
    // Another import with an update moves a ticket.
    let newer = ticket(1, &updated("2026-11-23T00:00:00Z"));
    ControlPlane::import(&lists.sandbox, &json!([newer])).succeeds();
    assert_eq!(lists.keys(&json!({}))[0], "WEB-1");
}

#[test]
fn a_ticket_has_all_that_is_known() {
    let more = json!({
        "updated_at": "2026-11-22T10:00:00Z", "assignee": "Ada", "body": "# Text",
        "status_kind": "started",
    });
    let long = json!({"body": "x".repeat(10_000)});
    let lists = Lists::of(&[ticket(1, &more), ticket(2, &long), ticket(3, &json!({}))]);
    let answer = lists.ask(&json!({})).is_ok().clone();
    assert_eq!(
        answer["tickets"][0],
        json!({
            "external_issue_id": "1", "external_issue_key": "WEB-1", "title": "Ticket 1",
            "status": "Todo", "status_kind": "started", "match_type": "text",
            "url": "https://linear.app/acme/issue/WEB-1", "missions": [],
            "assignee": "Ada", "updated_at": "2026-11-22T10:00:00.000Z", "body": "# Text",
        })
    );
    let body = answer["tickets"][1]["body"].as_str().unwrap();
    assert!(
        body.chars().count() <= 4_000 && body.ends_with('…'),
        "{}",
        body.len()
    );
    for field in ["assignee", "updated_at", "body"] {
        assert_eq!(answer["tickets"][2][field], Value::Null, "{field}");
    }
    assert_eq!(answer["resource_type"], "linear_team");
    assert_eq!(answer["resource_id"], LINEAR_TEAM);
    assert_eq!(answer["has_more"], false);
    assert_eq!(answer["next_cursor"], Value::Null);
}

#[test]
fn a_status_selects_tickets() {
    let with = |status: &str, kind: Value| json!({"status": status, "status_kind": kind});
    let lists = Lists::of(&[
        ticket(1, &with("Done", json!(null))),
        ticket(2, &with("Doing", json!("started"))),
        ticket(3, &with("Whatever", json!(null))),
        ticket(4, &with("Dropped", json!("canceled"))),
    ]);
    for (status, expected) in [
        ("open", &["WEB-2", "WEB-3"][..]),
        ("started", &["WEB-2"]),
        ("done", &["WEB-1", "WEB-4"]),
        ("all", &["WEB-1", "WEB-2", "WEB-3", "WEB-4"]),
    ] {
        assert_eq!(lists.keys(&json!({"status": status})), expected, "{status}");
    }
}

/// Mutation check: if a page begins at the ticket where the page before ended, this test fails.
#[test]
fn pages_show_every_ticket_once() {
    let mut tickets: Vec<_> = (1..=5).map(|n| ticket(n, &json!({}))).collect();
    // Several tickets share one time.
    tickets.extend(
        (6..=12).map(|n| ticket(n, &updated(&format!("2026-11-{}T10:00:00Z", 10 + n / 3)))),
    );
    let lists = Lists::of(&tickets);
    let all = lists.keys(&json!({}));
    assert_eq!(all.len(), 12);
    for limit in [1, 4, 5, 12] {
        let mut shown = Vec::new();
        let mut cursor = Value::Null;
        loop {
            let page = lists
                .ask(&json!({"limit": limit, "cursor": cursor}))
                .is_ok()
                .clone();
            assert_eq!(page["has_more"], !page["next_cursor"].is_null());
            shown.extend(keys(&page));
            cursor = page["next_cursor"].clone();
            if cursor.is_null() {
                break;
            }
        }
        assert_eq!(shown, all, "{limit}");
    }
}

#[test]
fn a_wrong_request_is_refused() {
    let lists = Lists::of(&[ticket(1, &json!({}))]);
    for more in [
        json!({"limit": 0}),
        json!({"limit": 101}),
        json!({"cursor": "x"}),
        json!({"status": "blocked"}),
        json!({"project_slug": ""}),
        json!({"provider": "github"}),
    ] {
        lists.ask(&more).refuses(422, "validation_error");
    }
    let unmapped = lists.ask(&json!({"project_slug": "app"}));
    assert_eq!(
        (unmapped.status, &unmapped.body["error_code"]),
        (404, &json!("no_mapping"))
    );
    let body = json!({"provider": "linear", "project_slug": "web", "limit": 1});
    let nobody = lists.server.post(LIST_PATH, &[], &body);
    assert_eq!(nobody.status, 401);
    ControlPlane::add_user(&lists.sandbox, "ada", "office", "jira");
    let (ada, _) = lists.server.log_in_as("ada");
    let unlinked = lists.server.ask(&ada, LIST_PATH, &body);
    assert_eq!(unlinked.status, 403);
}

#[test]
fn nobody_says_which_user_an_assignee_is() {
    let lists = Lists::of(&[ticket(1, &json!({"assignee": "kit"}))]);
    for asked in [json!({}), json!({"mine": null}), json!({"mine": false})] {
        assert_eq!(lists.ask(&asked).is_ok()["mine"], false, "{asked}");
    }
    let refused = lists.ask(&json!({"mine": true}));
    refused.refuses(422, "mine_unknown");
    assert!(refused.body["hint"].is_string(), "{refused:?}");
}

#[test]
fn an_import_refuses_a_time_that_is_none() {
    let lists = Lists::of(&[]);
    for more in [updated("yesterday"), json!({"assignee": 7})] {
        let text = ControlPlane::import(&lists.sandbox, &json!([ticket(1, &more)]));
        assert_eq!(text.code, 2, "{text:?}");
    }
}

#[test]
fn a_mission_starts_from_the_list() {
    let mut lists = Lists::of(&[
        ticket(1, &updated("2026-11-20T10:00:00Z")),
        ticket(2, &updated("2026-11-21T10:00:00Z")),
        ticket(3, &json!({"status": "Done"})),
    ]);
    lists.sandbox.bind_tracker("linear", "web");
    lists.sandbox.commit_all("Bind");
    lists.sandbox.set("SPEC_KITTY_TOKEN", &lists.token);
    lists.sandbox.set("SPEC_KITTY_SERVER", lists.server.url());
    let error = lists.sandbox.run(&["specify", "--json"]).error(7, "none");
    let commands = error["details"]["confirm_commands"].as_array().unwrap();
    assert_eq!(commands.len(), 2, "{error}");
    let command = commands[0].as_str().unwrap();
    let answer = lists
        .sandbox
        .run_line(command)
        .answer("spec-kitty.specify/1");
    assert_eq!(answer["feature_slug"], "061-web-2");
    let listed = lists.ask(&json!({})).is_ok().clone();
    assert_eq!(
        listed["tickets"][0]["missions"][0]["mission_slug"],
        "061-web-2"
    );
}

/// The answer to a search by the key `WEB-number`.
fn found(lists: &Lists, number: u32) -> Value {
    let key = format!("WEB-{number}");
    let body = json!({
        "provider": "linear", "project_slug": "web", "limit": 10, "query_key": key,
    });
    let answer = lists.server.ask(&lists.token, SEARCH_PATH, &body);
    answer.is_ok()["candidates"][0].clone()
}

#[test]
fn a_search_by_key_has_all_that_is_known() {
    let more = json!({
        "updated_at": "2026-11-22T10:00:00Z", "assignee": "Ada", "body": "# Text",
    });
    let lists = Lists::of(&[ticket(1, &more), ticket(2, &json!({}))]);
    let whole = found(&lists, 1);
    assert_eq!(
        whole,
        json!({
            "external_issue_id": "1", "external_issue_key": "WEB-1", "title": "Ticket 1",
            "status": "Todo", "match_type": "exact", "missions": [],
            "url": "https://linear.app/acme/issue/WEB-1",
            "assignee": "Ada", "updated_at": "2026-11-22T10:00:00.000Z", "body": "# Text",
        })
    );
    let unknown = found(&lists, 2);
    for field in ["assignee", "updated_at", "body", "branch_name"] {
        assert_eq!(unknown.get(field), None, "{field}");
    }
    // A search by words shows no text.
    let words = json!({
        "provider": "linear", "project_slug": "web", "limit": 10, "query_text": "ticket",
    });
    let answer = lists.server.ask(&lists.token, SEARCH_PATH, &words);
    let candidates = answer.is_ok()["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 2);
    assert!(candidates.iter().all(|it| it.get("body").is_none()));
}

#[test]
fn a_body_is_clean_and_at_most_64_kib() {
    let of = |body: &Value| json!({"body": body});
    let lists = Lists::of(&[
        ticket(1, &of(&json!("a".repeat(64 * 1024)))),
        ticket(2, &of(&json!("ä".repeat(64 * 1024)))),
        ticket(
            3,
            &of(&json!("one\u{1b}[31mtwo\u{0}\r\nthree\u{202e}\rfour\tfive")),
        ),
        ticket(4, &of(&json!(null))),
        ticket(5, &of(&json!(" \n\t\u{7}"))),
    ]);
    assert_eq!(found(&lists, 1)["body"], "a".repeat(64 * 1024));
    let cut = found(&lists, 2);
    let cut = cut["body"].as_str().unwrap();
    assert!(cut.len() <= 64 * 1024, "{}", cut.len());
    assert!(
        cut.starts_with("ää") && cut.ends_with("[cut: the rest of the description is not shown]\n")
    );
    assert_eq!(found(&lists, 3)["body"], "onetwo\nthree\nfour\tfive");
    for number in [4, 5] {
        assert_eq!(found(&lists, number).get("body"), None, "{number}");
    }
}
