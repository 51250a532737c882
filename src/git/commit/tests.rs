use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::*;
use crate::git::parse;
use crate::git::testing::{Sandbox, write};

const META: &str = "kitty-specs/001-a/meta.json";
const SPEC: &str = "kitty-specs/001-a/spec.md";

fn paths(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(PathBuf::from).collect()
}

/// A request that tries a locked index once.
fn request(paths: &[PathBuf]) -> CommitRequest<'_> {
    CommitRequest {
        paths,
        message: "Bind WEB-1 to mission 001-a",
        no_verify: false,
        state: PathState::Changed,
        git_lock_wait: Duration::ZERO,
        lock_wait: Duration::from_mins(1),
    }
}

fn commit_in(
    sandbox: &Sandbox,
    directory: &Path,
    names: &[&str],
) -> Result<Committed, CommitError> {
    let repository = sandbox.repository_in(directory);
    commit(&sandbox.world, &repository, &request(&paths(names)))
}

fn commit_in_root(sandbox: &Sandbox, names: &[&str]) -> Result<Committed, CommitError> {
    commit_in(sandbox, &sandbox.root, names)
}

fn rejected(result: Result<Committed, CommitError>) -> (RejectedBy, String) {
    match result {
        Err(CommitError::Rejected { reason, stderr }) => (reason, stderr),
        other => panic!("{other:?}"),
    }
}

/// Asserts that HEAD is a commit of exactly these paths (in git's order) on top of `parent`.
fn assert_commit(
    sandbox: &Sandbox,
    directory: &Path,
    made: &Committed,
    parent: &str,
    names: &[&str],
) {
    let Committed::Commit(commit) = made else {
        panic!("{made:?}")
    };
    let shown = sandbox.git_in(
        directory,
        &["log", "-1", "--format=%H %P", "--name-only", "-m"],
    );
    let mut lines = shown.lines();
    assert_eq!(lines.next(), Some(format!("{commit} {parent}").as_str()));
    assert_eq!(lines.skip(1).collect::<Vec<_>>(), names);
}

fn head(sandbox: &Sandbox) -> String {
    sandbox.git(&["rev-parse", "HEAD"]).trim().to_owned()
}

/// The state that must not change: the index with all flags but without times, both patches and the
/// stash. Without `kitty-specs`, or of everything.
fn staging_area(sandbox: &Sandbox, everything: bool) -> String {
    let scope = if everything {
        "."
    } else {
        ":(exclude)kitty-specs"
    };
    let entries = sandbox.git(&["ls-files", "--stage", "--debug", "--", ".", scope]);
    let entries = entries
        .lines()
        .filter_map(|line| match line.split_once("flags: ") {
            Some((_, flags)) => Some(flags.to_owned()),
            None => (!line.starts_with("  ")).then(|| line.to_owned()),
        });
    let mut state: Vec<String> = entries.collect();
    for command in [
        ["diff", "--cached", "--", ".", scope],
        ["diff", "--binary", "--", ".", scope],
        ["status", "--porcelain=v2", "--", ".", scope],
    ] {
        state.push(sandbox.git(&command));
    }
    state.push(sandbox.git(&["stash", "list"]));
    state.join("\n")
}

/// A staging area with all kinds of entries, and two files to commit: one changed, one new.
fn busy_user() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.commit_file("both.txt", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    sandbox.commit_file("gone.txt", "gone\n");
    sandbox.commit_file("old name.txt", "a file that is renamed\n");
    sandbox.commit_file("flag.txt", "assumed\n");
    sandbox.commit_file(META, "{}\n");
    sandbox.write("both.txt", "ONE\n2\n3\n4\n5\n6\n7\n8\n9\n");
    sandbox.git(&["add", "both.txt"]);
    sandbox.write("both.txt", "ONE\n2\n3\n4\n5\n6\n7\n8\nNINE\n");
    sandbox.write("staged new.txt", "new\n");
    sandbox.git(&["add", "staged new.txt"]);
    sandbox.git(&["rm", "-q", "--cached", "gone.txt"]);
    sandbox.git(&["mv", "old name.txt", "new name.txt"]);
    sandbox.git(&["update-index", "--assume-unchanged", "flag.txt"]);
    sandbox.write("intent.txt", "intended\n");
    sandbox.git(&["add", "-N", "intent.txt"]);
    sandbox.write("untracked.txt", "untracked\n");
    sandbox.write(META, "{\"bound\":true}\n");
    sandbox.write(SPEC, "# Spec\n");
    sandbox
}

