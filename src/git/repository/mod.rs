//! What git knows about the directory a command acts in.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::command::{Git, GitError, GitFailure};
use super::parse::{self, FileType, Tree};
use super::pathspec;
use crate::world::World;

/// A repository with a work tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The top of the work tree.
    pub root: PathBuf,
    /// This work tree's own git folder.
    pub git_directory: PathBuf,
    /// The git folder that all linked work trees share.
    pub common_directory: PathBuf,
    /// The branch's short name; `None` where HEAD is detached.
    pub branch: Option<String>,
    /// The commit HEAD names; `None` before the first one.
    pub head: Option<String>,
}

/// What a directory belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Discovered {
    /// A work tree.
    Repository(Repository),
    /// A git folder without a work tree around the directory: a bare repository, or the inside of
    /// `.git`.
    Bare(PathBuf),
    /// No repository.
    None,
}

/// An operation of the user's that a commit of ours would disturb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupted {
    /// `git merge`.
    Merge,
    /// `git rebase` or `git am`.
    Rebase,
    /// `git cherry-pick`.
    CherryPick,
    /// `git revert`.
    Revert,
}

impl Interrupted {
    /// The word for it: `merge`, `rebase`, `cherry-pick`, `revert`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Rebase => "rebase",
            Self::CherryPick => "cherry-pick",
            Self::Revert => "revert",
        }
    }
}

impl Repository {
    /// Whether this is a work tree made by `git worktree add`.
    pub fn is_linked_worktree(&self) -> bool {
        self.git_directory != self.common_directory
    }

    /// The operation that waits for the user here, if any: git's own marks in its folder. A rebase
    /// comes first, since it stops inside a cherry-pick.
    pub fn interrupted(&self) -> Option<Interrupted> {
        const MARKS: [(&str, Interrupted); 5] = [
            ("rebase-merge", Interrupted::Rebase),
            ("rebase-apply", Interrupted::Rebase),
            ("MERGE_HEAD", Interrupted::Merge),
            ("CHERRY_PICK_HEAD", Interrupted::CherryPick),
            ("REVERT_HEAD", Interrupted::Revert),
        ];
        MARKS
            .into_iter()
            .find(|(name, _)| self.git_directory.join(name).exists())
            .map(|(_, interrupted)| interrupted)
            .or_else(|| self.sequence())
    }

    /// A cherry-pick or revert of several commits, seen between two of them.
    fn sequence(&self) -> Option<Interrupted> {
        let todo = fs::read(self.git_directory.join("sequencer/todo")).ok()?;
        let reverts = todo.starts_with(b"revert") || todo.starts_with(b"r ");
        Some(if reverts {
            Interrupted::Revert
        } else {
            Interrupted::CherryPick
        })
    }
}

/// Asks git, once, what this directory belongs to. It answers line by line and fails at the first
/// thing that is not there, so the number of lines tells how far it came.
pub(crate) fn discover(world: &World, directory: &Path) -> Result<Discovered, GitError> {
    const ASKED: [&str; 9] = [
        "rev-parse",
        "--path-format=absolute",
        "--git-dir",
        "--git-common-dir",
        "--show-toplevel",
        "HEAD",
        "--symbolic-full-name",
        "HEAD",
        "--",
    ];
    let (answer, failure) = match Git::in_directory(world, directory).run(ASKED) {
        Ok(output) => (output.stdout, None),
        Err(GitError::Failed(failure)) => (failure.stdout.clone(), Some(failure)),
        Err(error) => return Err(error),
    };
    let repository = |root, git_directory, common_directory| Repository {
        root: parse::path(root),
        git_directory: parse::path(git_directory),
        common_directory: parse::path(common_directory),
        branch: None,
        head: None,
    };
    match (parse::lines(&answer).as_slice(), failure) {
        // A git that does not know an option of rev-parse repeats it.
        ([b"--path-format=absolute", ..], _) => Err(GitError::OldVersion),
        ([], Some(failure)) if is_outside(&failure) => Ok(Discovered::None),
        ([_, common], Some(_)) => Ok(Discovered::Bare(parse::path(common))),
        ([own, common, root], Some(_)) => {
            let unborn = repository(root, own, common);
            let branch = unborn_branch(world, &unborn)?;
            Ok(Discovered::Repository(Repository { branch, ..unborn }))
        }
        ([own, common, root, head, branch, b"--"], None) => {
            Ok(Discovered::Repository(Repository {
                branch: parse::branch(branch),
                head: parse::object_name(head),
                ..repository(root, own, common)
            }))
        }
        (_, Some(failure)) => Err(GitError::Failed(failure)),
        (_, None) => Err(GitError::Unreadable {
            command: "rev-parse",
        }),
    }
}

