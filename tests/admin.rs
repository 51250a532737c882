//! `spec-kitty admin`, on its own store and next to a running server.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{ControlPlane, Output, PASSWORD, SEARCH_PATH, Sandbox, TOKEN_PATH, tokens};

fn add_user(sandbox: &Sandbox, more: &[&str], password: &str) -> Output {
    let add = ["admin", "user", "add", "kit", "--json", "--password-stdin"];
    sandbox.run_with_input(&[&add[..], more].concat(), password)
}

fn ticket(id: &str, key: &str) -> Value {
    json!({
        "provider": "linear", "resource_type": "linear_team", "resource_id": "t",
        "external_issue_id": id, "external_issue_key": key, "title": "A title", "status": "",
        "url": "https://linear.app/x",
    })
}

fn import(sandbox: &Sandbox, document: impl AsRef<[u8]>) -> Output {
    sandbox.run_with_input(&["admin", "tickets", "import", "-", "--json"], document)
}

fn count(sandbox: &Sandbox, key: &str) -> Value {
    let status = sandbox.run(&["admin", "status", "--json"]);
    status.answer("spec-kitty.admin-status/1")[key].clone()
}

#[test]
fn adds_users() {
    let sandbox = Sandbox::new();
    let added = add_user(
        &sandbox,
        &["--team", "harbour", "--link", "linear"],
        "one\n",
    );
    let answer = added.answer("spec-kitty.admin-user-add/1");
    assert_eq!(
        (&answer["created"], &answer["links"]),
        (&json!(true), &json!(["linear"]))
    );
    assert!(!added.stdout.contains("one"), "{added:?}");
    let more = ["--team", "office", "--link", "jira", "--link", "jira"];
    let answer = add_user(&sandbox, &more, "two\r\nignored").answer("spec-kitty.admin-user-add/1");
    assert_eq!(answer["created"], false);
    // All links of the user, not only those of this command.
    assert_eq!(answer["links"], json!(["jira", "linear"]));
    for (key, expected) in [("users", 1), ("teams", 2), ("links", 2)] {
        assert_eq!(count(&sandbox, key), expected, "{key}");
    }
    let server = ControlPlane::start(&sandbox, &[]);
    let log_in = |password: &str, team: &str| {
        let body = json!({"username": "kit", "password": password});
        server.post(TOKEN_PATH, &[("x-team-slug", team)], &body)
    };
    log_in("one", "harbour").refuses(401, "invalid_credentials");
    for team in ["harbour", "office"] {
        assert_eq!(log_in("two", team).is_ok()["team_slug"], team);
    }
}

#[test]
fn a_new_password_ends_the_sessions_of_the_old_one() {
    let sandbox = Sandbox::new();
    let server = ControlPlane::filled(&sandbox);
    let (access, _) = server.log_in();
    let search = json!({"provider": "linear", "project_slug": "web", "limit": 1, "query_key": "x"});
    server.ask(&access, SEARCH_PATH, &search).is_ok();
    add_user(&sandbox, &["--team", "harbour"], "another").succeeds();
    server
        .ask(&access, SEARCH_PATH, &search)
        .refuses(401, "token_not_valid");
}

#[test]
fn refuses_users_that_could_not_log_in() {
    let sandbox = Sandbox::new();
    add_user(&sandbox, &["--team", "harbour"], "").error(2, "none");
    add_user(&sandbox, &["--team", "harbour"], "\nsecond line").error(2, "none");
    add_user(&sandbox, &["--team", ""], PASSWORD).error(2, "none");
    add_user(&sandbox, &["--team", "har\tbour"], PASSWORD).error(2, "none");
    add_user(&sandbox, &["--team", &"h".repeat(256)], PASSWORD).error(2, "none");
    add_user(
        &sandbox,
        &["--team", "harbour", "--link", "github"],
        PASSWORD,
    )
    .error(2, "none");
    add_user(&sandbox, &[], PASSWORD).error(2, "none");
    let silent = sandbox.run(&["admin", "user", "add", "kit", "--team", "harbour", "--json"]);
    let error = silent.error(7, "none");
    assert!(
        error["hint"].as_str().unwrap().contains("--password-stdin"),
        "{error}"
    );
    let empty = [
        "admin",
        "user",
        "add",
        " ",
        "--team",
        "harbour",
        "--password-stdin",
        "--json",
    ];
    sandbox.run_with_input(&empty, PASSWORD).error(2, "none");
}