#[test]
fn a_commit_contains_the_paths_and_keeps_the_staging_area() {
    let sandbox = busy_user();
    let before = staging_area(&sandbox, false);
    let parent = head(&sandbox);
    let made = commit_in_root(&sandbox, &[META, SPEC]).unwrap();
    assert_commit(&sandbox, &sandbox.root, &made, &parent, &[META, SPEC]);
    assert_eq!(staging_area(&sandbox, false), before);
    assert_eq!(
        sandbox.git(&["status", "--porcelain", "--", "kitty-specs"]),
        ""
    );
    assert_eq!(sandbox.git(&["fsck", "--strict", "--no-dangling"]), "");
}

#[test]
fn an_unchanged_tree_needs_no_commit_and_starts_no_hook() {
    let sandbox = busy_user();
    commit_in_root(&sandbox, &[META, SPEC]).unwrap();
    sandbox.hook("pre-commit", "touch .git/started");
    let before = staging_area(&sandbox, true);
    let again = commit_in_root(&sandbox, &[META, SPEC]).unwrap();
    assert_eq!(again, Committed::NothingToCommit);
    sandbox.git(&["rm", "-q", "--cached", META]);
    assert_eq!(
        commit_in_root(&sandbox, &[META]).unwrap(),
        Committed::NothingToCommit
    );
    sandbox.git(&["reset", "-q", "--", META]);
    assert_eq!(staging_area(&sandbox, true), before);
    assert!(!sandbox.root.join(".git/started").exists());
}

#[test]
fn an_unchanged_tree_is_not_a_rejection() {
    let sandbox = busy_user();
    commit_in_root(&sandbox, &[META, SPEC]).unwrap();
    let before = staging_area(&sandbox, true);
    let names = paths(&[META]);
    let unasked = CommitRequest {
        state: PathState::New,
        ..request(&names)
    };
    let again = commit(&sandbox.world, &sandbox.repository(), &unasked).unwrap();
    assert_eq!(again, Committed::NothingToCommit);
    // With this state it does not check HEAD, so it removes the index entry.
    sandbox.git(&["reset", "-q", "--", META]);
    assert_eq!(staging_area(&sandbox, true), before);
}

#[test]
fn a_rejecting_hook_changes_nothing_and_its_output_is_reported() {
    for hook in ["pre-commit", "prepare-commit-msg", "commit-msg"] {
        let sandbox = busy_user();
        let (before, parent) = (staging_area(&sandbox, true), head(&sandbox));
        sandbox.hook(hook, "echo 'no tickets on fridays'; exit 3");
        let (reason, stderr) = rejected(commit_in_root(&sandbox, &[META, SPEC]));
        assert_eq!(reason, RejectedBy::Hook, "{hook}");
        assert_eq!(stderr, "no tickets on fridays\n");
        assert_eq!(staging_area(&sandbox, true), before, "{hook}");
        assert_eq!(head(&sandbox), parent);
        fs::remove_file(sandbox.root.join(".git/hooks").join(hook)).unwrap();
        let made = commit_in_root(&sandbox, &[META, SPEC]).unwrap();
        assert_commit(&sandbox, &sandbox.root, &made, &parent, &[META, SPEC]);
    }
}

#[test]
fn a_hook_that_changes_the_file_and_rejects_keeps_the_index() {
    let sandbox = busy_user();
    let before = staging_area(&sandbox, false);
    sandbox.hook("pre-commit", &format!("echo formatted >> {SPEC}; exit 1"));
    rejected(commit_in_root(&sandbox, &[SPEC]));
    let known = sandbox.git(&["ls-files", "--", SPEC]);
    assert_eq!(known, "");
    assert_eq!(staging_area(&sandbox, false), before);
}

#[test]
fn hooks_get_only_the_committed_paths_and_the_message_has_no_settings() {
    let sandbox = busy_user();
    let list = "git diff --cached --name-only --ita-invisible-in-index -- '*.md' '*.json' '*.txt'";
    sandbox.hook("pre-commit", &format!("{list} > .git/seen"));
    sandbox.hook("commit-msg", "cp \"$1\" .git/message");
    commit_in_root(&sandbox, &[META, SPEC]).unwrap();
    let read = |name: &str| fs::read_to_string(sandbox.root.join(".git").join(name)).unwrap();
    assert_eq!(read("seen"), format!("{META}\n{SPEC}\n"));
    assert_eq!(read("message"), "Bind WEB-1 to mission 001-a\n");
}

