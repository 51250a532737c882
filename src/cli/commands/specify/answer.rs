//! What `specify` answers: the mission, or what a dry run would do.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::commands::sync::{queued, queued_events};
use crate::cli::document::Document;
use crate::cli::{Context, Outcome, record};
use crate::journey::{Arrival, PlannedMission};
use crate::mission::metadata::OriginTicket;
use crate::project::Project;
use crate::project::paths::SPECS;
use crate::tracker::ticket::Ticket;
use crate::wire::candidate::OriginCandidate;

/// The mission, or with `--dry-run` what would be done.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Specify {
    /// Whether this run created the mission.
    created: bool,
    /// The mission's folder.
    feature_dir: String,
    /// The mission: `061-web-123`.
    feature_slug: String,
    origin_ticket: Option<OriginTicket>,
    /// The server's id of the bind.
    origin_link_id: Option<String>,
    /// When the server bound it.
    bound_at: Option<String>,
    /// Whether the event is durably queued.
    event_emitted: bool,
    /// Events of this project that wait to be delivered.
    queued_events: u64,
    /// This run's commits, oldest first.
    commits: Vec<String>,
    /// What to do next.
    next_step: String,
    /// Missing in a dry run that would only finish a mission.
    #[serde(flatten)]
    place: Option<Place>,
    /// Missing in a dry run.
    #[serde(flatten)]
    identity: Option<Identity>,
    /// Only with `--branch`: the branch that was created or switched to.
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<String>,
    /// Only in a dry run.
    #[serde(flatten)]
    dry_run: Option<DryRun>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Place {
    /// `061`.
    feature_number: Option<String>,
    /// The specification.
    spec_file: String,
    /// The metadata.
    meta_file: String,
    /// The branch the mission lands on.
    target_branch: String,
    current_branch: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Identity {
    /// The mission's ULID, if it has one.
    mission_id: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DryRun {
    /// Always true.
    dry_run: bool,
    /// The ticket, if there is one.
    candidate: Option<OriginCandidate>,
}

impl Document for Specify {
    const SCHEMA: &'static str = "spec-kitty.specify/1";
}

/// The mission that was made, finished or found.
pub(super) fn arrived(context: &Context, project: &Project, arrival: Arrival) -> Outcome {
    let feature_dir = project.relative(&arrival.mission.directory);
    let spec_file = format!("{feature_dir}/spec.md");
    let next_step = format!("Write the specification in {spec_file}, then commit it.");
    let slug = arrival.metadata.mission_slug();
    let origin = arrival.metadata.origin_ticket();
    let key = origin.as_ref().map(|origin| &*origin.external_issue_key);
    let verb = if arrival.created {
        "created"
    } else {
        "mission"
    };
    let commits = commits(context, &arrival.commits);
    let number = queued_events(project);
    let queued = queued(number);
    let target = arrival.text("target_branch");
    let mut rows = vec![
        (verb, slug),
        ("title", arrival.text("friendly_name")),
        ("ticket", key.unwrap_or("none")),
        ("spec", &spec_file),
        ("branch", arrival.branch.as_deref().unwrap_or(target)),
        ("commits", &commits),
        ("queued", &queued),
    ];
    if arrival.branch.is_some() {
        rows.push(("target", target));
    }
    let mut text = record(&context.ui, &rows);
    if context.ui.stdout_is_terminal() {
        text = format!("{text}\nNext: {next_step}\n");
    }
    let target_branch = target.to_owned();
    let mission_id = arrival.metadata.text("mission_id").map(str::to_owned);
    let (link_id, bound_at) = match arrival.bound {
        Some(bound) => (bound.origin_link_id, bound.bound_at),
        None => (None, None),
    };
    let answer = Specify {
        created: arrival.created,
        feature_slug: slug.to_owned(),
        origin_link_id: link_id,
        bound_at,
        event_emitted: arrival.event_emitted,
        queued_events: number,
        next_step,
        place: Some(Place {
            feature_number: arrival.metadata.number(),
            spec_file,
            meta_file: format!("{feature_dir}/meta.json"),
            target_branch,
            current_branch: arrival.current_branch,
        }),
        identity: Some(Identity { mission_id }),
        branch: arrival.branch,
        dry_run: None,
        feature_dir,
        origin_ticket: origin,
        commits: arrival.commits,
    };
    Outcome::new(answer, text)
        .warn(context.reminder())
        .warn(arrival.warnings)
}

/// The commits in words. A terminal shows so much of them that two fit a line.
fn commits(context: &Context, commits: &[String]) -> String {
    const SHORT: usize = 10;
    let shown = |commit: &String| match commit.get(..SHORT) {
        Some(short) if context.ui.stdout_is_terminal() => short.to_owned(),
        _ => commit.clone(),
    };
    match commits {
        [] => "none".to_owned(),
        some => some.iter().map(shown).collect::<Vec<_>>().join(" "),
    }
}

/// The answer of a dry run. `new` is `None` if the mission exists and waits for its bind.
pub(super) fn planned(
    context: &Context,
    project: &Project,
    slug: &str,
    new: Option<&PlannedMission>,
    ticket: Option<&Ticket>,
    branch: Option<&str>,
) -> Outcome {
    let feature_dir = format!("{SPECS}/{slug}");
    let spec_file = format!("{feature_dir}/spec.md");
    let key = ticket.map_or("none", |ticket| ticket.candidate.external_issue_key());
    let verb = if new.is_some() {
        "would create"
    } else {
        "would finish"
    };
    let mut rows = vec![(verb, slug), ("ticket", key)];
    if let Some(mission) = new {
        let target = &mission.target_branch;
        rows.extend([("spec", &*spec_file), ("branch", branch.unwrap_or(target))]);
        if branch.is_some() {
            rows.push(("target", target));
        }
    } else if let Some(branch) = branch {
        rows.push(("branch", branch));
    }
    let text = record(&context.ui, &rows);
    let place = new.map(|mission| Place {
        feature_number: Some(mission.number.clone()),
        spec_file,
        meta_file: format!("{feature_dir}/meta.json"),
        target_branch: mission.target_branch.clone(),
        current_branch: mission.current_branch.clone(),
    });
    let dry_run = DryRun {
        dry_run: true,
        candidate: ticket.map(|ticket| ticket.candidate.clone()),
    };
    let answer = Specify {
        created: false,
        feature_dir,
        feature_slug: slug.to_owned(),
        origin_ticket: None,
        origin_link_id: None,
        bound_at: None,
        event_emitted: false,
        queued_events: queued_events(project),
        commits: Vec::new(),
        next_step: "Run the same command without --dry-run.".to_owned(),
        place,
        identity: None,
        branch: branch.map(str::to_owned),
        dry_run: Some(dry_run),
    };
    Outcome::new(answer, text)
}
