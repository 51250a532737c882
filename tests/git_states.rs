//! Every state a repository can be in when the commands are run.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{BIND, BIND_PATH, Output, Reply, SPECIFY, Sandbox, Server, bind_answer};

const PLAIN: [&str; 3] = ["specify", "payments", "--json"];

fn deferred(output: &Output) -> Value {
    let document = output.clone().succeeds().json();
    let warnings = document["warnings"].to_string();
    assert!(warnings.contains("commit"), "{document}");
    document
}

#[test]
fn a_repository_without_commits_gets_its_first() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::new();
    sandbox.init_git();
    sandbox.init_project();
    sandbox.bind_tracker("linear", "web");
    sandbox.log_in(&server.url());
    let answer = sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
    assert_eq!(answer["feature_slug"], "001-web-123");
    assert_eq!(answer["current_branch"], "main");
    assert_eq!(
        sandbox.subjects(),
        [
            "Bind WEB-123 to mission 001-web-123",
            "Add mission 001-web-123"
        ]
    );
    let status = sandbox.git(&["status", "--porcelain"]);
    assert_eq!(
        status, "?? .kittify/",
        "the user's own files stay untracked"
    );
}

#[test]
fn a_detached_head_takes_a_bind_but_no_mission() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox.git(&["checkout", "--quiet", "--detach"]);
    let before = sandbox.snapshot();
    for command in [&SPECIFY[..], &PLAIN] {
        let error = sandbox.run(command).error(10, "none");
        assert!(
            error["message"].as_str().unwrap().contains("detached"),
            "{error}"
        );
    }
    before.assert_same(&sandbox.snapshot());
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
    let answer = sandbox.run(&BIND).answer("spec-kitty.bind-origin/1");
    let warning = answer["warnings"][0]["message"].as_str().unwrap();
    assert!(warning.contains("on no branch"), "{answer}");
    assert_eq!(sandbox.subjects()[0], "Bind WEB-123 to mission 060-search");
}

/// A linked work tree of the user next to the project, on a branch of its own.
fn linked(sandbox: &Sandbox, name: &str) -> PathBuf {
    let path = sandbox.root().join(name);
    let text = path.to_str().unwrap();
    sandbox.git(&["worktree", "add", "--quiet", "-b", name, text]);
    path
}

#[test]
fn a_linked_worktree_takes_missions_and_binds() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let linked = linked(&sandbox, "wp01");
    let git = |arguments: &[&str]| {
        sandbox.git(&[&["-C", linked.to_str().unwrap()][..], arguments].concat())
    };
    let before = sandbox.snapshot().without(".git");
    let bound = sandbox
        .run_in(&linked, &BIND)
        .answer("spec-kitty.bind-origin/1");
    assert_eq!(bound["commit"], git(&["rev-parse", "wp01"]));
    let plain = sandbox
        .run_in(&linked, &PLAIN)
        .answer("spec-kitty.specify/1");
    assert_eq!(plain["feature_slug"], "061-payments");
    assert_eq!(plain["current_branch"], "wp01");
    assert_eq!(plain["target_branch"], "wp01");
    assert_eq!(git(&["status", "--porcelain"]), "");
    assert_eq!(git(&["rev-list", "--count", "wp01"]), "3");
    before.assert_same(&sandbox.snapshot().without(".git"));
    assert_eq!(sandbox.commit_count(), 1, "main stays where it was");
}