#[test]
fn no_verify_skips_the_hooks() {
    let sandbox = busy_user();
    sandbox.hook("pre-commit", "exit 1");
    let names = paths(&[META]);
    let unverified = CommitRequest {
        no_verify: true,
        ..request(&names)
    };
    let made = commit(&sandbox.world, &sandbox.repository(), &unverified).unwrap();
    assert!(matches!(made, Committed::Commit(_)));
}

#[test]
fn a_missing_identity_and_a_failing_signer_are_different_errors() {
    let cases: [(&[&[&str]], RejectedBy); 3] = [
        (
            &[
                &["config", "user.useConfigOnly", "true"],
                &["config", "--unset", "user.email"],
            ],
            RejectedBy::Identity,
        ),
        (
            &[
                &["config", "commit.gpgSign", "true"],
                &["config", "gpg.program", "false"],
            ],
            RejectedBy::Signing,
        ),
        (
            &[
                &["config", "commit.gpgSign", "true"],
                &["config", "gpg.format", "ssh"],
            ],
            RejectedBy::Signing,
        ),
    ];
    for (commands, expected) in cases {
        let sandbox = busy_user();
        for command in commands {
            sandbox.git(command);
        }
        let (before, parent) = (staging_area(&sandbox, true), head(&sandbox));
        let (reason, stderr) = rejected(commit_in_root(&sandbox, &[META, SPEC]));
        assert_eq!(reason, expected, "{stderr}");
        assert_eq!(staging_area(&sandbox, true), before);
        assert_eq!(head(&sandbox), parent);
    }
}

#[test]
fn an_intent_to_add_of_the_user_survives_a_rejection() {
    let sandbox = busy_user();
    sandbox.git(&["add", "-N", SPEC]);
    let before = staging_area(&sandbox, true);
    sandbox.hook("pre-commit", "exit 1");
    rejected(commit_in_root(&sandbox, &[META, SPEC]));
    assert_eq!(staging_area(&sandbox, true), before);
}

/// Two branches that change the same line; `main` is checked out.
fn two_sides() -> Sandbox {
    let sandbox = Sandbox::new();
    diverge(&sandbox);
    sandbox
}

fn diverge(sandbox: &Sandbox) {
    sandbox.commit_file("file", "base\n");
    sandbox.git(&["checkout", "-q", "-b", "side"]);
    sandbox.commit_file("file", "side\n");
    sandbox.commit_file("file", "side again\n");
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.commit_file("file", "main\n");
    sandbox.write(META, "{}\n");
}

#[test]
fn open_operations_defer_the_commit() {
    let cases: [(&[&str], Interrupted); 6] = [
        (&["merge", "side"], Interrupted::Merge),
        (&["rebase", "side"], Interrupted::Rebase),
        (&["rebase", "--apply", "side"], Interrupted::Rebase),
        (&["cherry-pick", "side"], Interrupted::CherryPick),
        (&["revert", "HEAD~1"], Interrupted::Revert),
        (
            &["merge", "--no-commit", "--no-ff", "-s", "ours", "side"],
            Interrupted::Merge,
        ),
    ];
    for (operation, expected) in cases {
        let sandbox = two_sides();
        sandbox.git(&["config", "core.editor", "true"]);
        if expected == Interrupted::Revert {
            sandbox.commit_file("file", "main again\n");
        }
        drop(sandbox.try_git_in(&sandbox.root, operation));
        let (before, parent) = (staging_area(&sandbox, true), head(&sandbox));
        let deferred = Committed::Deferred(Deferral::Interrupted(expected));
        assert_eq!(
            commit_in_root(&sandbox, &[META]).unwrap(),
            deferred,
            "{operation:?}"
        );
        assert_eq!(staging_area(&sandbox, true), before, "{operation:?}");
        assert_eq!(head(&sandbox), parent);
    }
}

