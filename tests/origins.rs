//! Origins at the control plane: which mission has one, who may bind and unbind, what a search says.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::{
    BIND_PATH, ControlPlane, JIRA_PROJECT, LINEAR_TEAM, ME_PATH, Response, SEARCH_PATH,
    STATUS_PATH, Sandbox, UNBIND_PATH,
};

const ULID: &str = "01K4ZV0Q6M3Y1T8W9N5R2D7C4B";
const OTHER_ULID: &str = "01K4ZV0Q6M3Y1T8W9N5R2D7C4C";

/// `serve` with tickets `WEB-1` to `WEB-9`, whose ids are their numbers, and the users kit and ada.
struct Team {
    sandbox: Sandbox,
    server: ControlPlane,
    kit: String,
    ada: String,
    keys: AtomicUsize,
}

impl Team {
    fn start() -> Self {
        let sandbox = Sandbox::new();
        ControlPlane::fill(&sandbox);
        ControlPlane::import_numbered(&sandbox, 9);
        ControlPlane::add_user(&sandbox, "ada", "office", "linear");
        let server = ControlPlane::start(&sandbox, &[]);
        let (kit, _) = server.log_in();
        let (ada, _) = server.log_in_as("ada");
        Self {
            sandbox,
            server,
            kit,
            ada,
            keys: AtomicUsize::new(0),
        }
    }

    fn post(&self, token: &str, path: &str, key: &str, body: &Value) -> Response {
        let headers = [
            ("authorization", &*format!("Bearer {token}")),
            ("idempotency-key", key),
        ];
        self.server.post(path, &headers, body)
    }

    fn new_key(&self) -> String {
        format!("key-{}", self.keys.fetch_add(1, Ordering::Relaxed))
    }

    fn bind(&self, body: &Value) -> Response {
        self.post(&self.kit, BIND_PATH, &self.new_key(), body)
    }

    fn unbind(&self, token: &str, body: &Value) -> Response {
        self.post(token, UNBIND_PATH, &self.new_key(), body)
    }

    fn search(&self, more: Value) -> Value {
        let body = json!({"provider": "linear", "project_slug": "web", "limit": 20});
        let body = merged(body, more);
        self.server
            .ask(&self.kit, SEARCH_PATH, &body)
            .is_ok()
            .clone()
    }

    /// The missions of a ticket: id, slug, repository, who bound it.
    fn missions(&self, ticket: u32) -> Vec<[Value; 4]> {
        let found = self.search(json!({"query_key": format!("WEB-{ticket}")}));
        let missions = found["candidates"][0]["missions"].as_array().unwrap();
        let keys = ["mission_id", "mission_slug", "repository", "bound_by"];
        missions
            .iter()
            .map(|mission| keys.map(|key| mission[key].clone()))
            .collect()
    }

    fn get(&self, token: &str, path: &str) -> Response {
        let headers = [("authorization", &*format!("Bearer {token}"))];
        self.server.call("GET", path, &headers, b"")
    }
}

fn merged(mut body: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!() };
    body.as_object_mut().unwrap().extend(more);
    body
}

/// The ticket of a bind request. Title and status are not those of the store.
fn ticket(number: u32) -> Value {
    json!({
        "provider": "linear", "project_slug": "web",
        "external_issue_id": number.to_string(), "external_issue_key": format!("WEB-{number}"),
        "external_issue_url": "https://linear.app/x", "external_title": "T", "external_status": "",
    })
}

fn bind_body(mission: Value, number: u32) -> Value {
    merged(ticket(number), mission)
}

/// What 3.1.0 sends.
fn slug_only(slug: &str) -> Value {
    json!({"mission_id": slug})
}

fn in_repository(slug: &str, repository: &str) -> Value {
    json!({"mission_id": slug, "mission_slug": slug, "repository": repository})
}

fn with_ulid(ulid: &str, slug: &str, repository: &str) -> Value {
    json!({"mission_id": ulid, "mission_slug": slug, "repository": repository})
}