/// Mutation check: if only the own work tree is searched for numbers, both get 061.
#[test]
fn work_trees_of_a_clone_never_give_one_number_twice() {
    let sandbox = Sandbox::with_project();
    let trees = [
        sandbox.project(),
        linked(&sandbox, "left"),
        linked(&sandbox, "right"),
    ];
    let answers: Vec<_> = std::thread::scope(|scope| {
        let sandbox = &sandbox;
        let runs: Vec<_> = trees
            .iter()
            .map(|tree| scope.spawn(move || sandbox.run_in(tree, &PLAIN)))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let mut slugs: Vec<_> = answers
        .iter()
        .map(|answer| answer.answer("spec-kitty.specify/1")["feature_slug"].to_string())
        .collect();
    slugs.sort();
    assert_eq!(
        slugs,
        ["\"061-payments\"", "\"062-payments\"", "\"063-payments\""]
    );
    for tree in &trees {
        let tree = tree.to_str().unwrap();
        assert_eq!(sandbox.git(&["-C", tree, "status", "--porcelain"]), "");
    }
    sandbox.git(&["fsck", "--no-dangling"]);
    assert!(sandbox.intents().is_empty());
    // Where another work tree is unreadable, this one goes on.
    let specs = trees[1].join("kitty-specs");
    fs::remove_dir_all(&specs).unwrap();
    fs::write(&specs, "a file").unwrap();
    sandbox.run(&["specify", "reports"]).succeeds();
}

/// Mutation check: if only the own work tree is searched for numbers, the second run writes its journey
/// over that of the first.
#[test]
fn each_work_tree_finishes_its_own_mission() {
    let sandbox = Sandbox::with_project();
    let linked = linked(&sandbox, "left");
    sandbox.hook("pre-commit", "exit 1");
    for tree in [&linked, &sandbox.project()] {
        sandbox.run_in(tree, &PLAIN).error(11, "applied");
        let doctor = sandbox.run_in(tree, &["doctor", "--fix"]).succeeds();
        let advice = "run: spec-kitty specify payments";
        assert_eq!(doctor.stdout.matches(advice).count(), 1, "{doctor:?}");
    }
    let doctor = sandbox.run(&["doctor", "--fix"]).succeeds();
    let elsewhere = format!("-C {} specify payments", linked.display());
    assert!(doctor.stdout.contains(&elsewhere), "{doctor:?}");
    fs::remove_file(sandbox.path(".git/hooks/pre-commit")).unwrap();
    for (tree, mission) in [
        (&linked, "061-payments"),
        (&sandbox.project(), "062-payments"),
    ] {
        let answer = sandbox.run_in(tree, &PLAIN).answer("spec-kitty.specify/1");
        assert_eq!(answer["feature_slug"], mission);
        assert_eq!(answer["created"], false);
    }
    assert!(sandbox.intents().is_empty());
}

#[test]
fn below_dot_worktrees_the_main_checkout_is_named() {
    let sandbox = Sandbox::with_project();
    let folder = sandbox.path(".worktrees/copy");
    fs::create_dir_all(&folder).unwrap();
    let work_tree = sandbox.path(".worktrees/060-search-WP01");
    let path = work_tree.to_str().unwrap();
    sandbox.git(&["worktree", "add", "--quiet", "-b", "wp01", path]);
    let main = sandbox.project();
    let main = main.to_str().unwrap();
    for below in [folder, work_tree.clone(), work_tree.join("kitty-specs")] {
        let error = sandbox.run_in(&below, &PLAIN).error(10, "none");
        assert_eq!(error["code"], "inside_worktree");
        assert!(
            error["message"].as_str().unwrap().ends_with(main),
            "{error}"
        );
        assert_eq!(error["hint"], format!("run it again with: -C {main}"));
        assert_eq!(error["details"]["main_checkout"], main);
    }
    assert_eq!(sandbox.missions(), ["060-search"]);
}

/// The project is the one of the work tree, also where the work tree is in the main checkout.
#[test]
fn a_linked_worktree_inside_the_main_checkout_is_its_own_root() {
    let sandbox = Sandbox::with_project();
    let inside = sandbox.path("trees/left");
    let path = inside.to_str().unwrap();
    sandbox.git(&["worktree", "add", "--quiet", "-b", "left", path]);
    let below = inside.join("kitty-specs/060-search");
    let answer = sandbox
        .run_in(&below, &PLAIN)
        .answer("spec-kitty.specify/1");
    assert_eq!(answer["feature_slug"], "061-payments");
    assert!(inside.join("kitty-specs/061-payments/meta.json").exists());
    assert_eq!(sandbox.missions(), ["060-search"]);
    let intact = sandbox.run(&["specify", "reports", "--json"]);
    let answer = intact.answer("spec-kitty.specify/1");
    assert_eq!(answer["feature_slug"], "062-reports");
}

#[test]
fn a_bare_repository_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.git(&["init", "--quiet", "--bare"]);
    sandbox.run(&PLAIN).error(10, "none");
}

#[test]
fn a_repository_inside_a_repository_is_its_own_project() {
    let sandbox = Sandbox::with_project();
    let inner = sandbox.path("vendor/inner");
    fs::create_dir_all(&inner).unwrap();
    let path = inner.to_str().unwrap();
    sandbox.git(&["init", "--quiet", "--template=", path]);
    let before = sandbox.commit_count();
    let output = sandbox.run_in(&inner, &PLAIN);
    // Without its own project it may be refused, but it never writes into the outer one.
    if output.code == 0 {
        assert_eq!(output.json()["feature_slug"], "001-payments");
        assert!(inner.join("kitty-specs/001-payments").is_dir());
    } else {
        output.error(10, "none");
    }
    assert_eq!(sandbox.missions(), ["060-search"]);
    assert_eq!(sandbox.commit_count(), before);
}

#[test]
fn a_submodule_commits_into_itself() {
    let library = Sandbox::with_project();
    let sandbox = Sandbox::with_git();
    let url = library.project();
    sandbox.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        url.to_str().unwrap(),
        "lib",
    ]);
    sandbox.git(&["commit", "--quiet", "-m", "Add a submodule"]);
    let inside = sandbox.path("lib");
    let inside_path = inside.to_str().unwrap();
    let answer = sandbox
        .run_in(&inside, &PLAIN)
        .answer("spec-kitty.specify/1");
    assert_eq!(
        answer["commits"],
        json!([sandbox.git(&["-C", inside_path, "rev-parse", "HEAD"])])
    );
    assert_eq!(
        sandbox.commit_count(),
        2,
        "the outer repository is left alone"
    );
}

