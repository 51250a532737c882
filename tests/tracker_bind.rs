//! `spec-kitty tracker bind`, `unbind` and `providers`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::{Value, json};

use crate::support::{
    ACCESS_TOKEN, ControlPlane, Reply, STATUS_PATH, Sandbox, Server, Terminal, dead_url, envelope,
};

const CONFIG: &str = ".kittify/config.yaml";
const BIND: [&str; 6] = [
    "tracker",
    "bind",
    "--provider",
    "linear",
    "--project-slug",
    "web",
];
const BIND_JSON: [&str; 7] = [
    "tracker",
    "bind",
    "--provider",
    "linear",
    "--project-slug",
    "web",
    "--json",
];
const UNBIND: [&str; 3] = ["tracker", "unbind", "--json"];
const BLOCK: &str = "tracker:\n  provider: linear\n  project_slug: web\n  workspace: null\n  \
                     doctrine:\n    mode: external_authoritative\n    field_owners: {}\n";

#[test]
fn bind_adds_its_block_and_unbind_takes_it_away_to_the_byte() {
    for text in [
        "# ours\nproject:\n  slug: x # kept\n\n# the end\n",
        "a: 1\r\nb: \"two\"\r\n",
        "a: 1",
        "",
        "a: &x {b: 1}\nc: *x\n",
        "\u{feff}a: |\n  tracker:\n    provider: no\n",
    ] {
        let sandbox = Sandbox::with_git();
        sandbox.write(CONFIG, text);
        let answer = sandbox.run(&BIND_JSON).answer("spec-kitty.tracker-bind/1");
        assert_eq!(answer["provider"], "linear");
        assert_eq!(answer["project_slug"], "web");
        assert_eq!(answer["changed"], true);
        let bound = sandbox.read(CONFIG);
        assert_eq!(
            bound.replace("\r\n", "\n").trim_end(),
            format!("{}\n{BLOCK}", text.replace("\r\n", "\n").trim_end()).trim(),
        );
        let again = sandbox.run(&BIND_JSON).answer("spec-kitty.tracker-bind/1");
        assert_eq!(again["changed"], false);
        assert_eq!(sandbox.read(CONFIG), bound);
        let answer = sandbox.run(&UNBIND).answer("spec-kitty.tracker-unbind/1");
        assert_eq!(answer["changed"], true);
        assert_eq!(sandbox.read(CONFIG), text);
        let answer = sandbox.run(&UNBIND).answer("spec-kitty.tracker-unbind/1");
        assert_eq!(answer["changed"], false);
    }
}

#[test]
fn bind_makes_the_file_where_there_is_none_also_outside_git() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("kitty-specs")).unwrap();
    let output = sandbox.run(&BIND).succeeds();
    assert_eq!(output.stdout, "linear\tweb\n");
    assert_eq!(sandbox.read(CONFIG), BLOCK);
    let names: Vec<_> = fs::read_dir(sandbox.path(".kittify")).unwrap().collect();
    assert_eq!(names.len(), 1, "no lock, no temporary file: {names:?}");
}

#[test]
fn bind_changes_only_the_values_that_differ() {
    let sandbox = Sandbox::with_git();
    sandbox.write(
        CONFIG,
        "tracker:   # theirs\n  # which\n  provider: 'jira'  # since May\n  project_slug: web\n  \
         binding_ref: b-1\n  doctrine: {mode: x, field_owners: {title: us}}\nz: 1 # end\n",
    );
    sandbox.run(&[&BIND[..], &["--yes"]].concat()).succeeds();
    assert_eq!(
        sandbox.read(CONFIG),
        "tracker:   # theirs\n  # which\n  provider: linear  # since May\n  project_slug: web\n  \
         doctrine: {mode: x, field_owners: {title: us}}\nz: 1 # end\n",
    );
}

