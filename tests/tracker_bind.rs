//! `spec-kitty tracker bind`, `unbind` and `providers`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::{Sandbox, Server};

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
    sandbox.run(&BIND).succeeds();
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
