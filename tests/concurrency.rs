//! Sixteen processes at once in one repository.

use std::collections::BTreeSet;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{BIND_PATH, Sandbox, Server};

const PROCESSES: usize = 16;

/// Runs all of them at once; their JSON answers. Each must succeed.
fn at_once(sandbox: &Sandbox, command: impl Fn(usize) -> Vec<String> + Sync) -> Vec<Value> {
    std::thread::scope(|scope| {
        let command = &command;
        let runs: Vec<_> = (0..PROCESSES)
            .map(|n| scope.spawn(move || sandbox.run(&command(n))))
            .collect();
        runs.into_iter()
            .map(|run| run.join().unwrap().succeeds().json())
            .collect()
    })
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// Every mission has its own number and its own commits, which hold nothing else.
fn assert_sound(sandbox: &Sandbox, commits_each: usize) {
    let mut missions = sandbox.missions();
    missions.retain(|name| name != "060-search");
    assert_eq!(missions.len(), PROCESSES, "{missions:?}");
    let numbers: BTreeSet<_> = missions.iter().map(|name| &name[..3]).collect();
    assert_eq!(numbers.len(), PROCESSES, "{missions:?}");
    assert_eq!(numbers.first(), Some(&"061"));
    assert_eq!(numbers.last(), Some(&"076"));
    assert_eq!(sandbox.commit_count(), 1 + PROCESSES * commits_each);
    let log = sandbox.git(&["log", "--format=%x00%s", "--name-only", "HEAD~1"]);
    for entry in log.split('\0').filter(|entry| entry.contains("mission ")) {
        let (subject, paths) = entry.trim().split_once('\n').unwrap();
        let mission = subject.rsplit(' ').next().unwrap();
        for path in paths.lines().filter(|line| !line.is_empty()) {
            let folder = format!("kitty-specs/{mission}/");
            assert!(path.starts_with(&folder), "{path} in {subject:?}");
        }
    }
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    sandbox.git(&["fsck", "--no-dangling"]);
    sandbox.assert_no_leftovers();
    let clocks: BTreeSet<_> = sandbox
        .events()
        .iter()
        .map(|e| e["lamport_clock"].as_u64())
        .collect();
    assert_eq!(
        clocks.len(),
        sandbox.events().len(),
        "one clock value an event"
    );
}

#[test]
fn plain_names_give_one_mission_each() {
    let sandbox = Sandbox::with_project();
    let answers = at_once(&sandbox, |n| words(&format!("specify job-no{n} --json")));
    let slugs: BTreeSet<_> = answers
        .iter()
        .map(|a| a["feature_slug"].to_string())
        .collect();
    assert_eq!(slugs.len(), PROCESSES);
    assert_sound(&sandbox, 1);
    assert_eq!(sandbox.events_of("FeatureCreated").len(), PROCESSES);
}

#[test]
fn different_tickets_give_one_mission_and_one_bind_each() {
    let server = Server::with_any_ticket();
    let sandbox = Sandbox::ready(&server);
    at_once(&sandbox, |n| {
        words(&format!("specify --from-ticket WEB-{} --yes --json", n + 1))
    });
    assert_sound(&sandbox, 2);
    assert_eq!(server.requests_to(BIND_PATH).len(), PROCESSES);
    assert_eq!(sandbox.events_of("MissionOriginBound").len(), PROCESSES);
    for mission in sandbox
        .missions()
        .iter()
        .filter(|name| *name != "060-search")
    {
        let origin = &sandbox.meta(mission)["origin_ticket"]["external_issue_key"];
        let key = origin.as_str().unwrap().to_lowercase();
        assert_eq!(mission[4..], key);
    }
}

#[test]
fn the_same_ticket_gives_one_mission_and_one_bind() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let answers = at_once(&sandbox, |_| {
        words("specify --from-ticket WEB-123 --yes --json")
    });
    assert_eq!(sandbox.missions(), ["060-search", "061-web-123"]);
    let created = answers
        .iter()
        .filter(|answer| answer["created"] == true)
        .count();
    assert_eq!(created, 1);
    for answer in &answers {
        assert_eq!(answer["feature_slug"], "061-web-123");
        assert_eq!(answer["origin_ticket"]["external_issue_key"], "WEB-123");
    }
    let keys: BTreeSet<_> = server
        .requests_to(BIND_PATH)
        .iter()
        .map(|request| request.header("idempotency-key").unwrap().to_owned())
        .collect();
    assert_eq!(keys.len(), 1, "one bind, however often it was sent");
    assert_eq!(sandbox.commit_count(), 3);
    let ids: BTreeSet<_> = sandbox
        .events_of("MissionOriginBound")
        .iter()
        .map(|event| event["event_id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.intents(), [] as [Value; 0]);
}

#[test]
fn binds_to_different_missions_keep_each_their_meta() {
    let server = Server::with_any_ticket();
    let sandbox = Sandbox::ready(&server);
    for n in 0..PROCESSES {
        sandbox.add_mission(&format!("{:03}-job", 100 + n));
    }
    sandbox.commit_all("Add missions");
    at_once(&sandbox, |n| {
        words(&format!(
            "tracker bind-origin --mission {} --key WEB-{n} --yes --json",
            100 + n
        ))
    });
    for n in 0..PROCESSES {
        let origin = &sandbox.meta(&format!("{:03}-job", 100 + n))["origin_ticket"];
        assert_eq!(origin["external_issue_key"], format!("WEB-{n}"));
    }
    assert_eq!(sandbox.commit_count(), 2 + PROCESSES);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

/// git reads the index for `commit --only` an instant before it locks it, so git itself can undo an
/// add in that instant. The test checks the rest: no path of the user gets into a commit of a
/// mission, and no file of the user changes.
#[test]
fn what_a_user_stages_at_the_same_time_stays_out_of_our_commits() {
    let sandbox = Sandbox::with_project();
    let children: Vec<_> = (0..8)
        .map(|n| {
            sandbox
                .command(&["specify", &format!("job-no{n}")])
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for n in 0..8 {
        sandbox.write(&format!("user-{n}.txt"), "mine\n");
        // A commit of a mission may hold the lock of the index for a moment.
        while sandbox.try_git(&["add", &format!("user-{n}.txt")]).code != 0 {}
    }
    for mut child in children {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    let staged = sandbox.git(&["diff", "--cached", "--name-only"]);
    assert!(
        staged.lines().all(|path| path.starts_with("user-")),
        "{staged}"
    );
    let committed = sandbox.git(&["ls-tree", "-r", "--name-only", "HEAD"]);
    assert!(!committed.contains("user-"), "{committed}");
    for n in 0..8 {
        assert_eq!(sandbox.read(&format!("user-{n}.txt")), "mine\n");
    }
    assert_eq!(sandbox.commit_count(), 9);
}