fn link(response: &Response) -> String {
    let link = response.is_ok()["origin_link_id"].as_str();
    link.unwrap().to_owned()
}

/// Mutation check: with (project, `mission_id`) as the only key, the ULID gets a second origin.
#[test]
fn a_mission_keeps_its_origin_when_it_gets_an_id() {
    let team = Team::start();
    let first = link(&team.bind(&bind_body(in_repository("004-auth", "acme/web"), 1)));
    let with_id = with_ulid(ULID, "004-auth", "acme/web");
    team.bind(&bind_body(with_id.clone(), 2))
        .refuses(409, "origin_conflict");
    assert_eq!(link(&team.bind(&bind_body(with_id.clone(), 1))), first);
    let known = [[
        json!(ULID),
        json!("004-auth"),
        json!("acme/web"),
        json!("kit"),
    ]];
    assert_eq!(team.missions(1), known);

    // An older client sends the slug, and finds the mission too.
    let older = [slug_only("004-auth"), in_repository("004-auth", "acme/web")];
    for mission in older {
        assert_eq!(link(&team.bind(&bind_body(mission.clone(), 1))), first);
        team.bind(&bind_body(mission, 2))
            .refuses(409, "origin_conflict");
        assert_eq!(team.missions(1), known, "the ULID stays");
    }
    // Another user finds it too, but changes nothing that is known.
    let elsewhere = bind_body(with_ulid(ULID, "009-x", "evil/web"), 1);
    let answer = team.post(&team.ada, BIND_PATH, "elsewhere", &elsewhere);
    assert_eq!(link(&answer), first);
    assert_eq!(team.missions(1), known);
    // The repository gets another name, or the mission another number.
    let renamed = with_ulid(ULID, "004-auth", "acme/site");
    assert_eq!(link(&team.bind(&bind_body(renamed, 1))), first);
    let renumbered = with_ulid(ULID, "005-auth", "acme/site");
    assert_eq!(link(&team.bind(&bind_body(renumbered.clone(), 1))), first);
    team.bind(&bind_body(renumbered, 2))
        .refuses(409, "origin_conflict");
    let known = [[
        json!(ULID),
        json!("005-auth"),
        json!("acme/site"),
        json!("kit"),
    ]];
    assert_eq!(team.missions(1), known);
}

#[test]
fn two_repositories_with_the_same_slug_do_not_collide() {
    let team = Team::start();
    let web = link(&team.bind(&bind_body(in_repository("004-auth", "acme/web"), 1)));
    let api = link(&team.bind(&bind_body(in_repository("004-auth", "acme/api"), 2)));
    assert_ne!(web, api);
    let third = team.bind(&bind_body(with_ulid(ULID, "004-auth", "acme/app"), 3));
    assert_ne!(link(&third), web);
    for (repository, number, link_id) in [("acme/web", 1, &web), ("acme/api", 2, &api)] {
        let again = bind_body(in_repository("004-auth", repository), number);
        assert_eq!(link(&team.bind(&again)), *link_id);
    }
    team.bind(&bind_body(in_repository("004-auth", "acme/web"), 2))
        .refuses(409, "origin_conflict");
}

#[test]
fn a_repository_is_remembered_as_soon_as_it_is_known() {
    let team = Team::start();
    let first = link(&team.bind(&bind_body(slug_only("004-auth"), 1)));
    let slug = json!("004-auth");
    let unknown = [slug.clone(), slug.clone(), Value::Null, json!("kit")];
    assert_eq!(team.missions(1), [unknown]);
    let web = in_repository("004-auth", "acme/web");
    team.bind(&bind_body(web.clone(), 2))
        .refuses(409, "origin_conflict");
    assert_eq!(link(&team.bind(&bind_body(web, 1))), first);
    let known = [slug.clone(), slug, json!("acme/web"), json!("kit")];
    assert_eq!(team.missions(1), [known]);
    // From now on the other repository has a mission of its own.
    let other = team.bind(&bind_body(in_repository("004-auth", "acme/api"), 2));
    assert_ne!(link(&other), first);
}