#[test]
fn a_series_of_cherry_picks_defers_also_between_two_of_them() {
    let sandbox = two_sides();
    drop(sandbox.try_git_in(&sandbox.root, &["cherry-pick", "side~1", "side"]));
    sandbox.write("file", "resolved\n");
    sandbox.git(&["commit", "-q", "-a", "-m", "resolved by hand"]);
    let deferred = Committed::Deferred(Deferral::Interrupted(Interrupted::CherryPick));
    assert_eq!(commit_in_root(&sandbox, &[META]).unwrap(), deferred);
}

#[test]
fn the_reftable_format_hides_no_cherry_pick() {
    let sandbox = Sandbox::new();
    fs::remove_dir_all(sandbox.root.join(".git")).unwrap();
    let init = ["init", "-q", "-b", "main", "--ref-format=reftable"];
    if sandbox.try_git_in(&sandbox.root, &init).is_err() {
        return; // This git is older than the format.
    }
    sandbox.identify(&sandbox.root);
    diverge(&sandbox);
    for (operation, expected) in [
        (["cherry-pick", "side"], Interrupted::CherryPick),
        (["revert", "HEAD~1"], Interrupted::Revert),
    ] {
        if expected == Interrupted::Revert {
            sandbox.git(&["reset", "-q", "--hard"]);
            sandbox.commit_file("file", "main again\n");
            sandbox.write(META, "{}\n");
        }
        drop(sandbox.try_git_in(&sandbox.root, &operation));
        let deferred = Committed::Deferred(Deferral::Interrupted(expected));
        assert_eq!(commit_in_root(&sandbox, &[META]).unwrap(), deferred);
    }
}

#[test]
fn conflicts_without_an_operation_stay_as_they_are() {
    let sandbox = two_sides();
    sandbox.write("file", "stashed\n");
    sandbox.git(&["stash", "-q"]);
    sandbox.git(&["checkout", "-q", "side"]);
    drop(sandbox.try_git_in(&sandbox.root, &["stash", "pop"]));
    let (before, parent) = (staging_area(&sandbox, false), head(&sandbox));
    assert!(before.contains("\nu UU "), "{before}");
    let made = commit_in_root(&sandbox, &[META]).unwrap();
    assert_commit(&sandbox, &sandbox.root, &made, &parent, &[META]);
    assert_eq!(staging_area(&sandbox, false), before);
}

fn locked(lock: &Path) -> Committed {
    let held = format!("holds {}", lock.display());
    Committed::Deferred(Deferral::Locked(held))
}

#[test]
fn a_held_index_defers_and_its_lock_stays() {
    let sandbox = busy_user();
    let (before, parent) = (staging_area(&sandbox, true), head(&sandbox));
    let lock = sandbox.root.join(".git/index.lock");
    write(&lock, "");
    for state in [PathState::Changed, PathState::Begun, PathState::New] {
        let names = paths(&[META, SPEC]);
        let request = CommitRequest {
            state,
            ..request(&names)
        };
        let outcome = commit(&sandbox.world, &sandbox.repository(), &request).unwrap();
        assert_eq!(outcome, locked(&lock));
        assert!(lock.exists());
    }
    fs::remove_file(&lock).unwrap();
    assert_eq!(staging_area(&sandbox, true), before);
    let made = commit_in_root(&sandbox, &[META, SPEC]).unwrap();
    assert_commit(&sandbox, &sandbox.root, &made, &parent, &[META, SPEC]);
}

/// A git that logs its arguments and runs `more` after each command.
fn watched_git(sandbox: &Sandbox, more: &str) -> World {
    use std::os::unix::fs::PermissionsExt as _;
    let search = World::from_process()
        .unwrap()
        .variable("PATH")
        .unwrap()
        .to_owned();
    let script = format!(
        "#!/bin/sh\necho \"$@\" >> ../log\nPATH='{search}' git \"$@\"\ncode=$?\n{more}\nexit $code\n"
    );
    let git = sandbox.sibling("bin/git");
    write(&git, &script);
    fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{search}", sandbox.sibling("bin").display());
    sandbox.world_with([("PATH", path)])
}

#[test]
fn the_commit_waits_for_a_lock_that_disappears() {
    let sandbox = busy_user();
    let lock = sandbox.root.join(".git/index.lock");
    write(&lock, "");
    let world = watched_git(&sandbox, "rm -f .git/index.lock");
    let names = paths(&[SPEC]);
    let patient = CommitRequest {
        git_lock_wait: GIT_LOCK_WAIT,
        state: PathState::New,
        ..request(&names)
    };
    let made = commit(&world, &sandbox.repository(), &patient).unwrap();
    assert!(matches!(made, Committed::Commit(_)), "{made:?}");
}

