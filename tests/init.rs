//! `spec-kitty init`.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::support::{PROJECT_UUID, Sandbox, Snapshot};

const SCHEMA: &str = "spec-kitty.init/1";
const CONFIG: &str = ".kittify/config.yaml";

fn init(sandbox: &Sandbox) -> Value {
    sandbox.run(&["init", "--json"]).answer(SCHEMA)
}

#[test]
fn makes_a_repository_a_project_and_writes_nothing_else() {
    let sandbox = Sandbox::with_git();
    sandbox.git(&[
        "remote",
        "add",
        "origin",
        "https://kit:hunter2@git.example/Acme/Web_App.git",
    ]);
    let answer = init(&sandbox);
    assert_eq!(answer["created"], true);
    assert_eq!(
        answer["written"],
        serde_json::json!([CONFIG, "kitty-specs/"])
    );
    assert_eq!(answer["project_slug"], "web-app");
    assert_eq!(answer["repo_slug"], "Acme/Web_App");
    let uuid = answer["project_uuid"].as_str().unwrap();
    assert_eq!(uuid.len(), 36);
    let node_id = answer["node_id"].as_str().unwrap();
    let config = sandbox.read(CONFIG);
    for expected in [uuid, "slug: web-app", node_id, "repo_slug: Acme/Web_App"] {
        assert!(config.contains(expected), "{expected} in {config}");
    }
    assert!(!config.contains("hunter2"), "{config}");
    assert!(sandbox.path("kitty-specs").is_dir());
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "?? .kittify/");
    assert!(!sandbox.state().exists(), "nothing in the state directory");
}

#[test]
fn is_safe_to_repeat() {
    let sandbox = Sandbox::with_git();
    let first = init(&sandbox);
    let before = sandbox.snapshot();
    let second = init(&sandbox);
    before.assert_same(&sandbox.snapshot());
    assert_eq!(second["created"], false);
    assert_eq!(second["written"], serde_json::json!([]));
    assert_eq!(second["project_uuid"], first["project_uuid"]);
    assert_eq!(sandbox.run(&["init"]).succeeds().stdout, "");
}

#[test]
fn text_through_a_pipe_is_one_written_path_a_line() {
    let sandbox = Sandbox::with_git();
    let output = sandbox.run(&["init"]).succeeds();
    assert_eq!(output.stdout, format!("{CONFIG}\nkitty-specs/\n"));
    assert_eq!(output.stderr, "");
}

#[test]
fn adds_only_what_is_missing_of_an_existing_file() {
    let sandbox = Sandbox::with_git();
    sandbox.write(CONFIG, "# ours\r\nother: [1, 2] # kept\r\n");
    let uuid = init(&sandbox)["project_uuid"].clone();
    let config = sandbox.read(CONFIG);
    assert!(config.starts_with("# ours\r\nother: [1, 2] # kept\r\nproject:\r\n"));
    assert!(config.contains(uuid.as_str().unwrap()));

    let sandbox = Sandbox::with_project();
    let before = sandbox.read(CONFIG);
    assert_eq!(init(&sandbox)["project_uuid"], PROJECT_UUID);
    assert_eq!(sandbox.read(CONFIG), before);
}

#[test]
fn adopts_the_identity_that_other_commands_used_before() {
    let sandbox = Sandbox::with_git();
    let bind = [
        "tracker",
        "bind",
        "--provider",
        "jira",
        "--project-slug",
        "web",
    ];
    sandbox.run(&bind).succeeds();
    let kept = fs::read_to_string(sandbox.path(".git/spec-kitty/project.json")).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert!(!sandbox.read(CONFIG).contains("project:"));
    assert_eq!(init(&sandbox)["project_uuid"], kept["project_uuid"]);
}

