//! `spec-kitty admin` on users, sessions, tokens, projects and origins of a running server.

use std::fs;

use serde_json::{Value, json};

use crate::support::{
    BIND_PATH, ControlPlane, JIRA_PROJECT, ME_PATH, Output, PASSWORD, Response, SEARCH_PATH,
    Sandbox, TOKEN_PATH, Terminal, UNBIND_PATH,
};

fn admin(sandbox: &Sandbox, words: &[&str]) -> Output {
    sandbox.run(&[&["admin"], words, &["--json"]].concat())
}

/// The array of a list document, which has exactly one besides `warnings`.
fn list(sandbox: &Sandbox, noun: &str) -> Vec<Value> {
    let document =
        admin(sandbox, &[noun, "list"]).answer(&format!("spec-kitty.admin-{noun}-list/1"));
    let arrays = document
        .as_object()
        .unwrap()
        .iter()
        .filter(|(key, value)| value.is_array() && *key != "warnings");
    let arrays: Vec<_> = arrays.map(|(_, value)| value.as_array().unwrap()).collect();
    assert_eq!(arrays.len(), 1, "{document}");
    for row in arrays[0] {
        assert!(!row["id"].is_null(), "{row}");
    }
    arrays[0].clone()
}

fn bind(server: &ControlPlane, token: &str, key: &str, mission: &str, number: u32) -> Response {
    let body = json!({
        "provider": "linear", "project_slug": "web", "mission_id": mission, "mission_slug": mission,
        "repository": "acme/web", "external_issue_id": number.to_string(),
        "external_issue_key": format!("WEB-{number}"), "external_issue_url": "https://linear.app/x",
        "external_title": "T", "external_status": "",
    });
    keyed(server, BIND_PATH, token, key, &body)
}

fn keyed(server: &ControlPlane, path: &str, token: &str, key: &str, body: &Value) -> Response {
    let headers = [
        ("authorization", &*format!("Bearer {token}")),
        ("idempotency-key", key),
    ];
    server.post(path, &headers, body)
}

fn filled(sandbox: &Sandbox) -> ControlPlane {
    ControlPlane::fill(sandbox);
    ControlPlane::import_numbered(sandbox, 3);
    ControlPlane::start(sandbox, &[])
}

fn works(server: &ControlPlane, token: &str) -> bool {
    let headers = [("authorization", &*format!("Bearer {token}"))];
    let status = server.call("GET", ME_PATH, &headers, b"").status;
    assert!(matches!(status, 200 | 401), "{status}");
    status == 200
}

fn log_in(server: &ControlPlane, password: &str) -> Response {
    let body = json!({"username": "kit", "password": password});
    server.post(TOKEN_PATH, &[], &body)
}

#[test]
fn links_a_user_without_a_password_and_ends_no_session() {
    let sandbox = Sandbox::new();
    let server = filled(&sandbox);
    let (access, _) = server.log_in();
    let jira =
        json!({"provider": "jira", "project_slug": "identity", "limit": 1, "query_key": "x"});
    let search = || server.ask(&access, SEARCH_PATH, &jira);
    search().refuses(403, "account_not_linked");
    assert_eq!(
        search().body["hint"],
        "ask the host to run: spec-kitty admin user link kit jira"
    );
    let set = |verb: &str| {
        let answer = admin(&sandbox, &["user", verb, "kit", "jira"]);
        let answer = answer.answer(&format!("spec-kitty.admin-user-{verb}/1"));
        (answer["changed"].clone(), answer["links"].clone())
    };
    let both = json!(["jira", "linear"]);
    assert_eq!(set("link"), (json!(true), both.clone()));
    assert_eq!(set("link"), (json!(false), both));
    search().is_ok();
    assert_eq!(set("unlink"), (json!(true), json!(["linear"])));
    assert_eq!(set("unlink"), (json!(false), json!(["linear"])));
    search().refuses(403, "account_not_linked");
    for verb in ["link", "unlink"] {
        let error = admin(&sandbox, &["user", verb, "nobody", "jira"]).error(3, "none");
        assert_eq!(error["code"], "not_found");
        admin(&sandbox, &["user", verb, "kit", "github"]).error(2, "none");
    }
    let text = sandbox.run(&["admin", "user", "link", "kit", "JIRA"]);
    assert_eq!(text.succeeds().stdout, "kit is linked to Jira\n");
}