/// Leaves a merge with an open conflict.
fn open_merge(sandbox: &Sandbox) {
    diverge(sandbox);
    assert_ne!(sandbox.try_git(&["merge", "other"]).code, 0);
}

/// Two branches that disagree about README.md.
fn diverge(sandbox: &Sandbox) {
    sandbox.git(&["switch", "--quiet", "--create", "other"]);
    sandbox.write("README.md", "theirs\n");
    sandbox.git(&["commit", "--quiet", "--all", "-m", "Theirs"]);
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.write("README.md", "ours\n");
    sandbox.git(&["commit", "--quiet", "--all", "-m", "Ours"]);
}

#[test]
fn while_a_merge_is_open_files_are_written_and_the_commit_waits() {
    let server = Server::with_ticket("WEB-123", "Login page");
    for command in [&SPECIFY[..], &BIND, &PLAIN] {
        let sandbox = Sandbox::ready(&server);
        open_merge(&sandbox);
        let before = sandbox.snapshot();
        let commits = sandbox.commit_count();
        let answer = deferred(&sandbox.run(command));
        assert!(answer["commit"].is_null(), "{answer}");
        if let Some(made) = answer.get("commits") {
            assert_eq!(*made, json!([]), "{answer}");
        }
        assert_eq!(sandbox.commit_count(), commits);
        let changes = before.changes(&sandbox.snapshot());
        assert!(!changes.is_empty());
        for change in changes {
            assert!(change.contains(" kitty-specs"), "{change}");
        }
        sandbox.git(&["rev-parse", "--verify", "--quiet", "MERGE_HEAD"]);
    }
}

#[test]
fn after_the_merge_the_same_command_makes_the_commit() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    open_merge(&sandbox);
    deferred(&sandbox.run(&SPECIFY));
    sandbox.git(&["checkout", "--quiet", "--ours", "README.md"]);
    sandbox.git(&["add", "README.md"]);
    sandbox.git(&["commit", "--quiet", "--no-edit"]);
    sandbox.run(&SPECIFY).succeeds();
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.missions(), ["060-search", "061-web-123"]);
}

