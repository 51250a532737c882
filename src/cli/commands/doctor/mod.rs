//! `spec-kitty doctor`: what is wrong on this machine and in this project, and what repairs it.

mod finding;
mod home;
mod project;
mod unfinished_work;

use serde_json::json;

use crate::cli::context::{CommandResult, Context};
use crate::cli::exit_code::ExitCode;
use crate::cli::outcome::Outcome;
use crate::cli::table::table;
use finding::{Finding, State};

/// The advice beside what `--fix` repairs.
const FIX: &str = "run: spec-kitty doctor --fix";

/// Arguments of `doctor`.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Arguments {
    /// Do the repairs that are safe
    #[arg(long)]
    fix: bool,
    /// With --fix: confirm that no git is running here, so that a lock it left may go
    #[arg(short, long, requires = "fix")]
    yes: bool,
}

/// Checks everything; repairs what is safe where that was asked for. Asks no network.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let mut findings = home::check(context);
    findings.extend(project::check(context, arguments));
    if arguments.fix {
        findings = findings.into_iter().map(Finding::repair).collect();
    }
    let rows: Vec<_> = findings
        .iter()
        .map(|finding| {
            let repair = finding
                .advice()
                .map(|advice| format!("; {advice}"))
                .unwrap_or_default();
            [
                finding.state.word().to_owned(),
                finding.check.to_owned(),
                format!("{}{repair}", finding.what),
            ]
        })
        .collect();
    let count = |state: State| {
        findings
            .iter()
            .filter(|finding| finding.state == state)
            .count()
    };
    let fields = json!({
        "healthy": count(State::Problem) == 0,
        "problems": count(State::Problem),
        "notes": count(State::Note),
        "findings": findings.iter().map(Finding::json).collect::<Vec<_>>(),
    });
    let text = table(&context.ui, ["state", "check", "finding"], &rows);
    let exit = if count(State::Problem) == 0 {
        ExitCode::Ok
    } else {
        ExitCode::RepoState
    };
    Ok(Outcome::new("spec-kitty.doctor/1", fields, text).exit(exit))
}