#[test]
fn a_refusal_says_what_the_host_can_do() {
    let sandbox = Sandbox::new();
    let server = filled(&sandbox);
    let (access, _) = server.log_in();
    let hint = |body: Value| {
        let refused = server.ask(&access, SEARCH_PATH, &body);
        assert!(matches!(refused.status, 403 | 404), "{refused:?}");
        refused.body["hint"].as_str().unwrap_or_default().to_owned()
    };
    let unmapped =
        json!({"provider": "linear", "project_slug": "x y", "limit": 1, "query_key": "x"});
    assert_eq!(
        hint(unmapped),
        "ask the host to run: spec-kitty admin project map 'x y' --provider linear \
         --resource-type linear_team --resource-id ID"
    );
    let unmapped = json!({"provider": "linear", "binding_ref": "x", "limit": 1, "query_key": "x"});
    let by_reference = hint(unmapped);
    assert!(
        by_reference.contains("tracker bind --provider linear"),
        "{by_reference}"
    );
    let refused = bind(&server, &access, "a", "061-x", 99);
    refused.refuses(404, "ticket_not_found");
    assert!(
        refused.body["hint"]
            .as_str()
            .unwrap()
            .contains("admin tickets import")
    );
    let headers = [
        ("authorization", &*format!("Bearer {access}")),
        ("x-team-slug", "office"),
    ];
    let refused = server.call("GET", ME_PATH, &headers, b"");
    refused.refuses(403, "not_in_team");
    assert!(refused.body["hint"].as_str().unwrap().contains("--team"));
}

#[test]
fn sets_a_password_and_ends_the_sessions_of_the_old_one() {
    let sandbox = Sandbox::new();
    let server = filled(&sandbox);
    let (access, _) = server.log_in();
    let token = create_token(&sandbox, &[]);
    let passwd = |name: &str, password: &str| {
        let words = [
            "admin",
            "user",
            "passwd",
            name,
            "--password-stdin",
            "--json",
        ];
        sandbox.run_with_input(&words, password)
    };
    admin(&sandbox, &["user", "passwd", "kit"]).error(7, "none");
    passwd("kit", "").error(2, "none");
    passwd("nobody", "another").error(3, "none");
    assert!(works(&server, &access));
    passwd("kit", "another\n").answer("spec-kitty.admin-user-passwd/1");
    assert!(!works(&server, &access));
    assert!(
        works(&server, &token),
        "a token does not depend on the password"
    );
    log_in(&server, PASSWORD).refuses(401, "invalid_credentials");
    log_in(&server, "another").is_ok();
    assert_eq!(list(&sandbox, "user")[0]["links"], json!(["linear"]));
}

