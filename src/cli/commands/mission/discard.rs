//! `spec-kitty mission discard`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::{CommandResult, CommitArguments, Context, Outcome, ask, record_known};
use crate::journey::discard::{Discard, Way, discard, plan};
use crate::project::Project;

/// Arguments of `mission discard`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Mission: slug, number, or path of its folder
    #[arg(value_name = "M")]
    mission: String,
    /// Discard without asking
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    commit: CommitArguments,
}

/// A discarded mission.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MissionDiscard {
    /// The mission.
    feature_slug: String,
    /// The folder it had.
    feature_dir: String,
    /// The commit that added it, if that commit was undone.
    undone_commit: Option<String>,
    /// The commit that removes it.
    commit: Option<String>,
    /// Whether its event left the queue.
    event_dropped: bool,
}

impl Document for MissionDiscard {
    const SCHEMA: &'static str = "spec-kitty.mission-discard/1";
}

/// Removes a mission that has no origin, and the commit that added it.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    context.phase.start_reading();
    context.require_home()?;
    let project = Project::open(&context.world)?;
    let service = context.service(&project, None, arguments.commit.policy());
    let planned = plan(service, &arguments.mission)?;
    let name = &planned.mission.name;
    let what = format!("confirm that mission {name} is to be discarded");
    ask::before_removal(context, arguments.yes, &what, &question(&planned))?;
    context.phase.start_writing();
    let discarded = discard(service, &planned.mission)?;
    let answer = MissionDiscard {
        feature_slug: planned.metadata.mission_slug().to_owned(),
        feature_dir: project.relative(&discarded.mission.directory),
        undone_commit: discarded.undone.clone(),
        commit: discarded.commit.clone(),
        event_dropped: discarded.event_dropped,
    };
    let rows = [
        ("discarded", Some(name.clone())),
        ("undone commit", discarded.undone),
        ("commit", discarded.commit),
    ];
    let text = record_known(&context.ui, rows);
    Ok(Outcome::new(answer, text).warn(discarded.warnings))
}

fn question(planned: &Discard) -> String {
    let name = &planned.mission.name;
    match &planned.way {
        Way::Undo(undoable) => {
            let commit: String = undoable.commit.chars().take(7).collect();
            format!("Discard mission {name}: remove its folder and undo commit {commit}?")
        }
        Way::Commit(_) => format!("Discard mission {name}: remove its folder in a new commit?"),
        Way::FolderOnly => format!("Discard mission {name}: remove its folder?"),
    }
}
