//! `spec-kitty mission discard`.

use serde_json::json;

use crate::cli::{CommandResult, CommitArguments, Context, Outcome, ask, record_known};
use crate::journey::discard::{Discard, Way, discard, plan};
use crate::project::Project;

const SCHEMA: &str = "spec-kitty.mission-discard/1";

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
    let folder = project.relative(&discarded.mission.directory);
    let fields = json!({
        "feature_slug": planned.metadata.mission_slug(),
        "feature_dir": folder,
        "undone_commit": discarded.undone,
        "commit": discarded.commit,
        "event_dropped": discarded.event_dropped,
    });
    let rows = [
        ("discarded", Some(name.clone())),
        ("undone commit", discarded.undone),
        ("commit", discarded.commit),
    ];
    let text = record_known(&context.ui, rows);
    Ok(Outcome::new(SCHEMA, fields, text).warn(discarded.warnings))
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