#[test]
fn another_mission_with_the_same_slug_in_one_repository_is_a_conflict() {
    let team = Team::start();
    team.bind(&bind_body(with_ulid(ULID, "004-auth", "acme/web"), 1))
        .is_ok();
    for number in [1, 2] {
        let other = with_ulid(OTHER_ULID, "004-auth", "acme/web");
        let refused = team.bind(&bind_body(other, number));
        refused.refuses(409, "origin_conflict");
        let message = refused.body["message"].as_str().unwrap();
        assert!(
            message.contains("004-auth") && message.contains("WEB-1"),
            "{message}"
        );
    }
    // If one of the repositories is unknown, different ids are different missions.
    let unknown = json!({"mission_id": OTHER_ULID, "mission_slug": "004-auth"});
    team.bind(&bind_body(unknown, 2)).is_ok();
}

#[test]
fn an_exclusive_bind_refuses_a_ticket_with_a_mission() {
    let team = Team::start();
    let exclusive = |mission: Value, number: u32| {
        merged(bind_body(mission, number), json!({"exclusive": true}))
    };
    let first = exclusive(in_repository("013-web-1", "acme/web"), 1);
    let bound = team.bind(&first);
    let (first_link, bound_at) = (link(&bound), bound.body["bound_at"].clone());
    assert_eq!(
        link(&team.bind(&first)),
        first_link,
        "the same mission again"
    );

    // Over every project with this resource, and in every repository.
    let map = ["admin", "project", "map", "site", "--provider", "linear"];
    let resource = [
        "--resource-type",
        "linear_team",
        "--resource-id",
        LINEAR_TEAM,
    ];
    let map = [&map[..], &resource[..]].concat();
    team.sandbox.run(&map).succeeds();
    let mut second = exclusive(in_repository("001-web-1", "acme/site"), 1);
    second["project_slug"] = json!("site");
    let refused = team.bind(&second);
    refused.refuses(409, "ticket_has_mission");
    let mission = json!({
        "mission_id": "013-web-1", "mission_slug": "013-web-1", "repository": "acme/web",
        "bound_by": "kit", "bound_at": bound_at,
    });
    assert_eq!(refused.body["missions"], json!([mission]));
    let message = refused.body["message"].as_str().unwrap();
    for word in ["WEB-1", "013-web-1", "kit", bound_at.as_str().unwrap()] {
        assert!(message.contains(word), "{word} is not in {message}");
    }
    // A mission with another origin has that conflict, whatever the ticket has.
    team.bind(&bind_body(in_repository("014-x", "acme/web"), 2))
        .is_ok();
    team.bind(&exclusive(in_repository("014-x", "acme/web"), 1))
        .refuses(409, "origin_conflict");
    // Without the flag a ticket may have several missions.
    second["exclusive"] = json!(false);
    team.bind(&second).is_ok();
    assert_eq!(team.missions(1).len(), 2);
}

/// Two clones of a repository that start from one ticket at once give their missions one number.
#[test]
fn an_exclusive_bind_of_another_mission_with_the_same_slug_names_the_first() {
    let team = Team::start();
    let exclusive = |id: &str| {
        let mission = with_ulid(id, "013-web-1", "acme/web");
        merged(bind_body(mission, 1), json!({"exclusive": true}))
    };
    team.bind(&exclusive(ULID)).is_ok();
    let refused = team.bind(&exclusive(OTHER_ULID));
    refused.refuses(409, "ticket_has_mission");
    assert_eq!(refused.body["missions"][0]["mission_id"], ULID);
}