#[test]
fn removes_a_user_and_keeps_what_they_bound() {
    let sandbox = Sandbox::new();
    let server = filled(&sandbox);
    ControlPlane::add_user(&sandbox, "ada", "harbour", "linear");
    let (kit, _) = server.log_in();
    let (ada, _) = server.log_in_as("ada");
    let token = create_token(&sandbox, &[]);
    bind(&server, &kit, "a", "061-web", 1).is_ok();
    let remove =
        |name: &str, more: &[&str]| admin(&sandbox, &[&["user", "remove", name], more].concat());
    let error = remove("kit", &[]).error(7, "none");
    assert_eq!(
        error["details"]["confirm_command"],
        "spec-kitty admin user remove kit --json --yes"
    );
    assert!(works(&server, &kit));
    remove("nobody", &["--yes"]).error(3, "none");
    let schema = "spec-kitty.admin-user-remove/1";
    assert_eq!(remove("kit", &["--yes"]).answer(schema)["removed"], true);
    assert_eq!(remove("kit", &["--yes"]).answer(schema)["removed"], false);

    assert!(!works(&server, &kit) && !works(&server, &token));
    log_in(&server, PASSWORD).refuses(401, "invalid_credentials");
    let names = || -> Vec<Value> {
        let users = list(&sandbox, "user").into_iter();
        users.map(|user| user["name"].clone()).collect()
    };
    assert_eq!(names(), ["ada"]);
    let link = ["user", "link", "kit", "jira"];
    admin(&sandbox, &link).error(3, "none");
    let origins = list(&sandbox, "origin");
    assert_eq!(origins[0]["bound_by"], "kit");
    let unbind = json!({"provider": "linear", "project_slug": "web", "mission_id": "061-web"});
    let refused = keyed(&server, UNBIND_PATH, &ada, "b", &unbind);
    refused.refuses(403, "not_the_binder");
    let id = origins[0]["id"].as_str().unwrap();
    let hint = refused.body["hint"].as_str().unwrap();
    assert!(
        hint.contains(&format!("spec-kitty admin origin remove {id}")),
        "{hint}"
    );

    // The same name is the same user again.
    ControlPlane::add_user(&sandbox, "kit", "harbour", "linear");
    assert_eq!(names(), ["ada", "kit"]);
    let (kit, _) = server.log_in();
    keyed(&server, UNBIND_PATH, &kit, "c", &unbind).is_ok();
}

#[test]
fn lists_who_is_there_and_who_is_logged_in() {
    let sandbox = Sandbox::new();
    let server = filled(&sandbox);
    ControlPlane::add_user(&sandbox, "ada", "office", "jira");
    let (_, _) = server.log_in();
    let (access, refresh) = server.log_in_as("ada");
    let users = list(&sandbox, "user");
    assert_eq!(
        (&users[0]["name"], &users[0]["teams"]),
        (&json!("ada"), &json!(["office"]))
    );
    assert_eq!(users[1]["links"], json!(["linear"]));
    let sessions = list(&sandbox, "session");
    let who: Vec<_> = sessions.iter().map(|s| (&s["user"], &s["team"])).collect();
    assert_eq!(
        who,
        [
            (&json!("kit"), &json!("harbour")),
            (&json!("ada"), &json!("office"))
        ]
    );
    let projects = list(&sandbox, "project");
    assert_eq!(projects[0]["name"], "identity");
    assert_eq!(projects[0]["resource_id"], JIRA_PROJECT);
    assert_eq!(projects[1]["origins"], 0);
    for noun in ["user", "session", "token", "project", "origin"] {
        let text = sandbox.run(&["admin", noun, "list"]).succeeds().stdout;
        assert!(
            !text.contains(&access) && !text.contains(&refresh),
            "{text}"
        );
        assert_eq!(text.lines().count(), list(&sandbox, noun).len(), "{text}");
    }
    let revoke = |id: &Value, more: &[&str]| {
        admin(
            &sandbox,
            &[&["session", "revoke", &id.to_string()], more].concat(),
        )
    };
    let id = &sessions[1]["id"];
    revoke(id, &[]).error(7, "none");
    assert!(works(&server, &access));
    let schema = "spec-kitty.admin-session-revoke/1";
    assert_eq!(revoke(id, &["--yes"]).answer(schema)["revoked"], true);
    assert!(!works(&server, &access));
    // A later session does not get the same id, so a repeated command ends nothing.
    let (later, _) = server.log_in_as("ada");
    assert_eq!(revoke(id, &["--yes"]).answer(schema)["revoked"], false);
    assert!(works(&server, &later));
    revoke(&json!(999), &["--yes"]).error(3, "none");
    revoke(&json!("x"), &["--yes"]).error(2, "none");
}

/// Creates the token `ci` of kit.
fn create_token(sandbox: &Sandbox, more: &[&str]) -> String {
    let create = [
        "token", "create", "--user", "kit", "--team", "harbour", "--name", "ci",
    ];
    let created = admin(sandbox, &[&create[..], more].concat());
    let token = created.answer("spec-kitty.admin-token-create/1")["token"].clone();
    token.as_str().unwrap().to_owned()
}

