//! The user's staged and unstaged changes, and whether they are unchanged.

use crate::support::Sandbox;

const FILES: [&str; 6] = [
    "two-hunks",
    "added",
    "intended",
    "kept",
    "moved",
    "untracked",
];

/// Stages a hunk next to an unstaged one, a new file, a deletion that keeps the file, a rename and
/// an intent-to-add; leaves one file untracked.
pub(super) fn stage_partially(sandbox: &Sandbox) {
    let lines: String = (1..40)
        .map(|line| format!("line {line}\n"))
        .collect::<Vec<_>>()
        .concat();
    sandbox.write("two-hunks", &lines);
    sandbox.write("kept", "kept on disk\n");
    sandbox.write("old-name", "one that is renamed\n");
    sandbox.commit_all("Files of the user's");
    sandbox.write("two-hunks", lines.replace("line 2\n", "staged\n"));
    sandbox.git(&["add", "two-hunks"]);
    let both = lines
        .replace("line 2\n", "staged\n")
        .replace("line 38\n", "not staged\n");
    sandbox.write("two-hunks", both);
    sandbox.write("added", "new\n");
    sandbox.git(&["add", "added"]);
    sandbox.write("intended", "some day\n");
    sandbox.git(&["add", "--intent-to-add", "intended"]);
    sandbox.git(&["rm", "--quiet", "--cached", "kept"]);
    sandbox.git(&["mv", "old-name", "moved"]);
    sandbox.write("untracked", "left alone\n");
}

/// The status of the files outside `kitty-specs`, with their objects in HEAD and in the index, and
/// their bytes.
pub(super) fn stage(sandbox: &Sandbox) -> String {
    let status = sandbox.git(&[
        "--no-optional-locks",
        "status",
        "--porcelain=v2",
        "--untracked-files=all",
        "--",
        ".",
        ":(exclude)kitty-specs",
    ]);
    let files = FILES.map(|name| sandbox.read(name));
    let stash = sandbox.path(".git/refs/stash").exists();
    format!("{status}\n{files:#?}\nstash: {stash}")
}

/// Every file of a mission is committed, and the next commit does not revert it.
#[track_caller]
pub(super) fn assert_missions_are_committed(sandbox: &Sandbox) {
    let status = sandbox.git(&[
        "--no-optional-locks",
        "status",
        "--porcelain",
        "--",
        "kitty-specs",
    ]);
    assert_eq!(status, "", "not committed");
}