#[test]
fn of_exclusive_binds_that_race_one_wins() {
    let team = Team::start();
    let bodies: Vec<_> = (0..16)
        .map(|n| {
            let mission = in_repository(&format!("013-web-{n}"), &format!("acme/{n}"));
            merged(bind_body(mission, 7), json!({"exclusive": true}))
        })
        .collect();
    let answers: Vec<Response> = std::thread::scope(|scope| {
        let threads: Vec<_> = bodies
            .iter()
            .map(|body| scope.spawn(|| team.bind(body)))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let count = |status: u16| answers.iter().filter(|a| a.status == status).count();
    assert_eq!((count(200), count(409)), (1, 15), "{answers:?}");
    assert_eq!(team.missions(7).len(), 1);
}

#[test]
fn only_a_ticket_of_the_projects_resource_can_be_bound() {
    let team = Team::start();
    let mission = || in_repository("004-auth", "acme/web");
    for change in [
        json!({"external_issue_id": "999"}),
        json!({"external_issue_key": "WEB-999"}),
        // The key of another ticket, and a ticket of the Jira project.
        json!({"external_issue_key": "WEB-2"}),
        json!({"external_issue_id": "20007", "external_issue_key": "IAM-7"}),
    ] {
        let body = merged(bind_body(mission(), 1), change);
        team.post(&team.kit, BIND_PATH, "one-key", &body)
            .refuses(404, "ticket_not_found");
    }
    assert!(team.missions(1).is_empty());
    // A refused request does not use up its key; the case of the key does not matter.
    let lower = json!({"external_issue_key": "web-1"});
    let body = merged(bind_body(mission(), 1), lower);
    team.post(&team.kit, BIND_PATH, "one-key", &body).is_ok();
    // A client's title and URL are not stored.
    let listed = team.sandbox.run(&["admin", "origin", "list", "--json"]);
    let listed = listed.answer("spec-kitty.admin-origin-list/1");
    let origin = &listed["origins"][0];
    assert_eq!(origin["external_issue_key"], "WEB-1");
    assert_eq!(origin["title"], "Ticket 1");
    assert_eq!(origin["url"], "https://linear.app/acme/issue/WEB-1");
}

#[test]
fn a_search_says_what_the_tickets_have_already() {
    let team = Team::start();
    let none = team.search(json!({"query_key": "WEB-3"}));
    assert_eq!(none["candidates"][0]["missions"], json!([]));
    assert_eq!(none["has_more"], false);
    team.bind(&bind_body(with_ulid(ULID, "003-a", "acme/web"), 3))
        .is_ok();
    let body = bind_body(in_repository("004-b", "acme/api"), 3);
    team.post(&team.ada, BIND_PATH, "a", &body).is_ok();
    let expected = [
        [json!(ULID), json!("003-a"), json!("acme/web"), json!("kit")],
        [
            json!("004-b"),
            json!("004-b"),
            json!("acme/api"),
            json!("ada"),
        ],
    ];
    assert_eq!(team.missions(3), expected);
    let by_text = team.search(json!({"query_text": "ticket 3"}));
    let missions = by_text["candidates"][0]["missions"].as_array().unwrap();
    assert_eq!(missions.len(), 2);
    assert!(missions[0]["bound_at"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn open_tickets_come_first_and_the_status_filters() {
    let team = Team::start();
    let ticket = |number: u32, title: &str, more: Value| {
        let ticket = json!({
            "provider": "linear", "resource_type": "linear_team", "resource_id": LINEAR_TEAM,
            "external_issue_id": format!("s{number}"), "external_issue_key": format!("OPS-{number}"),
            "title": title, "status": "Whatever", "url": "https://linear.app/x",
        });
        merged(ticket, more)
    };
    let tickets = json!([
        ticket(1, "lighthouse", json!({"status": "Done"})),
        ticket(2, "lighthouse lamp", json!({"status": "closed"})),
        ticket(
            3,
            "the lamp of the lighthouse",
            json!({"status_kind": "started"})
        ),
        ticket(
            4,
            "a lighthouse and a very long title",
            json!({"status": "Cancelled"})
        ),
        ticket(
            5,
            "paint the lighthouse in the colours of the harbour",
            json!({})
        ),
        ticket(
            6,
            "lighthouse keeper",
            json!({"status": "Done", "status_kind": "backlog"})
        ),
        ticket(7, "lighthouse stairs", json!({"status": "Resolved"})),
        ticket(8, "lighthouse tours", json!({"status": "Canceled"})),
    ]);
    ControlPlane::import(&team.sandbox, &tickets).succeeds();
    let search = |more: Value| {
        let query = merged(json!({"query_text": "lighthouse"}), more);
        let found = team.search(query);
        let candidates = found["candidates"].as_array().unwrap();
        let key = |ticket: &Value| {
            let key = ticket["external_issue_key"].as_str().unwrap();
            key.trim_start_matches("OPS-").parse::<u32>().unwrap()
        };
        (
            candidates.iter().map(key).collect::<Vec<_>>(),
            found["has_more"].clone(),
        )
    };
    let (all, has_more) = search(json!({}));
    assert_eq!(has_more, false);
    assert_eq!(all.len(), 8);
    let sorted = |mut keys: Vec<u32>| {
        keys.sort_unstable();
        keys
    };
    assert_eq!(
        sorted(all[..3].to_vec()),
        [3, 5, 6],
        "open tickets are first"
    );
    // The shortest title matches best.
    assert_eq!((all[0], all[3]), (6, 1), "{all:?}");
    let (few, has_more) = search(json!({"limit": 4}));
    assert_eq!((few, has_more), (all[..4].to_vec(), json!(true)));
    for (status, expected) in [
        ("open", &[3, 5, 6][..]),
        ("started", &[3]),
        ("done", &[1, 2, 4, 7, 8]),
        ("all", &[1, 2, 3, 4, 5, 6, 7, 8]),
    ] {
        let (found, has_more) = search(json!({"status": status}));
        assert_eq!((&*sorted(found), has_more), (expected, json!(false)));
        let count = expected.len();
        let (found, has_more) = search(json!({"status": status, "limit": count}));
        assert_eq!((found.len(), has_more), (count, json!(false)));
    }
    let kind = |number: u32| {
        let found = team.search(json!({"query_key": format!("ops-{number}")}));
        found["candidates"][0]["status_kind"].clone()
    };
    assert_eq!([1, 2, 4, 7].map(kind), ["done", "done", "canceled", "done"]);
    assert_eq!([3, 6, 8].map(kind), ["started", "backlog", "canceled"]);
    assert_eq!(kind(5), Value::Null);
    let done = json!({"query_key": "ops-1", "status": "open"});
    assert_eq!(team.search(done)["candidates"], json!([]));
    let odd = json!({"query_text": "x", "status": "odd", "provider": "linear", "limit": 1,
        "project_slug": "web"});
    team.server
        .ask(&team.kit, SEARCH_PATH, &odd)
        .refuses(422, "validation_error");
    let wrong = json!([ticket(9, "x", json!({"status_kind": "odd"}))]);
    let refused = ControlPlane::import(&team.sandbox, &wrong).error(2, "none");
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("status_kind"), "{message}");
}

#[test]
fn the_user_who_bound_a_mission_can_unbind_it() {
    let team = Team::start();
    let mission = in_repository("004-auth", "acme/web");
    let body = bind_body(mission.clone(), 1);
    let bind = || team.post(&team.kit, BIND_PATH, "bind", &body);
    let first = link(&bind());
    let mut named = mission;
    named["provider"] = json!("linear");
    named["project_slug"] = json!("web");

    team.unbind(&team.ada, &named)
        .refuses(403, "not_the_binder");
    let unkeyed = team.server.ask(&team.kit, UNBIND_PATH, &named);
    unkeyed.refuses(422, "idempotency_key_required");
    for (change, status, code) in [
        (json!({"mission_id": ""}), 422, "validation_error"),
        (json!({"repository": "acme/api"}), 404, "origin_not_found"),
        (
            json!({"mission_id": "9", "mission_slug": "9"}),
            404,
            "origin_not_found",
        ),
        (json!({"project_slug": "moon"}), 404, "no_mapping"),
    ] {
        let other = merged(named.clone(), change);
        team.unbind(&team.kit, &other).refuses(status, code);
    }
    assert_eq!(team.missions(1).len(), 1);

    let unbind = |path: &str| team.post(&team.kit, path, "unbind", &named);
    let answer = unbind(UNBIND_PATH);
    assert_eq!(*answer.is_ok(), json!({"unbound": true}));
    assert_eq!(team.missions(1).len(), 0);
    assert_eq!(unbind(UNBIND_PATH.trim_end_matches('/')).body, answer.body);
    team.unbind(&team.kit, &named)
        .refuses(404, "origin_not_found");
    team.post(&team.kit, UNBIND_PATH, "bind", &named)
        .refuses(404, "origin_not_found");
    let reused = merged(named.clone(), json!({"mission_slug": "other"}));
    team.post(&team.kit, UNBIND_PATH, "unbind", &reused)
        .refuses(422, "idempotency_key_reused");

    // The stored answer named a link that is gone.
    let second = link(&bind());
    assert_ne!(second, first);
    assert_eq!(team.missions(1).len(), 1);
    assert_eq!(link(&bind()), second);
    let log = team.server.stop();
    assert!(
        log.contains("origin removed") && log.contains(&first),
        "{log}"
    );
    assert!(!log.contains("Ticket 1"), "{log}");
}

/// A refusal that was stored for its key names a link too.
#[test]
fn a_refusal_ends_with_the_origin_that_caused_it() {
    let team = Team::start();
    let mission = in_repository("004-auth", "acme/web");
    team.bind(&bind_body(mission.clone(), 1)).is_ok();
    let exclusive = json!({"exclusive": true, "mission_id": "005-x", "mission_slug": "005-x"});
    let waiting = [
        (bind_body(mission.clone(), 2), "origin_conflict"),
        (
            merged(bind_body(mission.clone(), 1), exclusive),
            "ticket_has_mission",
        ),
    ];
    for (body, code) in &waiting {
        for _ in 0..2 {
            team.post(&team.kit, BIND_PATH, code, body)
                .refuses(409, code);
        }
    }
    let project = json!({"provider": "linear", "project_slug": "web"});
    team.unbind(&team.kit, &merged(mission, project)).is_ok();
    for (body, key) in &waiting {
        team.post(&team.kit, BIND_PATH, key, body).is_ok();
    }
}

#[test]
fn an_unbind_finds_its_mission_by_the_rules_of_a_bind() {
    let team = Team::start();
    let project = json!({"provider": "linear", "project_slug": "web"});
    let named = |mission: Value| merged(project.clone(), mission);
    for (bound, wanted) in [
        (slug_only("004-a"), in_repository("004-a", "acme/web")),
        (in_repository("004-a", "acme/web"), slug_only("004-a")),
        (
            in_repository("004-a", "acme/web"),
            with_ulid(ULID, "004-a", "acme/web"),
        ),
        (with_ulid(ULID, "004-a", "acme/web"), slug_only("004-a")),
        (
            with_ulid(ULID, "004-a", "acme/web"),
            with_ulid(ULID, "9-b", "acme/new"),
        ),
        // The id alone, of a mission that only the server knows.
        (with_ulid(ULID, "004-a", "acme/web"), slug_only(ULID)),
    ] {
        team.bind(&bind_body(bound.clone(), 1)).is_ok();
        assert_eq!(
            team.unbind(&team.kit, &named(wanted)).status,
            200,
            "{bound}"
        );
        assert_eq!(team.missions(1).len(), 0, "{bound}");
    }
    team.bind(&bind_body(with_ulid(ULID, "004-a", "acme/web"), 1))
        .is_ok();
    let other = named(with_ulid(OTHER_ULID, "004-a", "acme/web"));
    team.unbind(&team.kit, &other)
        .refuses(404, "origin_not_found");
    // Two missions fit: nothing is removed by guess.
    team.bind(&bind_body(in_repository("004-a", "acme/api"), 2))
        .is_ok();
    let refused = team.unbind(&team.kit, &named(slug_only("004-a")));
    refused.refuses(422, "validation_error");
    let message = refused.body["message"].as_str().unwrap();
    assert!(message.starts_with("repository"), "{message}");
    assert_eq!((team.missions(1).len(), team.missions(2).len()), (1, 1));
}

#[test]
fn a_long_name_of_a_mission_is_refused() {
    let team = Team::start();
    let long = "x".repeat(256);
    for field in ["mission_id", "mission_slug", "repository"] {
        let mut mission = with_ulid(ULID, "004-a", "acme/web");
        mission[field] = json!(long);
        let refused = team.bind(&bind_body(mission, 1));
        refused.refuses(422, "validation_error");
        assert!(refused.body["message"].as_str().unwrap().starts_with(field));
    }
}

#[test]
fn says_who_the_caller_is() {
    let team = Team::start();
    ControlPlane::add_user(&team.sandbox, "eve@acme.example", "harbour", "jira");
    ControlPlane::add_user(&team.sandbox, "eve@acme.example", "office", "jira");
    let (eve, _) = team.server.log_in_as("eve@acme.example");
    for path in [ME_PATH, &format!("{ME_PATH}/")] {
        let me = team.get(&team.kit, path);
        let email = "kit@localhost";
        let body = me.is_ok();
        assert_eq!(
            (&body["user_id"], &body["email"]),
            (&json!(email), &json!(email))
        );
        assert_eq!(body["name"], "kit");
        let me = team.get(&eve, path);
        let body = me.is_ok();
        assert_eq!(body["user_id"], "eve@acme.example");
        assert_eq!(body["email"], "eve@acme.example");
        let ids = |key: &str| -> Vec<Value> {
            let teams = body["teams"].as_array().unwrap();
            teams.iter().map(|team| team[key].clone()).collect()
        };
        assert_eq!(ids("id"), ["harbour", "office"]);
        assert_eq!(ids("name"), ["harbour", "office"]);
        assert_eq!(ids("role"), ["member", "member"]);
    }
    team.server
        .call("GET", ME_PATH, &[], b"")
        .refuses(401, "not_authenticated");
}

#[test]
fn says_which_projects_are_mapped() {
    let team = Team::start();
    let status = |query: &str| team.get(&team.kit, &format!("{STATUS_PATH}{query}"));
    let all = status("?provider=linear").is_ok().clone();
    let web = &all["bindings"][0];
    assert_eq!(all["provider"], "linear");
    assert_eq!(
        (&all["connected"], &all["resource_count"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(all["bindings"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&web["project_slug"], &web["project_name"]),
        (&json!("web"), &json!("web"))
    );
    assert_eq!(
        (&web["provider"], &web["status"]),
        (&json!("linear"), &json!("active"))
    );
    assert_eq!(web["resource_id"], LINEAR_TEAM);
    let reference = web["binding_ref"].as_str().unwrap();
    for one in ["project_slug=web", &format!("binding_ref={reference}")] {
        let one = status(&format!("?provider=linear&{one}"));
        assert_eq!(one.is_ok()["bindings"], all["bindings"]);
    }
    let jira = status("?provider=jira&project_slug=identity")
        .is_ok()
        .clone();
    assert_eq!(jira["connected"], false);
    assert_eq!(jira["bindings"][0]["resource_id"], JIRA_PROJECT);
    let bare = team.get(
        &team.kit,
        &format!("{}?provider=jira", STATUS_PATH.trim_end_matches('/')),
    );
    assert_eq!(bare.is_ok()["bindings"].as_array().unwrap().len(), 1);
    for wrong in [
        "project_slug=moon",
        "project_slug=identity",
        "binding_ref=x",
    ] {
        status(&format!("?provider=linear&{wrong}")).refuses(404, "no_mapping");
    }
    for wrong in ["", "?provider=", "?provider=github", "?project_slug=web"] {
        status(wrong).refuses(422, "validation_error");
    }
    team.server
        .call("GET", STATUS_PATH, &[], b"")
        .refuses(401, "not_authenticated");
}