#[test]
fn a_token_works_until_it_is_revoked() {
    let server_side = Sandbox::new();
    let server = filled(&server_side);
    let token = create_token(&server_side, &["--expires", "90d"]);
    assert!(works(&server, &token));
    bind(&server, &token, "a", "061-web", 1).is_ok();
    let tokens = list(&server_side, "token");
    assert_eq!(
        (&tokens[0]["name"], &tokens[0]["user"]),
        (&json!("ci"), &json!("kit"))
    );
    assert!(tokens[0]["expires_at"].as_str().unwrap().ends_with('Z'));
    assert!(!tokens[0].to_string().contains(&token));
    assert_eq!(list(&server_side, "session").len(), 0);
    for entry in fs::read_dir(server_side.state().join("control-plane")).unwrap() {
        let stored = fs::read(entry.unwrap().path()).unwrap();
        let found = stored.windows(token.len()).any(|w| w == token.as_bytes());
        assert!(!found, "the token is in the store");
    }

    let mut ci = Sandbox::with_git();
    ci.init_project();
    ci.bind_tracker("linear", "web");
    ci.set("SPEC_KITTY_SERVER", server.url());
    ci.set("SPEC_KITTY_TOKEN", &token);
    let search = ["tracker", "search-origin", "--key", "WEB-2", "--json"];
    ci.run(&search).answer("spec-kitty.search-origin/1");

    let id = tokens[0]["id"].to_string();
    let revoke = |more: &[&str]| admin(&server_side, &[&["token", "revoke", &id], more].concat());
    revoke(&[]).error(7, "none");
    let schema = "spec-kitty.admin-token-revoke/1";
    // A session is not a token.
    server.log_in();
    let session = list(&server_side, "session")[0]["id"].to_string();
    admin(&server_side, &["token", "revoke", &session, "--yes"]).error(3, "none");
    admin(&server_side, &["session", "revoke", &id, "--yes"]).error(3, "none");
    assert_eq!(revoke(&["--yes"]).answer(schema)["revoked"], true);
    assert_eq!(revoke(&["--yes"]).answer(schema)["revoked"], false);
    assert!(!works(&server, &token));
    ci.run(&search).error(4, "none");
    assert_eq!(list(&server_side, "token").len(), 0);
}

#[test]
fn a_token_needs_a_member_and_a_new_name() {
    let sandbox = Sandbox::new();
    let _server = filled(&sandbox);
    let create = |user: &str, team: &str, name: &str, more: &[&str]| {
        let words = [
            "token", "create", "--user", user, "--team", team, "--name", name,
        ];
        admin(&sandbox, &[&words[..], more].concat())
    };
    let first = create("kit", "harbour", "ci", &[]).answer("spec-kitty.admin-token-create/1");
    assert_eq!(first["expires_at"], Value::Null);
    let error = create("kit", "harbour", "ci", &[]).error(6, "none");
    assert_eq!(error["code"], "token_name_taken");
    create("nobody", "harbour", "ci", &[]).error(3, "none");
    create("kit", "office", "ci", &[]).error(5, "none");
    create("kit", "harbour", "", &[]).error(2, "none");
    create("kit", "harbour", "x", &["--expires", "soon"]).error(2, "none");
    let text = [
        "admin", "token", "create", "--user", "kit", "--team", "harbour", "--name", "two",
    ];
    let text = sandbox.run(&text).succeeds().stdout;
    assert!(
        text.starts_with("token\t") && text.contains("\nname\ttwo\n"),
        "{text}"
    );
    let status = admin(&sandbox, &["status"]).answer("spec-kitty.admin-status/1");
    assert_eq!(
        (&status["tokens"], &status["sessions"]),
        (&json!(2), &json!(0))
    );
}

