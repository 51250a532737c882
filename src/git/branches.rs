//! Local branches: what their newest commits contain, and the switch to one of them.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::command::{Git, GitError, none_on};
use super::repository::Repository;
use super::{locked, parse};
use crate::world::World;

/// A local branch whose newest commit is HEAD. Without one, nothing says which branch to switch to.
pub(crate) fn branch_at_head(
    world: &World,
    repository: &Repository,
) -> Result<Option<String>, GitError> {
    let git = Git::in_directory(world, &repository.root);
    let format = "--format=%(refname:lstrip=2)";
    let names = git.run([
        "for-each-ref",
        "--count=1",
        "--points-at=HEAD",
        format,
        "refs/heads",
    ])?;
    let first = parse::lines(&names).into_iter().next();
    Ok(first.map(|name| String::from_utf8_lossy(name).into_owned()))
}

/// A file in the newest commit of a local branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub branch: String,
    /// Relative to the root.
    pub path: PathBuf,
}

impl Place {
    /// The object's name on a line for `git cat-file`; a name with a line break names nothing.
    fn object(&self) -> Vec<u8> {
        let path = self.path.as_os_str().as_bytes();
        let name = [b"refs/heads/", self.branch.as_bytes(), b":", path].concat();
        let is_line = !name.contains(&b'\n');
        [if is_line { &name[..] } else { b"-" }, b"\n"].concat()
    }
}

/// The names of all local branches that are UTF-8.
pub(crate) fn local(world: &World, repository: &Repository) -> Result<Vec<String>, GitError> {
    let git = Git::in_directory(world, &repository.root);
    let names = git.run(["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"])?;
    let names = parse::lines(&names).into_iter();
    Ok(names
        .filter_map(|name| String::from_utf8(name.to_owned()).ok())
        .collect())
}

/// The first local branch, except the current one, whose newest commit contains this file (relative
/// to the root).
pub(crate) fn branch_with(
    world: &World,
    repository: &Repository,
    path: &Path,
) -> Result<Option<String>, GitError> {
    let mut names = local(world, repository)?;
    names.retain(|name| Some(name) != repository.branch.as_ref());
    let place = |branch: &String| Place {
        branch: branch.clone(),
        path: path.to_owned(),
    };
    let places: Vec<_> = names.iter().map(place).collect();
    let objects = places.iter().flat_map(Place::object).collect::<Vec<_>>();
    let git = Git::in_directory(world, &repository.root);
    let types = git.run_with_input(["cat-file", "--batch-check=%(objecttype)"], &objects)?;
    let mut answers = names.into_iter().zip(parse::lines(&types));
    let found = answers.find(|(_, answer)| *answer == b"blob");
    Ok(found.map(|(name, _)| name))
}

/// The names of the folders directly below `folder` (relative to the root) in the newest commit of a
/// branch.
pub(crate) fn folders(
    world: &World,
    repository: &Repository,
    branch: &str,
    folder: &Path,
) -> Result<Vec<String>, GitError> {
    let git = Git::in_directory(world, &repository.root);
    let command = format!("ls-tree -d -z --name-only refs/heads/{branch}");
    // The slash at the end asks for what the folder contains.
    let output = git.run_on(&command, [folder.join("")])?;
    let names = parse::paths(&output).into_iter();
    Ok(names
        .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
        .collect())
}

/// The files at these places, with one git process; `None` for a file that is not there.
pub(crate) fn files(
    world: &World,
    repository: &Repository,
    places: &[Place],
) -> Result<Vec<Option<Vec<u8>>>, GitError> {
    objects(world, repository, places, b"blob")
}

/// The names of the folders directly below `folder` (relative to the root) in the newest commits of
/// these branches, with one git process.
pub(crate) fn folders_of_all(
    world: &World,
    repository: &Repository,
    branches: &[String],
    folder: &Path,
) -> Result<BTreeSet<String>, GitError> {
    let Some(head) = &repository.head else {
        return Ok(BTreeSet::new());
    };
    let place = |branch: &String| Place {
        branch: branch.clone(),
        path: folder.to_owned(),
    };
    let places: Vec<_> = branches.iter().map(place).collect();
    let trees = objects(world, repository, &places, b"tree")?;
    let trees = trees.into_iter().flatten();
    // Two hexadecimal digits are a byte.
    Ok(trees
        .flat_map(|tree| parse::folders(&tree, head.len() / 2))
        .collect())
}

/// The objects of a type at these places, with one git process.
fn objects(
    world: &World,
    repository: &Repository,
    places: &[Place],
    kind: &[u8],
) -> Result<Vec<Option<Vec<u8>>>, GitError> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<u8> = places.iter().flat_map(Place::object).collect();
    let git = Git::in_directory(world, &repository.root);
    let output = git.run_with_input(["cat-file", "--batch=%(objecttype) %(objectsize)"], &names)?;
    let found = parse::batch(&output, kind);
    if found.len() == places.len() {
        return Ok(found);
    }
    Err(GitError::Unreadable {
        command: "cat-file",
    })
}

