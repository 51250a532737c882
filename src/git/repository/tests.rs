use super::*;
use crate::git::testing::{Sandbox, write};

fn committed(sandbox: &Sandbox, paths: &[&str]) -> bool {
    let paths: Vec<_> = paths.iter().map(PathBuf::from).collect();
    is_committed(&sandbox.world, &sandbox.repository(), &paths).unwrap()
}

#[test]
fn a_subfolder_belongs_to_its_work_tree() {
    let sandbox = Sandbox::new();
    sandbox.commit_file("src/a", "a\n");
    let found = sandbox.repository_in(&sandbox.root.join("src"));
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    assert_eq!(found.root, sandbox.root);
    assert_eq!(found.git_directory, sandbox.root.join(".git"));
    assert_eq!(found.common_directory, found.git_directory);
    assert_eq!(found.branch.as_deref(), Some("main"));
    assert_eq!(found.head.as_deref(), Some(head.trim()));
    assert!(!found.is_linked_worktree());
    assert_eq!(found.interrupted(), None);
}

#[test]
fn a_file_of_the_directory_is_looked_for_in_head() {
    let sandbox = Sandbox::new();
    let found = |directory: &Path, file: &str| {
        let (discovered, found) = discover_with(&sandbox.world, directory, file).unwrap();
        assert!(matches!(discovered, Discovered::Repository(_)));
        found
    };
    sandbox.write("app/new", "new\n");
    assert!(!found(&sandbox.root, "app/new"), "before the first commit");
    sandbox.commit_file("app/.kittify/config.yaml", "a: 1\n");
    let app = sandbox.root.join("app");
    assert!(found(&app, ".kittify/config.yaml"));
    assert!(!found(&sandbox.root, ".kittify/config.yaml"));
    sandbox.git(&["add", "."]);
    assert!(!found(&app, "new"), "staged only");
    sandbox.git(&["checkout", "-q", "--detach"]);
    assert!(found(&app, ".kittify/config.yaml") && !found(&app, "new"));
}

#[test]
fn an_unborn_branch_has_a_name_and_no_head() {
    let sandbox = Sandbox::new();
    // A file of that name must not be taken for the revision.
    sandbox.write("HEAD", "");
    let found = sandbox.repository();
    assert_eq!((found.branch.as_deref(), found.head), (Some("main"), None));
}

#[test]
fn the_reftable_format_is_read_too() {
    let sandbox = Sandbox::new();
    let root = sandbox.sibling("reftable");
    let name = root.display().to_string();
    let made = sandbox.try_git_in(
        &sandbox.root,
        &["init", "-q", "-b", "trunk", "--ref-format=reftable", &name],
    );
    if made.is_err() {
        return; // This git is older than the format.
    }
    let unborn = sandbox.repository_in(&root);
    assert_eq!(
        (unborn.branch.as_deref(), unborn.head),
        (Some("trunk"), None)
    );
    sandbox.identify(&root);
    sandbox.git_in(&root, &["commit", "-q", "--allow-empty", "-m", "x"]);
    let born = sandbox.repository_in(&root);
    assert_eq!(born.branch.as_deref(), Some("trunk"));
    assert!(born.head.is_some());
}

#[test]
fn a_detached_head_has_no_branch() {
    let sandbox = Sandbox::new();
    sandbox.commit_file("a", "a\n");
    sandbox.git(&["checkout", "-q", "--detach"]);
    let found = sandbox.repository();
    assert_eq!(found.branch, None);
    assert!(found.head.is_some());
}

#[test]
fn a_linked_worktree_shares_the_common_folder() {
    let sandbox = Sandbox::new();
    sandbox.commit_file("a", "a\n");
    let linked = sandbox.sibling("linked");
    sandbox.git(&[
        "worktree",
        "add",
        "-q",
        "-b",
        "side",
        &linked.display().to_string(),
    ]);
    let found = sandbox.repository_in(&linked);
    assert!(found.is_linked_worktree());
    assert_eq!(found.root, linked);
    assert_eq!(found.common_directory, sandbox.root.join(".git"));
    assert_eq!(found.branch.as_deref(), Some("side"));
    assert_eq!(found.main_checkout(), Some(sandbox.root.as_path()));
    let slice = std::slice::from_ref;
    assert_eq!(found.other_work_trees(), slice(&sandbox.root));
    let main = sandbox.repository();
    assert_eq!(main.other_work_trees(), slice(&linked));
    let record = sandbox.root.join(".git/worktrees/linked/gitdir");
    write(&record, "../../../../linked/.git\n");
    assert_eq!(main.other_work_trees(), slice(&linked), "a relative path");
    fs::remove_dir_all(&linked).unwrap();
    assert!(main.other_work_trees().is_empty());
}