#[test]
fn rebase_cherry_pick_and_revert_make_the_commit_wait_too() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let rows: [&[&str]; 3] = [
        &["rebase", "other"],
        &["cherry-pick", "other"],
        &["revert", "--no-edit", "HEAD~1"],
    ];
    for operation in rows {
        let sandbox = Sandbox::ready(&server);
        diverge(&sandbox);
        sandbox.write("README.md", "ours again\n");
        sandbox.git(&["commit", "--quiet", "--all", "-m", "Ours again"]);
        assert_ne!(sandbox.try_git(operation).code, 0, "{operation:?}");
        let head = sandbox.git(&["rev-parse", "HEAD"]);
        let answer = deferred(&sandbox.run(&BIND));
        assert!(answer["commit"].is_null(), "{operation:?}: {answer}");
        assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), head, "{operation:?}");
        assert!(sandbox.meta("060-search")["origin_ticket"].is_object());
    }
}

/// Index entries, with stat data and flags, and the staged patch of all files outside of missions.
fn staging_area(sandbox: &Sandbox) -> [String; 3] {
    let others = ["--", ".", ":(exclude)kitty-specs"];
    [
        sandbox.git(&[&["ls-files", "--stage", "--debug"][..], &others].concat()),
        sandbox.git(&[&["diff", "--cached", "--binary"][..], &others].concat()),
        sandbox.git(
            &[
                &["--no-optional-locks", "status", "--porcelain=v2"][..],
                &others,
            ]
            .concat(),
        ),
    ]
}

/// A user with every kind of staged, unstaged and untracked change.
fn disorder(sandbox: &Sandbox) {
    for name in ["partly", "deleted", "renamed", "edited"] {
        sandbox.write(
            &format!("{name}.txt"),
            format!("{name}\n1\n2\n3\n4\n5\n6\n7\n8\n9\n"),
        );
    }
    sandbox.commit_all("Add files");
    sandbox.write("partly.txt", "partly\nstaged\n2\n3\n4\n5\n6\n7\n8\n9\n");
    sandbox.git(&["add", "partly.txt"]);
    sandbox.write(
        "partly.txt",
        "partly\nstaged\n2\n3\n4\n5\n6\n7\n8\n9\nnot staged\n",
    );
    sandbox.git(&["rm", "--quiet", "--cached", "deleted.txt"]);
    sandbox.git(&["mv", "renamed.txt", "moved.txt"]);
    sandbox.write("edited.txt", "edited\nnot staged\n");
    sandbox.write("new.txt", "staged\n");
    sandbox.git(&["add", "new.txt"]);
    sandbox.write("intended.txt", "intended\n");
    sandbox.git(&["add", "--intent-to-add", "intended.txt"]);
    sandbox.write("untracked.txt", "untracked\n");
}

#[test]
fn the_staging_area_of_a_user_is_left_as_it_is() {
    let server = Server::with_ticket("WEB-123", "Login page");
    for command in [&SPECIFY[..], &BIND, &PLAIN] {
        let sandbox = Sandbox::ready(&server);
        disorder(&sandbox);
        let before = staging_area(&sandbox);
        sandbox.run(command).succeeds();
        assert_eq!(staging_area(&sandbox), before, "{command:?}");
        for commit in sandbox.git(&["rev-list", "HEAD~1..HEAD"]).lines() {
            let paths = sandbox.paths_of(commit);
            assert!(
                paths.iter().all(|path| path.starts_with("kitty-specs/")),
                "{paths:?}"
            );
        }
        assert_eq!(sandbox.git(&["stash", "list"]), "");
        assert_eq!(sandbox.git(&["status", "--porcelain", "kitty-specs"]), "");
    }
}