#[test]
fn new_files_take_two_git_processes() {
    let sandbox = busy_user();
    let world = watched_git(&sandbox, "");
    let names = paths(&[SPEC]);
    let new = CommitRequest {
        state: PathState::New,
        ..request(&names)
    };
    commit(&world, &sandbox.repository(), &new).unwrap();
    let log = fs::read_to_string(sandbox.sibling("log")).unwrap();
    assert_eq!(log.lines().count(), 2, "{log}");
}

#[test]
fn the_first_commit_of_a_repository_works() {
    let sandbox = Sandbox::new();
    sandbox.write("staged.txt", "staged\n");
    sandbox.git(&["add", "staged.txt"]);
    sandbox.write(META, "{}\n");
    let before = staging_area(&sandbox, false)
        .lines()
        .take(3)
        .collect::<Vec<_>>()
        .join("\n");
    let made = commit_in_root(&sandbox, &[META]).unwrap();
    assert_commit(&sandbox, &sandbox.root, &made, "", &[META]);
    assert!(staging_area(&sandbox, false).starts_with(&before));
}

#[test]
fn a_detached_head_moves_alone() {
    let sandbox = busy_user();
    sandbox.git(&["checkout", "-q", "--detach"]);
    let parent = head(&sandbox);
    let made = commit_in_root(&sandbox, &[META]).unwrap();
    assert_commit(&sandbox, &sandbox.root, &made, &parent, &[META]);
    assert_eq!(sandbox.git(&["rev-parse", "main"]).trim(), parent);
}

#[test]
fn a_linked_worktree_commits_on_its_own_branch() {
    let sandbox = busy_user();
    let (before, parent) = (staging_area(&sandbox, true), head(&sandbox));
    let linked = sandbox.sibling("linked");
    sandbox.git(&[
        "worktree",
        "add",
        "-q",
        "-b",
        "side",
        &linked.display().to_string(),
    ]);
    write(&linked.join(META), "{\"side\":true}\n");
    let made = commit_in(&sandbox, &linked, &[META]).unwrap();
    assert_commit(&sandbox, &linked, &made, &parent, &[META]);
    assert_eq!(staging_area(&sandbox, true), before);
    assert_eq!(head(&sandbox), parent);
    assert!(sandbox.root.join(".git/spec-kitty/commit.lock").exists());
}

#[test]
fn a_sparse_checkout_without_the_folder_works() {
    let sandbox = Sandbox::new();
    sandbox.commit_file("src/a", "a\n");
    sandbox.commit_file("docs/b", "b\n");
    sandbox.git(&["sparse-checkout", "set", "--cone", "src"]);
    sandbox.write(META, "{}\n");
    let parent = head(&sandbox);
    sandbox.hook("pre-commit", "exit 1");
    let before = staging_area(&sandbox, true);
    rejected(commit_in_root(&sandbox, &[META]));
    assert_eq!(staging_area(&sandbox, true), before);
    fs::remove_file(sandbox.root.join(".git/hooks/pre-commit")).unwrap();
    let made = commit_in_root(&sandbox, &[META]).unwrap();
    assert_commit(&sandbox, &sandbox.root, &made, &parent, &[META]);
    sandbox.write(META, "{\"changed\":true}\n");
    let again = commit_in_root(&sandbox, &[META]).unwrap();
    assert!(matches!(again, Committed::Commit(_)), "{again:?}");
    assert!(!sandbox.root.join("docs/b").exists());
}

#[test]
fn a_commit_in_a_submodule_stays_inside() {
    let sandbox = busy_user();
    let (from, origin) = (sandbox.root.clone(), sandbox.sibling("origin"));
    let (from, to) = (from.display().to_string(), origin.display().to_string());
    sandbox.git(&["clone", "-q", &from, &to]);
    sandbox.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &to,
        "sub",
    ]);
    let inside = sandbox.root.join("sub");
    sandbox.identify(&inside);
    write(&inside.join(SPEC), "# inside\n");
    let outer = head(&sandbox);
    let made = commit_in(&sandbox, &inside, &[SPEC]).unwrap();
    assert!(matches!(made, Committed::Commit(_)));
    assert_eq!(head(&sandbox), outer);
}