#[test]
fn unmaps_a_project_with_origins_only_by_force() {
    let sandbox = Sandbox::new();
    let server = filled(&sandbox);
    let (access, _) = server.log_in();
    bind(&server, &access, "a", "061-web", 1).is_ok();
    let unmap =
        |slug: &str, more: &[&str]| admin(&sandbox, &[&["project", "unmap", slug], more].concat());
    for more in [&[][..], &["--yes"]] {
        let error = unmap("web", more).error(6, "none");
        assert_eq!(error["code"], "project_has_origins");
        assert_eq!(error["details"]["origins"], 1);
    }
    unmap("web", &["--force"]).error(7, "none");
    unmap("identity", &[]).error(7, "none");
    assert_eq!(list(&sandbox, "project").len(), 2);
    let schema = "spec-kitty.admin-project-unmap/1";
    let answer = unmap("web", &["--force", "--yes"]).answer(schema);
    assert_eq!(answer["origins_removed"], 1);
    assert_eq!(
        unmap("identity", &["--yes"]).answer(schema)["origins_removed"],
        0
    );
    unmap("web", &["--force", "--yes"]).error(3, "none");
    assert_eq!(
        list(&sandbox, "project").len() + list(&sandbox, "origin").len(),
        0
    );
    bind(&server, &access, "a", "061-web", 1).refuses(404, "no_mapping");
}

#[test]
fn removes_an_origin_so_that_its_mission_can_be_bound_again() {
    let sandbox = Sandbox::new();
    let server = filled(&sandbox);
    let (access, _) = server.log_in();
    let bound = bind(&server, &access, "a", "061-web", 1);
    let id = bound.is_ok()["origin_link_id"].as_str().unwrap();
    let remove =
        |id: &str, more: &[&str]| admin(&sandbox, &[&["origin", "remove", id], more].concat());
    remove(id, &[]).error(7, "none");
    bind(&server, &access, "b", "061-web", 2).refuses(409, "origin_conflict");
    let mut asking = Terminal::start(sandbox.command(&["admin", "origin", "remove", id]));
    asking.wait_for("Remove the origin WEB-1 of mission 061-web in project web? (y/N)");
    asking.type_text("n\n");
    assert_eq!(asking.finish(), 7, "{}", asking.screen());
    assert_eq!(list(&sandbox, "origin").len(), 1);

    let removed = remove(id, &["--yes"]).answer("spec-kitty.admin-origin-remove/1");
    assert_eq!(removed["external_issue_key"], "WEB-1");
    remove(id, &["--yes"]).error(3, "none");
    // The stored answers of both keys named the link that is gone.
    bind(&server, &access, "b", "061-web", 2).is_ok();
    bind(&server, &access, "a", "061-web", 1).refuses(409, "origin_conflict");
}

#[test]
fn maps_only_the_resource_types_of_the_tracker() {
    let sandbox = Sandbox::new();
    let map = |provider: &str, kind: &str| {
        let map = [
            "project",
            "map",
            "web",
            "--provider",
            provider,
            "--resource-id",
            "T",
        ];
        admin(&sandbox, &[&map[..], &["--resource-type", kind]].concat())
    };
    for (provider, right, wrong) in [
        ("linear", "linear_team", "jira_project"),
        ("jira", "jira_project", "linear_team"),
    ] {
        for kind in [wrong, "team", "Linear_Team", ""] {
            let error = map(provider, kind).error(2, "none");
            assert!(
                error["message"].as_str().unwrap().contains(right),
                "{error}"
            );
        }
        map(provider, right).answer("spec-kitty.admin-project-map/1");
    }
}

#[test]
fn verbs_for_an_existing_store_make_none() {
    let sandbox = Sandbox::new();
    for words in [
        &["user", "list"][..],
        &["user", "link", "kit", "jira"],
        &["user", "remove", "kit", "--yes"],
        &["session", "list"],
        &["session", "revoke", "1", "--yes"],
        &["token", "list"],
        &[
            "token", "create", "--user", "kit", "--team", "t", "--name", "n",
        ],
        &["project", "list"],
        &["project", "unmap", "web", "--yes"],
        &["origin", "list"],
        &["origin", "remove", "x", "--yes"],
    ] {
        let error = admin(&sandbox, words).error(10, "none");
        assert_eq!(error["code"], "not_configured");
    }
    assert!(!sandbox.state().exists(), "looking made a folder");
}
