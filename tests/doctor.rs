//! `doctor`: its findings and its repairs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::{
    BIND_PATH, ME_PATH, Output, PROJECT_UUID, REFRESH_PATH, Reply, Sandbox, Server, bind_answer,
    dead_url, queued_event, write_file,
};

/// The findings of a run, each as `state check: finding`.
fn findings(output: &Output) -> Vec<String> {
    let document = output.json();
    assert_eq!(document["schema"], "spec-kitty.doctor/1");
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let line = |f: &Value| {
        format!(
            "{} {}: {}",
            text(f, "state"),
            text(f, "check"),
            text(f, "finding")
        )
    };
    document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect()
}

#[track_caller]
fn assert_found(output: &Output, start: &str) {
    let found = findings(output);
    assert!(
        found.iter().any(|line| line.starts_with(start)),
        "no {start:?} in {found:#?}"
    );
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_healthy_project_has_nothing_to_repair_and_nothing_is_written() {
    let server = Server::with_ticket("WEB-123", "Login");
    let sandbox = Sandbox::ready(&server);
    let before = sandbox.snapshot();
    let output = sandbox.run(&["doctor", "--json"]).succeeds();
    let document = output.json();
    assert_eq!(document["healthy"], true);
    assert_eq!(document["problems"], 0);
    assert!(
        findings(&output).iter().all(|line| line.starts_with("ok ")),
        "{output:?}"
    );
    before.assert_same(&sandbox.snapshot());
    let asked: Vec<_> = server.requests().into_iter().map(|it| it.path).collect();
    assert_eq!(asked, [ME_PATH]);
    server.forget();
    sandbox.run(&["doctor", "--offline"]).succeeds();
    assert!(server.requests().is_empty());
    let text = sandbox.run(&["doctor"]).succeeds();
    assert!(
        text.stdout.contains("ok\tbinding\tLinear web\n"),
        "{text:?}"
    );
}

#[test]
fn it_works_outside_of_any_project_and_before_any_login() {
    let sandbox = Sandbox::new();
    let output = sandbox.run(&["doctor", "--json"]).succeeds();
    assert_found(&output, "note project: no spec-kitty project");
    assert_found(&output, "note credentials: not logged in");
    assert_found(&output, "ok home: ");
    assert!(!sandbox.state().exists());
}

#[test]
fn a_home_open_to_others_is_a_problem_that_fix_repairs() {
    let server = Server::with_ticket("WEB-123", "Login");
    let sandbox = Sandbox::ready(&server);
    let clock = sandbox.state().join("clock.json");
    fs::write(&clock, "{\"value\": 7}").unwrap();
    fs::set_permissions(&clock, fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(sandbox.state(), fs::Permissions::from_mode(0o755)).unwrap();
    let output = sandbox.run(&["doctor", "--json"]).exits(10);
    assert_eq!(output.json()["problems"], 2);
    assert_found(&output, "problem home: others can read or write");
    assert_eq!(mode(&clock), 0o644);
    let output = sandbox.run(&["doctor", "--fix", "--json"]).succeeds();
    assert_found(&output, "repaired home: ");
    assert_eq!((mode(&sandbox.state()), mode(&clock)), (0o700, 0o600));
    sandbox.run(&["doctor"]).succeeds();
}

#[test]
fn a_home_that_is_a_file_is_named() {
    let sandbox = Sandbox::with_project();
    fs::write(sandbox.state(), "not a folder").unwrap();
    let output = sandbox.run(&["doctor", "--json"]).exits(10);
    assert_found(&output, "problem home: ");
}

/// A home that the original spec-kitty uses too.
#[test]
fn files_of_another_program_in_the_home_are_left_alone() {
    let sandbox = Sandbox::with_project();
    sandbox.make_state();
    let mut theirs = Vec::new();
    for name in [
        "queues/one.db",
        "projects/web/settings.json",
        "auth/session.json",
        "active_queue_scope",
        "credentials.lock",
        "something/new",
    ] {
        let path = sandbox.state().join(name);
        write_file(&path, "theirs");
        theirs.extend([path.parent().unwrap().to_owned(), path]);
    }
    theirs.retain(|path| *path != sandbox.state());
    for path in &theirs {
        let wide = if path.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(path, fs::Permissions::from_mode(wide)).unwrap();
    }
    let modes = || theirs.iter().map(|path| mode(path)).collect::<Vec<_>>();
    let before = modes();
    let output = sandbox.run(&["doctor", "--fix", "--json"]).succeeds();
    assert_found(&output, "ok home: ");
    assert_eq!(modes(), before);
}

#[test]
fn the_server_is_asked_whether_it_answers_and_accepts_the_session() {
    let server = Server::start();
    let sandbox = Sandbox::with_project();
    let doctor = |exit| {
        let url = server.url();
        let output = sandbox.run(&["doctor", "--json", "--server", &url]);
        output.exits(exit)
    };
    let url = server.url();
    assert_found(&doctor(0), &format!("ok server: {url} answers"));
    assert_eq!(server.requests()[0].header("authorization"), None);

    sandbox.log_in(&url);
    server.on(ME_PATH, Reply::raw("{}"));
    assert_found(&doctor(0), &format!("ok server: {url} accepts the session"));

    server.on(ME_PATH, Reply::refusal(401, "token_not_valid", "over"));
    server.on(REFRESH_PATH, Reply::refusal(401, "token_not_valid", "over"));
    let output = doctor(10);
    assert_found(&output, "problem server: ");
    assert!(
        output.stdout.contains("run: spec-kitty auth login"),
        "{output:?}"
    );

    server.on(ME_PATH, Reply::Never);
    assert_found(&doctor(0), "note server: ");

    let nobody = dead_url();
    sandbox.log_in(&nobody);
    let output = sandbox.run(&["doctor", "--json"]).succeeds();
    assert_found(&output, &format!("note server: cannot reach {nobody}"));
}

#[test]
fn clocks_beyond_the_limit_are_named_and_events_go_on_from_the_highest_below_it() {
    let limit: u64 = 1 << 53;
    for fixed in [true, false] {
        let sandbox = Sandbox::with_project();
        let clock = sandbox.state().join("clock.json");
        let with_clock = |id: &str, clock: u64| {
            let mut event = queued_event(id);
            event["lamport_clock"] = clock.into();
            event.to_string() + "\n"
        };
        let events = with_clock("a", 41) + &with_clock("b", limit + 1) + &with_clock("c", u64::MAX);
        sandbox.plant_file(PROJECT_UUID, "active.v1.jsonl", events);
        write_file(&clock, format!("{{\"value\": {}}}", u64::MAX - 1));
        let output = sandbox.run(&["doctor", "--json"]);
        assert_found(&output, "problem clock: clock.json is damaged");
        assert_found(&output, "note queue: 2 events with a damaged clock");
        if fixed {
            let output = sandbox.run(&["doctor", "--fix", "--json"]).succeeds();
            assert_found(&output, "repaired clock: clock.json is damaged");
            let aside = sandbox.state().join("clock.json.damaged");
            assert!(!clock.exists() && aside.exists());
        }
        for (mission, value) in [("one", 42), ("two", 43)] {
            sandbox.run(&["specify", mission]).succeeds();
            let events = sandbox.events_of("FeatureCreated");
            assert_eq!(events.last().unwrap()["lamport_clock"], value);
        }
    }
}

#[test]
fn broken_files_are_named_with_what_repairs_them() {
    let server = Server::with_ticket("WEB-123", "Login");
    let sandbox = Sandbox::ready(&server);
    sandbox.write("kitty-specs/060-search/meta.json", "{");
    fs::write(sandbox.state().join("clock.json"), "nonsense").unwrap();
    fs::write(sandbox.state().join("config.toml"), "[sync").unwrap();
    let output = sandbox.run(&["doctor", "--json"]).exits(10);
    assert_found(&output, "problem missions: ");
    assert_found(&output, "problem clock: clock.json is damaged");
    assert_found(&output, "problem settings: ");
    sandbox.write(".kittify/config.yaml", "tracker: [");
    let output = sandbox.run(&["doctor", "--json"]).exits(10);
    assert_found(&output, "problem project: ");
}

#[test]
fn unfinished_work_is_named_with_its_command_and_dropped_once_it_can_never_finish() {
    let server = Server::with_ticket("WEB-123", "Login");
    server.on(BIND_PATH, Reply::Drop);
    let sandbox = Sandbox::ready(&server);
    sandbox
        .run(&[
            "specify",
            "--from-ticket",
            "WEB-123",
            "--yes",
            "--timeout",
            "5",
        ])
        .exits(11);
    let output = sandbox.run(&["doctor", "--json"]).succeeds();
    assert_found(
        &output,
        "note unfinished work: mission 061-web-123 for WEB-123 is not finished",
    );
    let repair = "run: spec-kitty specify --from-ticket WEB-123 --yes";
    assert!(output.stdout.contains(repair), "{output:?}");
    fs::remove_dir_all(sandbox.path("kitty-specs/061-web-123")).unwrap();
    let output = sandbox.run(&["doctor", "--json"]).exits(10);
    assert_found(
        &output,
        "problem unfinished work: mission 061-web-123 is gone",
    );
    let output = sandbox.run(&["doctor", "--fix", "--json"]).succeeds();
    assert_found(&output, "repaired unfinished work: ");
    assert_found(
        &sandbox.run(&["doctor", "--json"]).succeeds(),
        "ok unfinished work: none",
    );
}

/// Mutation check: this test fails if `doctor` does not search the other branches (it reports "is
/// gone", and the repair drops the work), and if it takes the empty folders that git leaves for a
/// mission.
#[test]
fn work_on_another_branch_is_named_and_kept() {
    let server = Server::with_ticket("WEB-123", "Login");
    server.on(BIND_PATH, Reply::Drop);
    let sandbox = Sandbox::ready(&server);
    let specify = ["specify", "--from-ticket", "WEB-123", "--yes"];
    sandbox.git(&["switch", "-q", "-c", "berths"]);
    sandbox.run(&specify).exits(11);
    sandbox.git(&["switch", "-q", "main"]);
    let output = sandbox.run(&["doctor", "--fix", "--json"]).succeeds();
    assert_found(
        &output,
        "note unfinished work: mission 061-web-123 is on another branch, berths",
    );
    assert!(output.stdout.contains("git switch berths"), "{output:?}");
    assert_eq!(sandbox.intents().len(), 1);
    sandbox.git(&["switch", "-q", "berths"]);
    server.on(BIND_PATH, Reply::json(200, &bind_answer()));
    sandbox.run(&specify).succeeds();
    assert_eq!(sandbox.missions(), ["060-search", "061-web-123"]);
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
}

#[test]
fn a_lock_of_git_is_removed_only_when_a_person_says_that_no_git_runs() {
    let sandbox = Sandbox::with_project();
    let lock = sandbox.path(".git/index.lock");
    fs::write(&lock, "").unwrap();
    for arguments in [&["doctor", "--json"][..], &["doctor", "--fix", "--json"]] {
        assert_found(&sandbox.run(arguments).exits(10), "problem git: ");
        assert!(lock.exists());
    }
    let output = sandbox
        .run(&["doctor", "--fix", "--yes", "--json"])
        .succeeds();
    assert_found(&output, "repaired git: ");
    assert!(!lock.exists());
    sandbox.run(&["doctor", "--yes"]).exits(2);
}

#[test]
fn leftovers_of_killed_commands_go_when_they_are_old() {
    let sandbox = Sandbox::with_project();
    let old = sandbox.path("kitty-specs/060-search/.meta.json.Ab12Cd.tmp");
    let young = sandbox.path(".kittify/.config.yaml.Ab12Cd.tmp");
    fs::write(&old, "").unwrap();
    fs::write(&young, "").unwrap();
    let long_ago = SystemTime::now() - Duration::from_hours(2);
    fs::File::options()
        .write(true)
        .open(&old)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    let output = sandbox.run(&["doctor", "--fix", "--json"]).succeeds();
    assert_found(&output, "repaired leftovers: ");
    assert!(!old.exists());
    assert!(young.exists());
}

#[test]
fn an_open_merge_and_a_detached_head_are_notes() {
    let sandbox = Sandbox::with_project();
    fs::write(
        sandbox.path(".git/MERGE_HEAD"),
        sandbox.git(&["rev-parse", "HEAD"]),
    )
    .unwrap();
    sandbox.git(&["checkout", "-q", "--detach"]);
    let output = sandbox.run(&["doctor", "--json"]).succeeds();
    assert_found(&output, "note git: detached HEAD");
    assert!(
        output.stdout.contains("run: git switch main\""),
        "{output:?}"
    );
    sandbox.git(&["commit", "-q", "--allow-empty", "-m", "On no branch"]);
    let output = sandbox.run(&["doctor", "--json"]).succeeds();
    assert!(
        output.stdout.contains("run: git switch -c NAME"),
        "{output:?}"
    );
}

/// A git that was killed while it made or moved a branch leaves the lock of that branch, whatever
/// branch is checked out.
#[test]
fn locks_of_head_and_of_any_branch_are_found_and_removed() {
    let sandbox = Sandbox::with_project();
    let locks = ["HEAD.lock", "refs/heads/061-new.lock"].map(|name| format!(".git/{name}"));
    for lock in &locks {
        sandbox.write(lock, "");
        let doctor = sandbox.run(&["doctor"]).exits(10);
        assert!(doctor.stdout.contains(lock), "{doctor:?}");
        sandbox.run(&["doctor", "--fix"]).exits(10);
        assert!(sandbox.path(lock).exists());
        let doctor = sandbox.run(&["doctor", "--fix", "--yes"]).succeeds();
        assert!(!sandbox.path(lock).exists(), "{doctor:?}");
    }
}

#[test]
fn what_keeps_git_from_committing_is_found() {
    let sandbox = Sandbox::with_project();
    let healthy = sandbox.run(&["doctor", "--json"]).succeeds();
    assert_found(&healthy, "ok commits: git can commit");
    let usual = fs::read_to_string(sandbox.root().join("gitconfig")).unwrap();
    sandbox.git_config("[user]\n\tname =\n\temail =\n\tuseConfigOnly = true\n");
    let output = sandbox.run(&["doctor", "--json"]).exits(10);
    assert_found(&output, "problem commits: git does not know who you are");
    assert!(output.stdout.contains("user.email"), "{output:?}");
    fs::write(sandbox.root().join("gitconfig"), usual).unwrap();
    sandbox.git_config("[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = /nowhere/gpg\n");
    let output = sandbox.run(&["doctor", "--json"]).exits(10);
    assert_found(
        &output,
        "problem commits: git cannot sign commits: gpg.program",
    );
}

#[test]
fn a_configuration_that_is_not_committed_is_a_note() {
    let sandbox = Sandbox::with_git();
    sandbox.run(&["init"]).succeeds();
    let output = sandbox.run(&["doctor", "--json"]).succeeds();
    assert_found(
        &output,
        "note configuration: .kittify/config.yaml is not committed",
    );
    sandbox.commit_all("Make it a project");
    let output = sandbox.run(&["doctor", "--json"]).succeeds();
    assert_found(&output, "ok commits: git can commit");
    sandbox.bind_tracker("linear", "web");
    let output = sandbox.run(&["doctor", "--json"]).succeeds();
    assert_found(
        &output,
        "note configuration: .kittify/config.yaml has changes",
    );
}