#[test]
fn a_path_inside_another_repository_is_an_error_that_changes_nothing() {
    let sandbox = busy_user();
    sandbox.git(&["init", "-q", "inner"]);
    write(&sandbox.root.join("inner/file"), "inner\n");
    sandbox.identify(&sandbox.root.join("inner"));
    let inner = sandbox.root.join("inner");
    sandbox.git_in(&inner, &["add", "file"]);
    sandbox.git_in(&inner, &["commit", "-q", "-m", "inner"]);
    let before = staging_area(&sandbox, true);
    let (reason, words) = rejected(commit_in_root(&sandbox, &["inner/file"]));
    assert_eq!(reason, RejectedBy::Other);
    assert!(words.contains("did not match"), "{words}");
    assert_eq!(staging_area(&sandbox, true), before);
    sandbox.git(&["add", "inner"]);
    let (reason, words) = rejected(commit_in_root(&sandbox, &["inner/file"]));
    assert_eq!(reason, RejectedBy::Other);
    assert!(words.contains("is in submodule"), "{words}");
}

#[test]
fn a_name_is_never_a_pattern() {
    let sandbox = busy_user();
    let parent = head(&sandbox);
    let before = staging_area(&sandbox, false);
    let odd: [&[u8]; 6] = [
        b"kitty-specs/*.txt",
        b"kitty-specs/:(top)x",
        b"kitty-specs/new\nline",
        b"kitty-specs/\xff\xfe",
        b"kitty-specs/-n",
        b"kitty-specs/\"quoted\\",
    ];
    let odd = odd.map(|name| PathBuf::from(OsStr::from_bytes(name)));
    for path in &odd {
        sandbox.write(path, "odd\n");
    }
    let made = commit(&sandbox.world, &sandbox.repository(), &request(&odd)).unwrap();
    assert!(matches!(made, Committed::Commit(_)), "{made:?}");
    let diff = ["diff", "-z", "--name-only", &parent, "HEAD"];
    let diff = sandbox.try_git_in(&sandbox.root, &diff).unwrap();
    let mut committed = parse::paths(&diff);
    let mut expected = odd.to_vec();
    committed.sort();
    expected.sort();
    assert_eq!(committed, expected);
    assert_eq!(staging_area(&sandbox, false), before);
    let again = commit(&sandbox.world, &sandbox.repository(), &request(&odd)).unwrap();
    assert_eq!(again, Committed::NothingToCommit);
    sandbox.write(":(exclude)x", "odd\n");
    let (parent, made) = (head(&sandbox), commit_in_root(&sandbox, &[":(exclude)x"]));
    assert_commit(
        &sandbox,
        &sandbox.root,
        &made.unwrap(),
        &parent,
        &[":(exclude)x"],
    );
}

#[test]
fn ignored_files_are_not_forced_in() {
    let sandbox = busy_user();
    let parent = head(&sandbox);
    sandbox.write(".git/info/exclude", "*.md\n");
    let before = staging_area(&sandbox, true);
    assert_eq!(
        commit_in_root(&sandbox, &[SPEC]).unwrap(),
        Committed::Ignored
    );
    assert_eq!(staging_area(&sandbox, true), before);
    let made = commit_in_root(&sandbox, &[META, SPEC]).unwrap();
    assert_commit(&sandbox, &sandbox.root, &made, &parent, &[META]);
    sandbox.write(".git/info/exclude", "kitty-specs\n");
    sandbox.write(META, "{\"tracked\":\"all the same\"}\n");
    let made = commit_in_root(&sandbox, &[META]).unwrap();
    assert!(matches!(made, Committed::Commit(_)), "{made:?}");
}

#[test]
fn output_of_a_post_commit_hook_does_not_hide_the_commit() {
    let sandbox = busy_user();
    sandbox.hook("post-commit", "echo '[main 0000000] not me'; exit 1");
    let parent = head(&sandbox);
    let made = commit_in_root(&sandbox, &[META]).unwrap();
    assert_commit(&sandbox, &sandbox.root, &made, &parent, &[META]);
}