#[test]
fn a_rejecting_hook_leaves_the_staging_area_as_it_is() {
    let server = Server::with_ticket("WEB-123", "Login page");
    for command in [&SPECIFY[..], &BIND, &PLAIN] {
        let sandbox = Sandbox::ready(&server);
        disorder(&sandbox);
        sandbox.hook("pre-commit", "echo 'the linter says no' >&2; exit 1");
        let index = fs::read(sandbox.path(".git/index")).unwrap();
        let before = staging_area(&sandbox);
        let head = sandbox.git(&["rev-parse", "HEAD"]);
        let error = sandbox.run(command).error(11, "applied");
        assert!(error.to_string().contains("the linter says no"), "{error}");
        assert_eq!(staging_area(&sandbox), before, "{command:?}");
        assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), head);
        // Where git did nothing at all the very bytes are the same.
        if command == &BIND[..] {
            assert_eq!(fs::read(sandbox.path(".git/index")).unwrap(), index);
        }
        assert_eq!(
            sandbox.git(&["ls-files", "kitty-specs/061-*"]),
            "",
            "no entry is left behind"
        );
    }
}

#[test]
fn no_verify_passes_a_rejecting_hook() {
    let server = Server::with_ticket("WEB-123", "Login page");
    for command in [&SPECIFY[..], &BIND, &PLAIN] {
        let sandbox = Sandbox::ready(&server);
        sandbox.hook("pre-commit", "exit 1");
        sandbox
            .run(&[command, &["--no-verify"]].concat())
            .succeeds();
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    }
}

#[test]
fn a_held_index_lock_defers_the_commit_and_is_never_removed() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox.write(".git/index.lock", "");
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    let answer = deferred(&sandbox.run(&BIND));
    assert!(answer["commit"].is_null(), "{answer}");
    assert!(sandbox.path(".git/index.lock").exists());
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), head);
    assert!(sandbox.meta("060-search")["origin_ticket"].is_object());
    fs::remove_file(sandbox.path(".git/index.lock")).unwrap();
    sandbox.run(&BIND).succeeds();
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_sparse_checkout_without_the_missions_still_commits_them() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox.write("src/code.txt", "code\n");
    sandbox.commit_all("Add code");
    sandbox.git(&["sparse-checkout", "set", "--cone", "src", ".kittify"]);
    let answer = sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
    assert_eq!(answer["feature_slug"], "061-web-123");
    assert_eq!(answer["commits"].as_array().unwrap().len(), 2, "{answer}");
    assert_eq!(sandbox.git(&["diff", "--cached", "--name-only"]), "");
}

#[test]
fn a_meta_json_that_git_is_told_to_leave_alone_is_bound_and_said_not_to_be_committed() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let meta = "kitty-specs/060-search/meta.json";
    sandbox.git(&["update-index", "--skip-worktree", meta]);
    let answer = sandbox.run(&BIND).answer("spec-kitty.bind-origin/1");
    assert_eq!(answer["commit"], Value::Null);
    let message = "not committed: the files are marked skip-worktree";
    let warning = json!({"code": "commit_skipped", "message": message});
    assert_eq!(answer["warnings"], json!([warning]));
    assert!(sandbox.meta("060-search")["origin_ticket"].is_object());
}

/// Mutation check: if missions are searched in the work tree only, this test fails (a second `001`,
/// and the spec of the first replaced by an empty one in HEAD).
#[test]
fn missions_outside_of_a_sparse_checkout_are_there_all_the_same() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox.run(&SPECIFY).succeeds();
    sandbox.write("kitty-specs/061-web-123/spec.md", "precious\n");
    sandbox.write("src/code.txt", "code\n");
    sandbox.commit_all("Write");
    sandbox.git(&["sparse-checkout", "set", "--cone", "src", ".kittify"]);
    assert_eq!(sandbox.missions(), [] as [String; 0]);
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    let answer = sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
    assert_eq!(answer["created"], false);
    assert_eq!(answer["feature_slug"], "061-web-123");
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(server.requests_to(BIND_PATH).len(), 1);
    let taken = [&PLAIN[..], &["--number", "61"]].concat();
    sandbox.run(&taken).error(6, "none");
    let plain = sandbox.run(&PLAIN).answer("spec-kitty.specify/1");
    assert_eq!(plain["feature_slug"], "062-payments");
    let spec = "HEAD:kitty-specs/061-web-123/spec.md";
    assert_eq!(sandbox.git(&["show", spec]), "precious");
}

