//! `spec-kitty doctor` diagnoses problems of the machine and the project, and suggests fixes.

mod commits;
mod connections;
mod finding;
mod home;
mod project;
mod session;
mod unfinished_work;

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, ExitCode, Outcome, table};
use finding::{Finding, Reported, State};

/// The advice for problems that `--fix` repairs.
const FIX: &str = "run: spec-kitty doctor --fix";

/// Arguments of `doctor`.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Arguments {
    /// Run the safe fixes
    #[arg(long)]
    fix: bool,
    /// With --fix: remove stale git locks (make sure no git process is running)
    #[arg(short, long, requires = "fix")]
    yes: bool,
    /// Do not ask the server
    #[arg(long)]
    offline: bool,
}

/// The health of machine and project.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Doctor {
    /// The same as `healthy`.
    ok: bool,
    /// Whether no problem was found.
    healthy: bool,
    /// The number of problems.
    problems: usize,
    /// The number of notes.
    notes: usize,
    findings: Vec<Reported>,
}

impl Document for Doctor {
    const SCHEMA: &'static str = "spec-kitty.doctor/1";
}

/// Runs all checks, and the safe repairs if requested.
#[expect(clippy::unnecessary_wraps, reason = "all commands return a result")]
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let mut findings = home::check(context);
    findings.extend(session::check(context, arguments));
    findings.extend(connections::check(context, arguments));
    findings.extend(project::check(context, arguments));
    if arguments.fix {
        findings = findings.into_iter().map(Finding::repair).collect();
    }
    let count = |state| findings.iter().filter(|it| it.state == state).count();
    let (problems, notes) = (count(State::Problem), count(State::Note));
    let rows: Vec<_> = findings.iter().map(Finding::row).collect();
    let text = table(&context.ui, ["state", "check", "finding"], &rows);
    let answer = Doctor {
        ok: problems == 0,
        healthy: problems == 0,
        problems,
        notes,
        findings: findings.into_iter().map(Reported::from).collect(),
    };
    let exit = match problems {
        0 => ExitCode::Ok,
        _ => ExitCode::RepoState,
    };
    Ok(Outcome::new(answer, text).exit(exit))
}