#[test]
fn a_bare_repository_with_work_trees_has_no_main_checkout() {
    let sandbox = Sandbox::new();
    sandbox.commit_file("a", "a\n");
    let (bare, linked) = (sandbox.sibling("bare.git"), sandbox.sibling("linked"));
    let [from, to, work_tree] = [&sandbox.root, &bare, &linked].map(|p| p.display().to_string());
    sandbox.git(&["clone", "-q", "--bare", &from, &to]);
    sandbox.git_in(&bare, &["worktree", "add", "-q", &work_tree, "main"]);
    let found = sandbox.repository_in(&linked);
    assert_eq!((found.main_checkout(), &found.root), (None, &linked));
}

#[test]
fn a_submodule_and_a_nested_repository_are_their_own() {
    let sandbox = Sandbox::new();
    let origin = sandbox.sibling("origin");
    sandbox.commit_file("a", "a\n");
    let (from, to) = (
        sandbox.root.display().to_string(),
        origin.display().to_string(),
    );
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
    let found = sandbox.repository_in(&sandbox.root.join("sub"));
    assert_eq!(found.root, sandbox.root.join("sub"));
    assert_eq!(found.git_directory, sandbox.root.join(".git/modules/sub"));
    assert!(!found.is_linked_worktree());

    sandbox.git(&["init", "-q", "inner"]);
    let found = sandbox.repository_in(&sandbox.root.join("inner"));
    assert_eq!(found.root, sandbox.root.join("inner"));
}

#[test]
fn a_bare_repository_differs_from_no_repository() {
    let sandbox = Sandbox::new();
    let bare = sandbox.sibling("bare.git");
    sandbox.git(&["init", "-q", "--bare", &bare.display().to_string()]);
    let discovered = |path: &Path| discover(&sandbox.world, path).unwrap();
    assert_eq!(discovered(&bare), Discovered::Bare(bare.clone()));
    let inside = sandbox.root.join(".git");
    assert_eq!(discovered(&inside), Discovered::Bare(inside.clone()));
    let outside = sandbox.sibling("outside");
    fs::create_dir(&outside).unwrap();
    assert_eq!(discovered(&outside), Discovered::None);
}

#[test]
fn a_damaged_repository_is_an_error_with_git_s_message() {
    let sandbox = Sandbox::new();
    write(&sandbox.root.join("broken/.git"), "gitdir: /nonexistent\n");
    let error = discover(&sandbox.world, &sandbox.root.join("broken"));
    let Err(GitError::Failed(failure)) = error else {
        panic!("{error:?}")
    };
    assert!(
        failure.stderr.contains("/nonexistent"),
        "{}",
        failure.stderr
    );
}

#[test]
fn a_root_need_not_be_utf_8() {
    let sandbox = Sandbox::new();
    let root = sandbox
        .sibling("x")
        .with_file_name(OsStr::from_bytes(b"r\xff"));
    fs::create_dir(&root).unwrap();
    sandbox.git_in(&root, &["init", "-q"]);
    assert_eq!(sandbox.repository_in(&root).root, root);
}

#[test]
fn the_tree_and_not_the_index_decides_what_is_committed() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "a\n");
    assert!(!committed(&sandbox, &["a"]), "unborn");
    sandbox.commit_file("a", "a\n");
    sandbox.commit_file("b", "b\n");
    assert!(committed(&sandbox, &["a", "b"]));
    assert!(committed(&sandbox, &["never"]), "in neither");
    assert!(committed(&sandbox, &[]));
    sandbox.git(&["rm", "-q", "--cached", "a"]);
    assert!(committed(&sandbox, &["a"]), "only the index lacks it");
    sandbox.write("b", "changed\n");
    sandbox.git(&["add", "b"]);
    assert!(!committed(&sandbox, &["b"]), "staged only");
    assert!(!committed(&sandbox, &["a", "b"]), "one of two");
    fs::remove_file(sandbox.root.join("b")).unwrap();
    assert!(!committed(&sandbox, &["b"]), "deleted");
    sandbox.write("new", "new\n");
    assert!(!committed(&sandbox, &["new"]), "untracked");
}

#[test]
fn filters_and_links_are_compared_as_git_stores_them() {
    let sandbox = Sandbox::new();
    sandbox.commit_file(".gitattributes", "*.txt text eol=crlf\n");
    sandbox.commit_file("lines.txt", "a\r\nb\r\n");
    assert!(committed(&sandbox, &["lines.txt"]));
    let link = sandbox.root.join("link");
    std::os::unix::fs::symlink("lines.txt", &link).unwrap();
    sandbox.git(&["add", "link"]);
    sandbox.git(&["commit", "-q", "-m", "link"]);
    assert!(committed(&sandbox, &["link", "lines.txt"]));
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("elsewhere", &link).unwrap();
    assert!(!committed(&sandbox, &["link"]));
    fs::remove_file(&link).unwrap();
    sandbox.write("link", "lines.txt");
    assert!(!committed(&sandbox, &["link"]), "a file in place of a link");
}
