//! A staging area that somebody was in the middle of, and whether it still is as it was.

use crate::support::Sandbox;

const FILES: [&str; 6] = [
    "two-hunks",
    "added",
    "intended",
    "kept",
    "moved",
    "untracked",
];

/// Stages a hunk beside an unstaged one, a new file, a deletion that keeps the file, a renaming and
/// an intention to add; leaves one file untracked.
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

/// All that git says of the files outside `kitty-specs`, the objects in HEAD and in the index
/// among it, and the bytes of the files.
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

/// Nothing of ours is staged, changed or unknown to git: it is all committed, and no next commit
/// takes it back.
#[track_caller]
pub(super) fn assert_ours_is_committed(sandbox: &Sandbox) {
    let status = sandbox.git(&[
        "--no-optional-locks",
        "status",
        "--porcelain",
        "--",
        "kitty-specs",
    ]);
    assert_eq!(status, "", "left of ours");
}
