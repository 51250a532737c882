//! `spec-kitty mission list`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::lines::LinesArgument;
use crate::cli::{Cell, CommandResult, Context, Outcome, table};
use crate::journey::overview::{MissionOverview, missions};
use crate::project::Project;

/// Arguments of `mission list`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    lines: LinesArgument,
}

/// The missions of a project.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MissionList {
    /// Ordered by number.
    missions: Vec<MissionOverview>,
}

impl Document for MissionList {
    const SCHEMA: &'static str = "spec-kitty.mission-list/1";
    const LIST: Option<&'static str> = Some("missions");
}

/// Lists all missions. It only reads, and sends no request.
pub(crate) fn run(context: &Context) -> CommandResult {
    context.phase.start_reading();
    let project = Project::open(&context.world)?;
    let listed = missions(&context.world, &project)?;
    let rows: Vec<_> = listed.missions.iter().map(|it| row(context, it)).collect();
    if rows.is_empty() {
        context.ui.say("There are no missions yet.");
    }
    let headings = ["number", "mission", "ticket", "origin", "branch", "created"];
    let text = table(&context.ui, headings, &rows);
    let missions = listed.missions;
    Ok(Outcome::new(MissionList { missions }, text).warn(listed.warnings))
}

fn row(context: &Context, mission: &MissionOverview) -> [Cell; 6] {
    // The day is enough for a person.
    let day = mission.created_at.split('T').next().unwrap_or_default();
    let created = if context.ui.stdout_is_terminal() {
        day
    } else {
        &mission.created_at
    };
    let key = mission.ticket_key().unwrap_or("-");
    let origin = mission.origin_ticket.as_ref();
    let url = origin.map_or("", |ticket| &ticket.external_issue_url);
    [
        mission.feature_number.as_deref().unwrap_or("-").into(),
        (&mission.feature_slug).into(),
        Cell::linked(key, url),
        mission.origin.as_str().into(),
        (&mission.target_branch).into(),
        created.into(),
    ]
}