/// Mutation check: if the unfinished mission is searched in the work tree only, this test fails (a
/// second mission).
#[test]
fn unfinished_work_outside_of_a_sparse_checkout_is_named() {
    let server = Server::with_ticket("WEB-123", "Login page");
    server.on(BIND_PATH, Reply::Drop);
    let sandbox = Sandbox::ready(&server);
    sandbox.run(&SPECIFY).error(11, "applied");
    sandbox.write("src/code.txt", "code\n");
    sandbox.commit_all("Write");
    sandbox.git(&["sparse-checkout", "set", "--cone", "src", ".kittify"]);
    let error = sandbox.run(&SPECIFY).error(10, "none");
    let hint = "run: git sparse-checkout add kitty-specs/061-web-123";
    assert_eq!(error["hint"], hint);
    sandbox.git(&["sparse-checkout", "add", "kitty-specs/061-web-123"]);
    server.on(BIND_PATH, Reply::json(200, &bind_answer()));
    let answer = sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
    assert_eq!(answer["feature_slug"], "061-web-123");
}

#[test]
fn variables_of_a_surrounding_hook_do_not_lead_astray() {
    let other = Sandbox::with_git();
    let mut sandbox = Sandbox::with_project();
    let before = other.snapshot();
    sandbox.set("GIT_DIR", other.path(".git"));
    sandbox.set("GIT_WORK_TREE", other.project());
    sandbox.set("GIT_INDEX_FILE", other.path(".git/index"));
    sandbox.set("GIT_PREFIX", "");
    sandbox.run(&PLAIN).answer("spec-kitty.specify/1");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        sandbox.unset(name);
    }
    before.assert_same(&other.snapshot());
    assert_eq!(sandbox.subjects()[0], "Add mission 061-payments");
}

#[test]
fn configuration_of_the_user_does_not_change_what_is_understood() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox.git_config(
        "[status]\n\tshort = true\n\trelativePaths = false\n[color]\n\tui = always\n\
         [core]\n\tquotePath = false\n\tautocrlf = true\n\tpager = false\n\
         [commit]\n\tverbose = 2\n\tstatus = false\n\tcleanup = verbatim\n\
         [log]\n\tshowSignature = true\n[diff]\n\tnoprefix = true\n\texternal = false\n\
         [advice]\n\taddIgnoredFile = false\n[i18n]\n\tcommitEncoding = ISO-8859-1\n",
    );
    let answer = sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
    let commits = sandbox.git(&["rev-list", "--reverse", "HEAD~2..HEAD"]);
    assert_eq!(
        answer["commits"],
        json!(commits.lines().collect::<Vec<_>>())
    );
}

#[test]
fn git_that_is_not_installed_is_named() {
    let mut sandbox = Sandbox::with_project();
    sandbox.set("PATH", sandbox.root().join("temporary"));
    let error = sandbox.run(&PLAIN).error(10, "none");
    assert!(
        error["message"].as_str().unwrap().contains("git"),
        "{error}"
    );
}

#[test]
fn reftable_and_sha256_repositories_work() {
    for flag in ["--ref-format=reftable", "--object-format=sha256"] {
        let sandbox = Sandbox::new();
        if sandbox.try_git(&["init", "--quiet", flag]).code != 0 {
            continue; // an older git
        }
        sandbox.init_project();
        let answer = sandbox.run(&PLAIN).answer("spec-kitty.specify/1");
        assert_eq!(answer["current_branch"], "main", "{flag}");
        assert_eq!(
            answer["commits"],
            json!([sandbox.git(&["rev-parse", "HEAD"])]),
            "{flag}"
        );
    }
}

#[test]
fn a_signed_off_policy_of_prepare_commit_msg_is_the_users() {
    let sandbox = Sandbox::with_project();
    sandbox.hook("prepare-commit-msg", "echo 'Ticket: none' >> \"$1\"");
    let answer = sandbox.run(&PLAIN).answer("spec-kitty.specify/1");
    assert_eq!(
        answer["commits"],
        json!([sandbox.git(&["rev-parse", "HEAD"])])
    );
    assert!(
        sandbox
            .git(&["log", "-1", "--format=%B"])
            .contains("Ticket: none")
    );
}