#[test]
fn background_processes_of_a_hook_do_not_block() {
    let sandbox = busy_user();
    // It ends with the folder of this test.
    let background = "(while test -e .git; do sleep 0.1; done) &";
    sandbox.hook("post-commit", &format!("echo started >&2; {background}"));
    let made = commit_in_root(&sandbox, &[META]);
    assert!(matches!(made, Ok(Committed::Commit(_))), "{made:?}");
}

#[test]
fn concurrent_commits_wait_for_each_other() {
    const MANY: usize = 8;
    let sandbox = busy_user();
    let before = staging_area(&sandbox, false);
    let parent = head(&sandbox);
    std::thread::scope(|scope| {
        for number in 0..MANY {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let names = [PathBuf::from(format!("kitty-specs/{number:03}/meta.json"))];
                sandbox.write(&names[0], "{}\n");
                let request = CommitRequest {
                    state: PathState::New,
                    ..request(&names)
                };
                let made = commit(&sandbox.world, &sandbox.repository(), &request).unwrap();
                let Committed::Commit(commit) = made else {
                    panic!("{made:?}")
                };
                let shown = sandbox.git(&["show", "--format=", "--name-only", &commit]);
                assert_eq!(shown.trim_end(), names[0].to_str().unwrap());
            });
        }
    });
    let count = sandbox.git(&["rev-list", "--count", &format!("{parent}..HEAD")]);
    assert_eq!(count.trim(), MANY.to_string());
    assert_eq!(staging_area(&sandbox, false), before);
}

#[test]
fn the_index_follows_a_commit_that_was_killed_after_the_update_of_head() {
    let sandbox = Sandbox::new();
    let (index, before) = (sandbox.root.join(".git/index"), sandbox.sibling("index"));
    sandbox.commit_file(META, "{}\n");
    sandbox.write("theirs.txt", "staged\n");
    sandbox.git(&["add", "theirs.txt"]);
    sandbox.write(META, "{\"bound\":true}\n");
    sandbox.write(SPEC, "");
    sandbox.git(&["add", "--intent-to-add", SPEC]);
    fs::copy(&index, &before).unwrap();
    commit_in_root(&sandbox, &[META, SPEC]).unwrap();
    fs::copy(&before, &index).unwrap();

    let lock = sandbox.root.join(".git/index.lock");
    write(&lock, "");
    let outcome = commit_in_root(&sandbox, &[META, SPEC]).unwrap();
    assert_eq!(outcome, locked(&lock));
    fs::remove_file(lock).unwrap();
    let done = commit_in_root(&sandbox, &[META, SPEC]).unwrap();
    assert_eq!(done, Committed::NothingToCommit);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "A  theirs.txt\n");
}

#[test]
fn changes_staged_after_a_commit_of_the_user_stay_staged() {
    let sandbox = Sandbox::new();
    sandbox.commit_file(META, "{}\n");
    sandbox.write(META, "{\"staged\":true}\n");
    sandbox.git(&["add", META]);
    sandbox.write(META, "{}\n");
    let done = commit_in_root(&sandbox, &[META]).unwrap();
    assert_eq!(done, Committed::NothingToCommit);
    assert_eq!(
        sandbox.git(&["status", "--porcelain"]),
        format!("MM {META}\n")
    );
}

#[test]
fn an_incomplete_entry_of_a_file_in_head_stays_in_the_tree() {
    let sandbox = Sandbox::new();
    let (index, before) = (sandbox.root.join(".git/index"), sandbox.sibling("index"));
    sandbox.commit_file("theirs.txt", "theirs\n");
    sandbox.write(META, "{}\n");
    sandbox.write(SPEC, "");
    sandbox.git(&["add", "--intent-to-add", META, SPEC]);
    fs::copy(&index, &before).unwrap();
    commit_in_root(&sandbox, &[META, SPEC]).unwrap();
    fs::copy(&before, &index).unwrap();
    sandbox.write("kitty-specs/001-a/plan.md", "theirs, begun\n");
    sandbox.git(&["add", "--intent-to-add", "kitty-specs/001-a/plan.md"]);

    let parent = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.write(META, "{\"bound\":true}\n");
    let made = commit_in_root(&sandbox, &[META]).unwrap();
    assert_commit(&sandbox, &sandbox.root, &made, parent.trim(), &[META]);
    assert_eq!(
        sandbox.git(&["status", "--porcelain"]),
        " A kitty-specs/001-a/plan.md\n"
    );
}