#[test]
fn maps_projects() {
    let sandbox = Sandbox::new();
    let map = |slug: &str, provider: &str, kind: &str, id: &str| {
        let map = [
            "admin",
            "project",
            "map",
            slug,
            "--provider",
            provider,
            "--json",
        ];
        sandbox.run(&[&map[..], &["--resource-type", kind, "--resource-id", id]].concat())
    };
    let schema = "spec-kitty.admin-project-map/1";
    let first = map("web", "linear", "linear_team", "a").answer(schema);
    let second = map("web", "jira", "jira_project", "b").answer(schema);
    assert_eq!(
        (&first["created"], &second["created"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        first["binding_ref"], second["binding_ref"],
        "the reference stays"
    );
    assert_eq!(count(&sandbox, "projects"), 1);
    map("", "linear", "linear_team", "a").error(2, "none");
    map("web", "linear", "", "a").error(2, "none");
    map("web", "linear", "linear_team", "").error(2, "none");
    map("web", "github", "repo", "a").error(2, "none");
}

#[test]
fn imports_tickets_all_or_none() {
    let sandbox = Sandbox::new();
    let document = json!([ticket("1", "WEB-1"), ticket("2", "WEB-2")]).to_string();
    let answer = import(&sandbox, &document).answer("spec-kitty.admin-tickets-import/1");
    assert_eq!(answer["imported"], 2);
    import(&sandbox, json!([]).to_string()).succeeds();
    // A second import with one ticket under another key updates it.
    let moved = json!([ticket("2", "OPS-2"), ticket("1", "WEB-1")]).to_string();
    import(&sandbox, moved).succeeds();
    assert_eq!(count(&sandbox, "tickets"), 2);

    let broken = |change: &dyn Fn(&mut Value)| {
        let mut second = ticket("4", "WEB-4");
        change(&mut second);
        import(&sandbox, json!([ticket("3", "WEB-3"), second]).to_string())
    };
    for field in [
        "resource_type",
        "resource_id",
        "external_issue_id",
        "external_issue_key",
        "title",
        "url",
    ] {
        let error = broken(&|t| t[field] = json!("")).error(2, "none");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("tickets[1]") && message.contains(field),
            "{message}"
        );
        broken(&|t| t[field] = json!(7)).error(2, "none");
        broken(&|t| drop(t.as_object_mut().unwrap().remove(field))).error(2, "none");
    }
    broken(&|t| t["url"] = json!("file:///etc/passwd")).error(2, "none");
    broken(&|t| t["provider"] = json!("github")).error(2, "none");
    let error = broken(&|t| t["external_issue_key"] = json!("web-1")).error(6, "none");
    assert_eq!(error["code"], "ticket_key_taken");
    for document in ["", "{}", "null", "[", "[1]", "\u{feff}[]"] {
        import(&sandbox, document).error(2, "none");
    }
    import(&sandbox, b"[\"\xff\"]").error(2, "none");
    sandbox
        .run(&["admin", "tickets", "import", "absent.json", "--json"])
        .error(2, "none");
    sandbox
        .run(&["admin", "tickets", "import", ".", "--json"])
        .error(10, "none");
    assert_eq!(
        count(&sandbox, "tickets"),
        2,
        "nothing of a refused document stays"
    );
}

/// The sample tickets have awkward titles, and all of them can be imported and found.
#[test]
fn the_samples_are_thirty_of_both_trackers() {
    let samples = include_str!("../assets/sample-tickets.json");
    let listed: Vec<Value> = serde_json::from_str(samples).unwrap();
    let of = |provider: &str| listed.iter().filter(|t| t["provider"] == provider).count();
    assert_eq!((listed.len(), of("linear"), of("jira")), (30, 19, 11));
    let any =
        |test: &dyn Fn(&str) -> bool| listed.iter().any(|t| test(t["title"].as_str().unwrap()));
    assert!(any(&|t| t.contains('\u{1b}')) && any(&|t| t.contains('\u{202e}')));
    assert!(any(&|t| t.contains('"') && t.contains('\'')) && any(&|t| t.contains('\n')));
    assert!(any(&|t| t.len() > 300) && any(&|t| !t.is_ascii()));
    assert!(listed.iter().any(|t| t["body"] == ""));
    let sandbox = Sandbox::new();
    import(&sandbox, samples).succeeds();
    import(&sandbox, samples).succeeds();
    assert_eq!(count(&sandbox, "tickets"), 30);
}

#[test]
fn works_beside_a_running_server() {
    let sandbox = Sandbox::new();
    let server = ControlPlane::filled(&sandbox);
    let (access, _) = server.log_in();
    let find = |key: &str| {
        let body =
            json!({"provider": "linear", "project_slug": "web", "limit": 1, "query_key": key});
        let found = server.ask(&access, SEARCH_PATH, &body);
        found.is_ok()["candidates"].as_array().unwrap().len()
    };
    assert_eq!(find("NEW-1"), 0);
    std::thread::scope(|scope| {
        for n in 1..=4 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let mut new = ticket(&format!("new-{n}"), &format!("NEW-{n}"));
                new["resource_id"] = json!(crate::support::LINEAR_TEAM);
                import(sandbox, json!([new]).to_string()).succeeds();
            });
        }
        let body = json!({"username": "kit", "password": PASSWORD});
        tokens(&server.post(TOKEN_PATH, &[], &body));
    });
    for n in 1..=4 {
        assert_eq!(find(&format!("new-{n}")), 1, "NEW-{n}");
    }
}

