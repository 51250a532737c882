//! Finds the repository of a directory and reads its state.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::command::{Git, GitError, GitFailure};
use super::parse::{self, FileType, Tree};
use crate::fs::entries;
use crate::world::World;

/// A repository with a work tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repository {
    /// The root of the work tree.
    pub root: PathBuf,
    /// The git folder of this work tree.
    pub git_directory: PathBuf,
    /// The git folder shared by all linked work trees.
    pub common_directory: PathBuf,
    /// The short name of the current branch; `None` on a detached HEAD.
    pub branch: Option<String>,
    /// The current commit; `None` before the first one.
    pub head: Option<String>,
}

/// The result of [`discover`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Discovered {
    Repository(Repository),
    /// A bare repository, or the inside of `.git`.
    Bare(PathBuf),
    None,
}

/// An operation in progress that a commit would disturb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interrupted {
    Merge,
    /// `git rebase` or `git am`.
    Rebase,
    CherryPick,
    Revert,
}

impl Interrupted {
    /// The name of its git command.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Rebase => "rebase",
            Self::CherryPick => "cherry-pick",
            Self::Revert => "revert",
        }
    }
}

impl Repository {
    /// Whether `git worktree add` made this work tree.
    pub(crate) fn is_linked_worktree(&self) -> bool {
        self.git_directory != self.common_directory
    }

    /// The work tree that `git clone` or `git init` made; `None` if it is not known without git: the
    /// common folder has another name, or the repository is bare and has only linked work trees.
    pub(crate) fn main_checkout(&self) -> Option<&Path> {
        if !self.is_linked_worktree() {
            return Some(&self.root);
        }
        let is_usual = self.common_directory.file_name() == Some(OsStr::new(".git"));
        self.common_directory.parent().filter(|_| is_usual)
    }

    /// The roots of all other work trees of this repository. Starts no process.
    pub(crate) fn other_work_trees(&self) -> Vec<PathBuf> {
        let records = entries(&self.common_directory.join("worktrees")).unwrap_or_default();
        let linked = records.iter().filter_map(|record| {
            let git_file = fs::read(record.path().join("gitdir")).ok()?;
            // A relative path starts at the record.
            let git_file = record.path().join(parse::path(git_file.trim_ascii_end()));
            git_file.parent().map(Path::to_owned)
        });
        let main = self.main_checkout().map(Path::to_owned);
        let existing = main.into_iter().chain(linked);
        let existing = existing.filter_map(|root| fs::canonicalize(root).ok());
        existing.filter(|root| *root != self.root).collect()
    }

    /// The operation in progress, from the files in the git folder. A rebase comes first, because it
    /// may stop inside a cherry-pick.
    pub(crate) fn interrupted(&self) -> Option<Interrupted> {
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

    /// A cherry-pick or revert of several commits that stopped between two of them.
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

/// Finds the repository of a directory with one git command.
pub(crate) fn discover(world: &World, directory: &Path) -> Result<Discovered, GitError> {
    Ok(discover_with(world, directory, "")?.0)
}

/// Like [`discover`], and whether HEAD contains the file at this path relative to the directory.
///
/// Git prints a line per argument and stops at the first one without a value, so the number of lines
/// gives the kind of repository.
pub(crate) fn discover_with(
    world: &World,
    directory: &Path,
    file: &str,
) -> Result<(Discovered, bool), GitError> {
    let command = format!(
        "rev-parse --path-format=absolute --git-dir --git-common-dir --show-toplevel \
         HEAD --symbolic-full-name HEAD HEAD:./{file} --"
    );
    let (output, failure) = match Git::in_directory(world, directory).run(command.split(' ')) {
        Ok(output) => (output, None),
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
    let without_file = |discovered| Ok((discovered, false));
    match (parse::lines(&output).as_slice(), failure) {
        // An old git prints an unknown option instead of failing.
        ([b"--path-format=absolute", ..], _) => Err(GitError::OldVersion),
        ([], Some(failure)) if is_outside(&failure) => without_file(Discovered::None),
        ([_, common], Some(_)) => without_file(Discovered::Bare(parse::path(common))),
        ([own, common, root], Some(_)) => {
            let unborn = repository(root, own, common);
            let branch = unborn_branch(world, &unborn)?;
            without_file(Discovered::Repository(Repository { branch, ..unborn }))
        }
        ([own, common, root, head, branch, rest @ ..], failure)
            if rest.is_empty() == failure.is_some() =>
        {
            let found = Repository {
                branch: parse::branch(branch),
                head: parse::object_name(head),
                ..repository(root, own, common)
            };
            Ok((Discovered::Repository(found), failure.is_none()))
        }
        (_, Some(failure)) => Err(GitError::Failed(failure)),
        (_, None) => Err(GitError::Unreadable {
            command: "rev-parse",
        }),
    }
}

/// Whether there is no repository. Git ends with the same code for a damaged repository and for one
/// of another owner.
fn is_outside(failure: &GitFailure) -> bool {
    const MESSAGES: [&str; 2] = [
        "not a git repository (or any of the parent directories)",
        "not a git repository (or any parent up to mount point",
    ];
    MESSAGES
        .iter()
        .any(|message| failure.stderr.contains(message))
}

/// The branch that the first commit will create.
fn unborn_branch(world: &World, repository: &Repository) -> Result<Option<String>, GitError> {
    let head = fs::read(repository.git_directory.join("HEAD")).unwrap_or_default();
    match parse::branch(&head) {
        // A reftable repository has this name in HEAD for older programs.
        Some(name) if name == ".invalid" => {
            let git = Git::in_directory(world, &repository.root);
            Ok(parse::branch(&git.run(["symbolic-ref", "HEAD"])?))
        }
        branch => Ok(branch),
    }
}

/// Whether HEAD and the work tree have the same content at these paths (relative to the root). Does
/// not consult the index.
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
    // Git applies the filters of these paths, such as line endings, like a commit does.
    let arguments = ["hash-object", "--"].map(OsStr::new).into_iter();
    let output = git.run(arguments.chain(files.iter().map(|path| path.as_os_str())))?;
    Ok(parse::lines(&output) == committed)
}

/// The content of HEAD at these paths; `None` before the first commit.
pub(super) fn tree_of_head(
    git: Git<'_>,
    repository: &Repository,
    paths: &[PathBuf],
) -> Result<Option<Tree>, GitError> {
    match git.run_on("ls-tree -z HEAD", paths) {
        Ok(output) => Ok(Some(parse::tree(&output))),
        // `repository.head` may be outdated, so only a failure proves that there is no commit.
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

/// The object of a symbolic link, which has the link's target as content.
fn link_object(git: Git<'_>, path: &Path) -> Result<Vec<u8>, GitError> {
    let target = fs::read_link(path).unwrap_or_default();
    let output = git.run_with_input(["hash-object", "--stdin"], target.as_os_str().as_bytes())?;
    Ok(output.trim_ascii_end().to_owned())
}

#[cfg(test)]
mod tests;