/// Whether git found no repository at all. All else it dies of with the same code: a repository of
/// another owner, a damaged one.
fn is_outside(failure: &GitFailure) -> bool {
    failure
        .stderr
        .contains("not a git repository (or any of the parent directories)")
        || failure
            .stderr
            .contains("not a git repository (or any parent up to mount point")
}

/// The branch that the first commit will make.
fn unborn_branch(world: &World, repository: &Repository) -> Result<Option<String>, GitError> {
    let head = fs::read(repository.git_directory.join("HEAD")).unwrap_or_default();
    match parse::branch(&head) {
        // What a repository with the reftable format keeps there for older programs.
        Some(name) if name == ".invalid" => {
            let output =
                Git::in_directory(world, &repository.root).run(["symbolic-ref", "HEAD"])?;
            Ok(parse::branch(&output.stdout))
        }
        branch => Ok(branch),
    }
}

/// The URL of the remote `origin` of the repository around a directory, as git would use it. It
/// may hold a password.
pub(crate) fn remote_url(world: &World, directory: &Path) -> Result<Option<String>, GitError> {
    const NO_SUCH_REMOTE: Option<i32> = Some(2);
    match Git::in_directory(world, directory).run(["remote", "get-url", "origin"]) {
        Ok(output) => Ok(parse::lines(&output.stdout)
            .first()
            .map(|url| String::from_utf8_lossy(url).into_owned())),
        Err(GitError::Failed(failure)) if failure.status == NO_SUCH_REMOTE => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether HEAD holds exactly what the work tree holds at these paths (relative to the root). The
/// index has no say.
pub(crate) fn is_committed(
    world: &World,
    repository: &Repository,
    paths: &[PathBuf],
) -> Result<bool, GitError> {
    let git = Git::in_directory(world, &repository.root);
    let Some(tree) = tree_of_head(git, repository, paths)? else {
        return Ok(false);
    };
    let mut files = Vec::new();
    let mut committed = Vec::new();
    for path in paths {
        match (work_tree_type(&repository.root.join(path)), tree.get(path)) {
            (None, None) => {}
            (Some(FileType::Regular), Some((FileType::Regular, object))) => {
                files.push(path);
                committed.push(object.as_bytes());
            }
            (Some(FileType::Link), Some((FileType::Link, object))) => {
                if link_object(git, &repository.root.join(path))? != object.as_bytes() {
                    return Ok(false);
                }
            }
            _ => return Ok(false),
        }
    }
    if files.is_empty() {
        return Ok(true);
    }
    // With the filters of these paths (line ends, say), as a commit would apply them.
    let arguments = ["hash-object", "--"].map(OsStr::new);
    let output = git.run(
        arguments
            .into_iter()
            .chain(files.iter().map(|path| path.as_os_str())),
    )?;
    Ok(parse::lines(&output.stdout) == committed)
}

/// What HEAD holds at these paths; `None` before the first commit.
pub(super) fn tree_of_head(
    git: Git<'_>,
    repository: &Repository,
    paths: &[PathBuf],
) -> Result<Option<Tree>, GitError> {
    let arguments = ["ls-tree", "-z", "HEAD", "--"].map(OsString::from);
    let pathspecs = paths.iter().map(|path| pathspec::literal(path));
    match git.run(arguments.into_iter().chain(pathspecs)) {
        Ok(output) => Ok(Some(parse::tree(&output.stdout))),
        // The first commit may have been made since the repository was looked at, so it is asked.
        Err(GitError::Failed(_)) if repository.head.is_none() => Ok(None),
        Err(error) => Err(error),
    }
}

fn work_tree_type(path: &Path) -> Option<FileType> {
    let found = fs::symlink_metadata(path).ok()?;
    Some(if found.is_file() {
        FileType::Regular
    } else if found.is_symlink() {
        FileType::Link
    } else {
        FileType::Other
    })
}

/// What git would store for a symbolic link: its target, as it is.
fn link_object(git: Git<'_>, path: &Path) -> Result<Vec<u8>, GitError> {
    let target = fs::read_link(path).unwrap_or_default();
    let output = git.run_with_input(["hash-object", "--stdin"], target.as_os_str().as_bytes())?;
    Ok(output.stdout.trim_ascii_end().to_owned())
}

#[cfg(test)]
mod tests;