/// Whether a name means anything in the repository: a branch, also of a remote, a tag, a commit.
pub(crate) fn is_known(
    world: &World,
    repository: &Repository,
    name: &str,
) -> Result<bool, GitError> {
    let git = Git::in_directory(world, &repository.root);
    let found = git.run(["rev-parse", "--verify", "--quiet", name]);
    Ok(none_on(1, found)?.is_some())
}

/// Switches to a branch; a new one begins at HEAD. Waits for other git processes. Index entries and
/// changes in the work tree stay, or git refuses and nothing changes.
pub(crate) fn switch(
    world: &World,
    repository: &Repository,
    branch: &str,
    is_new: bool,
    wait: Duration,
) -> Result<(), GitError> {
    let git = Git::in_directory(world, &repository.root);
    let option = if is_new { "--create" } else { "--no-guess" };
    let run = || {
        let result = git.run(["switch", "--quiet", option, branch]);
        if let Err(GitError::Failed(failure)) = &result
            && is_new
            && failure.stderr.contains("unable to update HEAD")
        {
            remove_at(git, branch, repository.head.as_deref());
        }
        result
    };
    locked::retry(world, world.instant() + wait, run).map(drop)
}

/// Removes a branch that git created before it could not switch to it. A branch that moved since
/// belongs to somebody else.
fn remove_at(git: Git<'_>, branch: &str, commit: Option<&str>) {
    if let Some(commit) = commit {
        let reference = format!("refs/heads/{branch}");
        drop(git.run(["update-ref", "-d", &reference, commit]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{Sandbox, write};

    const NONE: Duration = Duration::ZERO;

    #[test]
    fn a_branch_that_is_not_checked_out_is_read() {
        let sandbox = Sandbox::new();
        sandbox.commit_file("app/kitty-specs/001-a/meta.json", "{\n}\n");
        sandbox.commit_file("app/kitty-specs/002-b/meta.json", "");
        sandbox.commit_file("app/kitty-specs/README.md", "\n");
        sandbox.git(&["branch", "feature/x"]);
        sandbox.git(&["rm", "-q", "-r", "app"]);
        sandbox.git(&["commit", "-q", "-m", "Remove"]);
        let (world, repository) = (&sandbox.world, sandbox.repository());
        assert_eq!(local(world, &repository).unwrap(), ["feature/x", "main"]);
        let specs = Path::new("app/kitty-specs");
        let on = |branch| folders(world, &repository, branch, specs).unwrap();
        assert_eq!(on("feature/x"), ["001-a", "002-b"]);
        assert_eq!(on("main"), [""; 0]);
        let both = ["feature/x", "main", "gone"].map(str::to_owned);
        let all = folders_of_all(world, &repository, &both, specs).unwrap();
        assert!(all.iter().eq(["001-a", "002-b"]), "{all:?}");
        for (name, expected) in [("feature/x", true), ("heads/main", true), ("new", false)] {
            assert_eq!(is_known(world, &repository, name).unwrap(), expected);
        }
        let place = |branch: &str, path: &str| Place {
            branch: branch.to_owned(),
            path: specs.join(path),
        };
        let places = [
            place("feature/x", "001-a/meta.json"),
            place("feature/x", "gone"),
            place("feature/x", "a\nb"),
            place("feature/x", "002-b/meta.json"),
            place("feature/x", "001-a"),
            place("main", "001-a/meta.json"),
        ];
        let found = files(world, &repository, &places).unwrap();
        let (first, empty) = (Some(b"{\n}\n".to_vec()), Some(Vec::new()));
        assert_eq!(found, [first, None, None, empty, None, None]);
    }

    #[test]
    fn a_new_branch_keeps_the_index_byte_for_byte() {
        let sandbox = Sandbox::new();
        sandbox.commit_file("a", "a\n");
        sandbox.write("a", "staged\n");
        sandbox.git(&["add", "a"]);
        sandbox.write("a", "changed\n");
        let index = sandbox.root.join(".git/index");
        let before = std::fs::read(&index).unwrap();
        switch(&sandbox.world, &sandbox.repository(), "061-a", true, NONE).unwrap();
        assert_eq!(sandbox.repository().branch.as_deref(), Some("061-a"));
        assert_eq!(std::fs::read(&index).unwrap(), before);
    }

    /// Git creates the branch before it finds HEAD locked.
    #[test]
    fn a_switch_that_fails_leaves_no_branch() {
        let sandbox = Sandbox::new();
        sandbox.commit_file("a", "a\n");
        let lock = sandbox.root.join(".git/HEAD.lock");
        write(&lock, "");
        let repository = sandbox.repository();
        let failed = switch(&sandbox.world, &repository, "061-a", true, NONE);
        assert!(matches!(failed, Err(GitError::Failed(_))), "{failed:?}");
        assert_eq!(local(&sandbox.world, &repository).unwrap(), ["main"]);
        std::fs::remove_file(lock).unwrap();
        switch(&sandbox.world, &repository, "061-a", true, NONE).unwrap();
    }
}
