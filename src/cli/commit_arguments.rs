//! How to run a command that writes: whether it confirms, commits, or only shows its plan.

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
        match (self.no_commit, self.no_verify) {
            (true, _) => CommitPolicy::Never,
            (false, true) => CommitPolicy::WithoutHooks,
            (false, false) => CommitPolicy::Commit,
        }
    }
}

/// The flags of every command that can bind a ticket.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct RunArguments {
    /// Confirm the ticket without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) commit: CommitArguments,
    /// Show what would happen and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