#[test]
fn works_from_a_subfolder_before_the_first_commit_and_in_a_linked_work_tree() {
    let sandbox = Sandbox::new();
    sandbox.init_git();
    sandbox.write("deep/down/file", "");
    let answer = sandbox
        .run_in(&sandbox.path("deep/down"), &["init", "--json"])
        .answer(SCHEMA);
    assert_eq!(answer["project_slug"], "project", "the folder's name");
    assert!(sandbox.path(CONFIG).is_file());
    assert!(!sandbox.path("deep/down/.kittify").exists());

    let sandbox = Sandbox::with_git();
    let beside = sandbox.root().join("beside");
    sandbox.git(&["worktree", "add", "--quiet", beside.to_str().unwrap()]);
    let there = sandbox.run_in(&beside, &["init", "--json"]).answer(SCHEMA);
    assert!(beside.join(CONFIG).is_file());
    assert!(!sandbox.path(CONFIG).exists());
    assert_eq!(init(&sandbox)["project_uuid"], there["project_uuid"]);
}

#[test]
fn refuses_what_is_no_work_tree() {
    let sandbox = Sandbox::new();
    let before = Snapshot::of(&sandbox.root());
    let error = sandbox.run(&["init", "--json"]).error(10, "none");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("git repository")
    );
    assert!(error["hint"].as_str().unwrap().contains("git init"));
    let text = sandbox.run(&["init"]);
    assert!(text.error_text(10).contains("git repository"));
    before.assert_same(&Snapshot::of(&sandbox.root()));

    sandbox.git(&["init", "--quiet", "--bare", "--template="]);
    let error = sandbox.run(&["init", "--json"]).error(10, "none");
    assert!(error["message"].as_str().unwrap().contains("bare"));
    assert!(!sandbox.path(".kittify").exists());
}

#[test]
fn refuses_places_that_are_taken_by_something_else() {
    for name in [".kittify", "kitty-specs"] {
        let sandbox = Sandbox::with_git();
        sandbox.write(name, "a file");
        let before = sandbox.snapshot();
        let error = sandbox.run(&["init", "--json"]).error(10, "none");
        assert!(error["message"].as_str().unwrap().contains(name), "{error}");
        before.assert_same(&sandbox.snapshot());
        fs::remove_file(sandbox.path(name)).unwrap();

        fs::create_dir(sandbox.root().join("elsewhere")).unwrap();
        symlink(sandbox.root().join("elsewhere"), sandbox.path(name)).unwrap();
        sandbox.run(&["init", "--json"]).error(10, "none");
        assert_eq!(
            fs::read_dir(sandbox.root().join("elsewhere"))
                .unwrap()
                .count(),
            0
        );
    }
}

#[test]
fn a_broken_configuration_is_named_and_left_as_it_was() {
    let huge = "# x\n".repeat(600_000);
    for text in [
        &b"[]\n"[..],
        b"project: [\n",
        b"\xff\xfe\n",
        b"a: 1\n---\nb: 2\n",
        b"project:\n  uuid: ../../elsewhere\n",
        huge.as_bytes(),
    ] {
        let sandbox = Sandbox::with_git();
        sandbox.write(CONFIG, text);
        let error = sandbox.run(&["init", "--json"]).error(10, "none");
        assert_eq!(error["code"], "config_invalid");
        assert!(
            error["message"].as_str().unwrap().contains(CONFIG),
            "{error}"
        );
        assert_eq!(fs::read(sandbox.path(CONFIG)).unwrap(), text);
        assert!(!sandbox.path("kitty-specs").exists());
    }
}

#[test]
fn a_block_that_cannot_be_edited_alone_is_refused_with_the_lines_to_write() {
    let sandbox = Sandbox::with_git();
    let text = "{other: 1}\n";
    sandbox.write(CONFIG, text);
    let error = sandbox.run(&["init", "--json"]).error(10, "none");
    assert_eq!(error["code"], "config_by_hand");
    let lines = error["details"]["lines"].as_str().unwrap();
    assert!(lines.starts_with("project:\n  uuid: "), "{lines}");
    assert_eq!(sandbox.read(CONFIG), text);
    // The hint works: a file with these lines is a project.
    sandbox.write(CONFIG, lines);
    assert_eq!(
        init(&sandbox)["written"],
        serde_json::json!(["kitty-specs/"])
    );
}

#[test]
fn many_at_once_make_one_identity() {
    let sandbox = Sandbox::with_git();
    let uuids: Vec<Value> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| init(&sandbox)["project_uuid"].clone()))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(uuids.iter().all(|uuid| *uuid == uuids[0]), "{uuids:?}");
    assert_eq!(sandbox.read(CONFIG).matches("uuid:").count(), 1);
}