#[test]
fn status_counts_and_makes_nothing() {
    let sandbox = Sandbox::new();
    let error = sandbox
        .run(&["admin", "status", "--json"])
        .error(10, "none");
    assert_eq!(error["code"], "not_configured");
    assert!(!sandbox.state().exists(), "looking made a folder");
    ControlPlane::fill(&sandbox);
    let text = sandbox.run(&["admin", "status"]).succeeds().stdout;
    assert!(
        text.contains("tickets\t30\n") && text.contains("users\t1\n"),
        "{text}"
    );
    let private = |path: &Path| {
        let mode = fs::metadata(path).unwrap().mode();
        assert_eq!(mode & 0o077, 0, "{} can be read by others", path.display());
    };
    let store = sandbox.state().join("control-plane");
    private(&sandbox.state());
    private(&store);
    for entry in fs::read_dir(store).unwrap() {
        private(&entry.unwrap().path());
    }
    // In a folder that other users can enter too.
    let elsewhere = sandbox.root().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o755)).unwrap();
    let data = ["--data", elsewhere.to_str().unwrap()];
    add_user(
        &sandbox,
        &[&["--team", "harbour"][..], &data].concat(),
        PASSWORD,
    )
    .succeeds();
    let status = sandbox.run(&[&["admin", "status", "--json"][..], &data].concat());
    assert_eq!(status.answer("spec-kitty.admin-status/1")["tickets"], 0);
    assert_eq!(fs::metadata(&elsewhere).unwrap().mode() & 0o777, 0o755);
    for entry in fs::read_dir(elsewhere).unwrap() {
        private(&entry.unwrap().path());
    }
}

/// Two processes that open a new store at once do not both make its tables.
#[test]
fn many_open_a_new_store_at_once() {
    let sandbox = Sandbox::new();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let id = n.to_string();
                import(
                    sandbox,
                    json!([ticket(&id, &format!("WEB-{n}"))]).to_string(),
                )
                .succeeds();
            });
        }
    });
    assert_eq!(count(&sandbox, "tickets"), 8);
}

/// A copy from a backup often has the mode of the umask.
#[test]
fn a_store_that_others_can_read_becomes_private() {
    let sandbox = Sandbox::new();
    let server = ControlPlane::filled(&sandbox);
    let _ = server.log_in();
    let folder = sandbox.state().join("control-plane");
    let modes = || {
        let mode = |entry: fs::DirEntry| entry.metadata().unwrap().permissions().mode() & 0o777;
        let entries = fs::read_dir(&folder).unwrap().map(Result::unwrap);
        let store = |entry: &fs::DirEntry| entry.path().to_string_lossy().contains("sqlite3");
        entries.filter(store).map(mode).collect::<Vec<_>>()
    };
    for entry in fs::read_dir(&folder).unwrap() {
        let open = fs::Permissions::from_mode(0o664);
        fs::set_permissions(entry.unwrap().path(), open).unwrap();
    }
    assert_eq!(modes(), [0o664; 3], "the database and its journals");
    sandbox.run(&["admin", "status"]).succeeds();
    assert_eq!(modes(), [0o600; 3]);
}