#[test]
fn mode_and_symbolic_link_of_the_file_survive() {
    let sandbox = Sandbox::with_git();
    sandbox.write("shared.yaml", "a: 1\n");
    fs::set_permissions(
        sandbox.path("shared.yaml"),
        fs::Permissions::from_mode(0o640),
    )
    .unwrap();
    fs::create_dir(sandbox.path(".kittify")).unwrap();
    symlink("../shared.yaml", sandbox.path(CONFIG)).unwrap();
    sandbox.run(&BIND).succeeds();
    assert!(
        fs::symlink_metadata(sandbox.path(CONFIG))
            .unwrap()
            .is_symlink()
    );
    assert_eq!(sandbox.read("shared.yaml"), format!("a: 1\n{BLOCK}"));
    let mode = fs::metadata(sandbox.path("shared.yaml"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn a_wrong_provider_is_a_usage_error_that_names_the_nearest() {
    let sandbox = Sandbox::with_project();
    let before = sandbox.snapshot();
    let wrong = [
        "tracker",
        "bind",
        "--provider",
        "liner",
        "--project-slug",
        "web",
    ];
    let text = sandbox.run(&wrong);
    assert!(text.error_text(2).contains("'linear'"), "{text:?}");
    let mut json = wrong.to_vec();
    json.push("--json");
    let error = sandbox.run(&json).error(2, "none");
    assert_eq!(error["code"], "usage");
    assert!(
        error["message"].as_str().unwrap().contains("liner"),
        "{error}"
    );
    assert!(
        error["hint"].as_str().unwrap().contains("linear"),
        "{error}"
    );
    before.assert_same(&sandbox.snapshot());
}

#[test]
fn a_project_slug_is_one_line_and_not_empty() {
    let sandbox = Sandbox::with_project();
    let before = sandbox.snapshot();
    for slug in ["", " ", "a\nb", "a\u{1b}[31m", " a"] {
        let arguments = [
            "tracker",
            "bind",
            "--provider",
            "jira",
            "--project-slug",
            slug,
            "--json",
        ];
        let error = sandbox.run(&arguments).error(2, "none");
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .contains("--project-slug"),
            "{error}"
        );
    }
    before.assert_same(&sandbox.snapshot());
    for slug in ["007", "yes", "null", "a: b", "a #b", "it's \"x\"", "ünï"] {
        sandbox
            .run(&[
                "tracker",
                "bind",
                "--provider",
                "jira",
                "--project-slug",
                slug,
                "--yes",
            ])
            .succeeds();
        let answer = sandbox
            .run(&["tracker", "status", "--json"])
            .answer("spec-kitty.tracker-status/1");
        assert_eq!(answer["project_slug"], slug);
    }
}

#[test]
fn what_cannot_be_edited_is_refused_and_left_as_it_was() {
    for text in [
        "tracker: {provider: jira, project_slug: app}\n",
        "{a: 1}\n",
        "tracker:\n  provider: &p jira\n  project_slug: app\nz: *p\n",
    ] {
        let sandbox = Sandbox::with_git();
        sandbox.write(CONFIG, text);
        let error = sandbox.run(&BIND_JSON).error(10, "none");
        assert_eq!(error["code"], "config_by_hand");
        assert_eq!(
            error["details"]["lines"],
            "tracker:\n  provider: linear\n  project_slug: web"
        );
        assert!(error["hint"].as_str().unwrap().contains("provider: linear"));
        assert_eq!(sandbox.read(CONFIG), text);
    }
    for text in [
        &b"[]"[..],
        b"a: [",
        b"\xff",
        b"a: 1\n---\nb: 2\n",
        b"tracker: word\n",
    ] {
        let sandbox = Sandbox::with_git();
        sandbox.write(CONFIG, text);
        let mut runs = vec![sandbox.run(&BIND_JSON)];
        if text != b"tracker: word\n" {
            runs.push(sandbox.run(&UNBIND));
        }
        for run in runs {
            let error = run.error(10, "none");
            assert_eq!(error["code"], "config_invalid");
            assert!(
                error["message"].as_str().unwrap().contains(CONFIG),
                "{error}"
            );
        }
        assert_eq!(fs::read(sandbox.path(CONFIG)).unwrap(), text);
    }
}

/// The answer of a control plane that maps the project `web`.
fn mapped() -> Value {
    json!({
        "provider": "linear",
        "connected": true,
        "bindings": [{
            "project_name": "Web", "project_slug": "web", "provider": "linear",
            "status": "active", "binding_ref": "bind-1",
        }],
        "resource_count": 1,
    })
}

/// A project without a tracker, logged in at this server.
fn logged_in(server: &Server) -> Sandbox {
    let sandbox = Sandbox::with_project();
    sandbox.log_in(&server.url());
    sandbox
}

#[test]
fn the_server_is_asked_whether_the_project_is_mapped() {
    let server = Server::start();
    server.on(STATUS_PATH, Reply::json(200, &mapped()));
    let sandbox = logged_in(&server);
    let answer = sandbox.run(&BIND_JSON).answer("spec-kitty.tracker-bind/1");
    assert_eq!(answer["changed"], true);
    assert_eq!(answer["warnings"], json!([]));
    let requests = server.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert_eq!(requests[0].method, "GET");
    let query = format!("{STATUS_PATH}?provider=linear&project_slug=web");
    assert_eq!(requests[0].path, query);
    let bearer = format!("Bearer {ACCESS_TOKEN}");
    assert_eq!(requests[0].header("authorization"), Some(&*bearer));
}

#[test]
fn a_project_that_the_server_does_not_map_is_refused() {
    let mut refusal = envelope("no_mapping", "project \"web\" is not mapped to Linear");
    refusal["hint"] = "ask the host to run: spec-kitty admin project map web".into();
    let mut other = mapped();
    other["bindings"][0]["project_slug"] = "app".into();
    let mut none = mapped();
    none["bindings"] = json!([]);
    for (status, body) in [(404, refusal), (200, other), (200, none)] {
        let server = Server::start();
        server.on(STATUS_PATH, Reply::json(status, &body));
        let sandbox = logged_in(&server);
        let before = sandbox.snapshot();
        let error = sandbox.run(&BIND_JSON).error(3, "none");
        assert_eq!(error["code"], "not_found");
        assert_eq!(error["details"]["server_code"], "no_mapping");
        if let Some(hint) = body.get("hint") {
            assert_eq!(&error["hint"], hint);
        }
        assert!(
            error["message"].as_str().unwrap().contains("web"),
            "{error}"
        );
        before.assert_same(&sandbox.snapshot());
    }
}

#[test]
fn serve_knows_which_projects_are_mapped() {
    let sandbox = Sandbox::with_project();
    let control_plane = ControlPlane::filled(&sandbox);
    let (token, _) = control_plane.log_in();
    let mut sandbox = sandbox;
    sandbox.set("SPEC_KITTY_TOKEN", token);
    sandbox.set("SPEC_KITTY_SERVER", control_plane.url());
    let before = sandbox.snapshot();
    for (provider, slug) in [("linear", "wep"), ("jira", "web")] {
        let bind = [
            "tracker",
            "bind",
            "--provider",
            provider,
            "--project-slug",
            slug,
            "--json",
        ];
        let error = sandbox.run(&bind).error(3, "none");
        assert_eq!(error["details"]["server_code"], "no_mapping");
        assert!(
            error["hint"]
                .as_str()
                .unwrap()
                .contains("admin project map"),
            "{error}"
        );
    }
    before.assert_same(&sandbox.snapshot());
    let answer = sandbox.run(&BIND_JSON).answer("spec-kitty.tracker-bind/1");
    assert_eq!(answer["warnings"], json!([]));
}

#[test]
fn a_slug_is_encoded_in_the_query() {
    let server = Server::start();
    let mut body = mapped();
    body["bindings"][0]["project_slug"] = "a&b=c #ü".into();
    server.on(STATUS_PATH, Reply::json(200, &body));
    let sandbox = logged_in(&server);
    let bind = [
        "tracker",
        "bind",
        "--provider",
        "linear",
        "--project-slug",
        "a&b=c #ü",
    ];
    sandbox.run(&bind).succeeds();
    let query = "?provider=linear&project_slug=a%26b%3Dc+%23%C3%BC";
    assert_eq!(server.requests()[0].path, format!("{STATUS_PATH}{query}"));
}

#[test]
fn without_an_answer_the_bind_warns_and_goes_on() {
    let refusal = |status, code: &str| Reply::json(status, &envelope(code, "no"));
    let replies = [
        Reply::json(404, &json!({"detail": "Not found."})),
        refusal(404, "no_such_path"),
        refusal(405, "method_not_allowed"),
        refusal(501, "not_implemented"),
        refusal(403, "account_not_linked"),
        refusal(500, "internal_error"),
        refusal(429, "rate_limited"),
        Reply::raw("<html>"),
        Reply::json(200, &json!({"bindings": "none"})),
        Reply::Drop,
    ];
    for reply in replies {
        let server = Server::start_for(&reply);
        server.on(STATUS_PATH, reply.clone());
        let sandbox = logged_in(&server);
        let answer = sandbox.run(&BIND_JSON).answer("spec-kitty.tracker-bind/1");
        assert_eq!(answer["changed"], true, "{reply:?}");
        let warnings = answer["warnings"].to_string();
        assert!(warnings.contains("not checked"), "{reply:?}: {warnings}");
    }
    let offline = Sandbox::with_project();
    offline.log_in(&dead_url());
    let mut forbidden = Sandbox::with_project();
    forbidden.set("SPEC_KITTY_ENABLE_SAAS_SYNC", "0");
    for sandbox in [offline, Sandbox::with_project(), forbidden] {
        let text = sandbox.run(&BIND).succeeds();
        assert_eq!(text.stdout, "linear\tweb\n");
        assert!(text.stderr.starts_with("warning: "), "{text:?}");
        assert!(text.stderr.contains("not checked"), "{text:?}");
    }
}

#[test]
fn no_check_asks_no_server() {
    let server = Server::start();
    let sandbox = logged_in(&server);
    let answer = sandbox
        .run(&[&BIND_JSON[..], &["--no-check"]].concat())
        .answer("spec-kitty.tracker-bind/1");
    assert_eq!(answer["warnings"], json!([]));
    assert_eq!(server.requests().len(), 0);
}

/// A block as spec-kitty 3.2.7 writes it.
const NEWER_BLOCK: &str = "tracker:\n  provider: linear\n  binding_ref: bind-77 # theirs\n  \
    project_slug: old\n  display_label: Web team\n  provider_context:\n    team: WEB\n    \
    nested:\n      - a\n  workspace: null\n  doctrine:\n    mode: external_authoritative\n    \
    field_owners: {}\nz: 1 # end\n";

#[test]
fn another_binding_is_replaced_only_after_a_confirmation() {
    let sandbox = Sandbox::with_git();
    sandbox.write(CONFIG, NEWER_BLOCK);
    let no_check = [&BIND_JSON[..], &["--no-check"]].concat();
    let error = sandbox.run(&no_check).error(7, "none");
    assert_eq!(error["code"], "input_required");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("Web team"), "{message}");
    assert_eq!(error["details"]["bound"]["project_slug"], "old");
    assert_eq!(sandbox.read(CONFIG), NEWER_BLOCK);
    let command = error["details"]["confirm_command"].as_str().unwrap();
    let answer = sandbox
        .run_line(command)
        .answer("spec-kitty.tracker-bind/1");
    assert_eq!(
        answer["replaced"],
        json!({
            "provider": "linear", "project_slug": "old", "binding_ref": "bind-77",
            "display_label": "Web team",
        })
    );
    assert_eq!(
        sandbox.read(CONFIG),
        "tracker:\n  provider: linear\n  project_slug: web\n  workspace: null\n  doctrine:\n    \
         mode: external_authoritative\n    field_owners: {}\nz: 1 # end\n"
    );
}

#[test]
fn a_text_says_what_was_replaced() {
    let sandbox = Sandbox::with_git();
    sandbox.write(CONFIG, NEWER_BLOCK);
    let text = sandbox
        .run(&[&BIND[..], &["--no-check", "--yes"]].concat())
        .succeeds();
    assert_eq!(text.stdout, "linear\tweb\n");
    assert!(
        text.stderr.contains("replaced Linear project Web team"),
        "{text:?}"
    );
}

#[test]
fn the_same_binding_asks_nothing_and_keeps_its_reference() {
    let sandbox = Sandbox::with_git();
    let block = NEWER_BLOCK.replace("project_slug: old", "project_slug: web");
    sandbox.write(CONFIG, &block);
    let no_check = [&BIND_JSON[..], &["--no-check"]].concat();
    let answer = sandbox.run(&no_check).answer("spec-kitty.tracker-bind/1");
    assert_eq!(answer["changed"], false);
    assert_eq!(answer["replaced"], Value::Null);
    assert_eq!(sandbox.read(CONFIG), block);
}

#[test]
fn a_terminal_is_asked_before_another_binding_is_replaced() {
    for (typed, exit) in [("\r", 7), ("y\r", 0)] {
        let sandbox = Sandbox::with_git();
        sandbox.write(CONFIG, NEWER_BLOCK);
        let mut command = sandbox.command(&[&BIND[..], &["--no-check"]].concat());
        command.env("TERM", "xterm");
        let mut terminal = Terminal::start(command);
        terminal.wait_for("(y/N)");
        assert!(
            terminal.screen().contains("Web team"),
            "{}",
            terminal.screen()
        );
        terminal.type_text(typed);
        assert_eq!(terminal.finish(), exit, "{}", terminal.screen());
        assert_eq!(sandbox.read(CONFIG) == NEWER_BLOCK, exit != 0);
    }
}

#[test]
fn a_refused_project_is_refused_before_the_question() {
    let server = Server::start();
    server.on(
        STATUS_PATH,
        Reply::json(404, &envelope("no_mapping", "no project web")),
    );
    let sandbox = logged_in(&server);
    sandbox.write(CONFIG, NEWER_BLOCK);
    sandbox
        .run(&[&BIND_JSON[..], &["--yes"]].concat())
        .error(3, "none");
    sandbox.run(&BIND_JSON).error(3, "none");
    assert_eq!(sandbox.read(CONFIG), NEWER_BLOCK);
}

#[test]
fn a_wrong_server_flag_is_no_reason_to_skip_the_check() {
    let sandbox = Sandbox::with_project();
    let before = sandbox.snapshot();
    let arguments = [&BIND_JSON[..], &["--server", "ftp://x"]].concat();
    sandbox.run(&arguments).error(2, "none");
    before.assert_same(&sandbox.snapshot());
}

#[test]
fn a_local_tracker_is_not_supported() {
    for provider in ["beads", "fp"] {
        let sandbox = Sandbox::with_git();
        let block = format!("tracker:\n  provider: {provider}\n  workspace: here\n");
        sandbox.write(CONFIG, &block);
        let bind = [
            "tracker",
            "bind",
            "--provider",
            provider,
            "--project-slug",
            "x",
            "--json",
        ];
        let search = ["tracker", "search-origin", "WEB-1", "--json"];
        let specify = ["specify", "--from-ticket", "WEB-1", "--json"];
        for arguments in [&bind[..], &search, &specify] {
            let error = sandbox.run(arguments).error(10, "none");
            assert_eq!(error["code"], "unsupported_provider", "{arguments:?}");
        }
        assert_eq!(sandbox.read(CONFIG), block);
        let answer = sandbox
            .run(&["tracker", "status", "--json"])
            .answer("spec-kitty.tracker-status/1");
        assert_eq!(answer["provider"], provider);
        assert_eq!(answer["origin_supported"], false);
        // Another tracker replaces it like any other binding.
        sandbox.run(&BIND_JSON).error(7, "none");
        let answer = sandbox
            .run(&[&BIND_JSON[..], &["--yes"]].concat())
            .answer("spec-kitty.tracker-bind/1");
        assert_eq!(answer["replaced"]["provider"], provider);
    }
}

/// A block that lacks its project can be repaired by a bind, so it is no reason to refuse one.
#[test]
fn a_broken_binding_is_repaired() {
    let sandbox = Sandbox::with_git();
    sandbox.write(CONFIG, "tracker:\n  provider: linear\n");
    sandbox.run(&[&BIND[..], &["--yes"]].concat()).succeeds();
    let config = sandbox.read(CONFIG);
    assert!(config.contains("project_slug: web"), "{config}");
}

#[test]
fn there_must_be_a_project() {
    let sandbox = Sandbox::new();
    for arguments in [&BIND_JSON[..], &UNBIND, &["tracker", "status", "--json"]] {
        let error = sandbox.run(arguments).error(10, "none");
        assert_eq!(error["code"], "no_project");
    }
}

#[test]
fn binds_at_once_leave_one_whole_block() {
    let sandbox = Sandbox::with_project();
    let before = sandbox.read(CONFIG);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let slug = format!("web-{number}");
                let arguments = [
                    "tracker",
                    "bind",
                    "--provider",
                    "jira",
                    "--project-slug",
                    &slug,
                    "--yes",
                ];
                sandbox.run(&arguments).succeeds();
            });
        }
    });
    let after = sandbox.read(CONFIG);
    assert!(after.starts_with(&before), "{after}");
    assert_eq!(after.matches("tracker:").count(), 1, "{after}");
    assert_eq!(after.matches("project_slug:").count(), 1, "{after}");
    sandbox.run(&UNBIND).succeeds();
    assert_eq!(sandbox.read(CONFIG), before);
}

#[test]
fn providers_lists_what_a_mission_can_begin_from() {
    let sandbox = Sandbox::new();
    let answer = sandbox
        .run(&["tracker", "providers", "--json"])
        .answer("spec-kitty.tracker-providers/1");
    assert_eq!(
        answer["providers"],
        serde_json::json!([
            {"provider": "jira", "title": "Jira"},
            {"provider": "linear", "title": "Linear"},
        ])
    );
    let output = sandbox.run(&["tracker", "providers"]).succeeds();
    assert_eq!(output.stdout, "jira\tJira\nlinear\tLinear\n");
}

#[test]
fn a_server_in_the_repository_never_gets_the_token() {
    let server = Server::start();
    let thief = Server::start();
    let sandbox = Sandbox::ready(&server);
    let config = sandbox.read(CONFIG);
    sandbox.write(
        CONFIG,
        format!(
            "{config}sync:\n  server_url: {0}\nserver: {0}\n",
            thief.url()
        ),
    );
    let answer = sandbox
        .run(&["tracker", "status", "--json"])
        .answer("spec-kitty.tracker-status/1");
    assert_eq!(
        answer["server"].as_str().unwrap().trim_end_matches('/'),
        server.url().trim_end_matches('/')
    );
}
