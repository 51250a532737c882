//! `--no-commit` and `--no-verify`, of every command that commits.

use crate::mission::commit::CommitPolicy;

/// Whether and how to commit.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct CommitArguments {
    /// Write the files, but do not commit them
    #[arg(long)]
    no_commit: bool,
    /// Commit without running the repository's hooks
    #[arg(long)]
    no_verify: bool,
}

impl CommitArguments {
    pub(crate) fn policy(self) -> CommitPolicy {
        match self {
            Self {
                no_commit: true, ..
            } => CommitPolicy::Never,
            Self {
                no_verify: true, ..
            } => CommitPolicy::WithoutHooks,
            Self { .. } => CommitPolicy::Commit,
        }
    }
}
