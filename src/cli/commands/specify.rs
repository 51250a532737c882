//! `spec-kitty specify`: starts a mission.

use serde_json::{Value, json};

use crate::cli::ticket_arguments::TicketArguments;
use crate::cli::{CommandResult, CommitArguments, Context, Outcome, progress, record};
use crate::journey::create::create_feature_core;
use crate::journey::start::{self, Plan, start_mission_from_ticket};
use crate::journey::{
    Arrival, DEFAULT_MISSION_TYPE, MissionOptions, PlannedMission, Service, Tracker, check, plan,
};
use crate::project::Project;
use crate::project::paths::SPECS;
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::ticket::Ticket;

const SCHEMA: &str = "spec-kitty.specify/1";

/// Arguments of `specify`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["name", "from_ticket", "candidate"])))]
pub struct Arguments {
    /// Slug of a mission without a ticket, for example user-auth
    #[arg(value_name = "NAME", conflicts_with = "TicketArguments")]
    name: Option<String>,
    /// Start from this ticket: key, provider:KEY or URL
    #[arg(long, value_name = "REF")]
    from_ticket: Option<String>,
    #[command(flatten)]
    ticket: TicketArguments,
    /// Mission type
    #[arg(long, value_name = "T", default_value = DEFAULT_MISSION_TYPE)]
    mission_type: String,
    /// Branch the mission lands on [default: the current branch]
    #[arg(long, value_name = "B")]
    target_branch: Option<String>,
    /// Mission slug [default: from the ticket]
    #[arg(long, value_name = "S", conflicts_with = "name")]
    slug: Option<String>,
    /// Mission number [default: the next free one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=999_999_999))]
    number: Option<u64>,
    /// Create another mission even if the ticket has one
    #[arg(long, conflicts_with = "name")]
    allow_duplicate: bool,
    /// Confirm the ticket without asking
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    commit: CommitArguments,
    /// Show what would happen and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Creates a mission, from a ticket or without one.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let options = MissionOptions {
        mission_type: arguments.mission_type,
        target_branch: arguments.target_branch,
        slug: arguments.name.clone().or(arguments.slug),
        number: arguments.number,
        allow_duplicate: arguments.allow_duplicate,
    };
    let choices = Choices {
        commit: arguments.commit,
        dry_run: arguments.dry_run,
        yes: arguments.yes,
    };
    if arguments.name.is_some() {
        return without_ticket(&options, &choices, context);
    }
    let reference = arguments.from_ticket.as_deref();
    from_ticket(reference, &arguments.ticket, &options, &choices, context)
}

/// How to run the command.
struct Choices {
    commit: CommitArguments,
    dry_run: bool,
    yes: bool,
}

fn without_ticket(options: &MissionOptions, choices: &Choices, context: &Context) -> CommandResult {
    let project = Project::open(&context.world)?;
    let team_slug = context.team_slug();
    let service = Service {
        world: &context.world,
        project: &project,
        team_slug: team_slug.as_deref(),
        commit: choices.commit.policy(),
        wait: context.remaining(),
        tracker: None,
    };
    if choices.dry_run {
        return Ok(planned(context, plan(&service, options, None)?, None));
    }
    Ok(arrived(
        context,
        &project,
        create_feature_core(service, options)?,
    ))
}

fn from_ticket(
    reference: Option<&str>,
    ticket: &TicketArguments,
    options: &MissionOptions,
    choices: &Choices,
    context: &Context,
) -> CommandResult {
    context.phase.start_reading();
    let project = Project::open(&context.world)?;
    let binding = OriginBinding::load(&project.root)?;
    ticket.check(reference, &binding)?;
    let client = ControlPlaneClient::new(context.session()?);
    let service = Service {
        world: &context.world,
        project: &project,
        team_slug: client.session().team_slug(),
        commit: choices.commit.policy(),
        wait: context.remaining(),
        tracker: Some(Tracker {
            binding: &binding,
            client: &client,
        }),
    };
    check(&service, options)?;
    let choice = ticket.find(reference, context, &binding, &client)?;
    if choices.dry_run {
        let ticket = choice.only()?;
        return Ok(match start::plan(service, &ticket, options)? {
            Plan::Create(mission) => planned(context, mission, Some(&ticket)),
            Plan::Finish(mission) => unfinished(context, &mission, &ticket),
            Plan::Bound(found) => arrived(context, &project, *found),
        });
    }
    let ticket = choice.choose(context, choices.yes)?;
    let effect = match start::plan(service, &ticket, options)? {
        Plan::Create(mission) => format!(
            "Create mission {} on {} and bind it?",
            mission.mission_slug, mission.current_branch
        ),
        Plan::Finish(mission) => format!("Finish mission {mission} and bind it?"),
        // Nothing will change, so there is nothing to confirm.
        Plan::Bound(found) => return Ok(arrived(context, &project, *found)),
    };
    choice.confirm(context, &ticket, &effect, choices.yes)?;
    context.phase.start_writing();
    let arrival = progress::during(&context.ui, "Starting the mission", || {
        start_mission_from_ticket(service, &ticket, options)
    })?;
    Ok(arrived(context, &project, arrival))
}

fn arrived(context: &Context, project: &Project, arrival: Arrival) -> Outcome {
    let feature_dir = project.relative(&arrival.mission.directory);
    let spec_file = format!("{feature_dir}/spec.md");
    let next_step = format!("Write the specification in {spec_file}, then commit it.");
    let slug = arrival.metadata.mission_slug();
    let keys = arrival.metadata.keys();
    let origin = keys.get("origin_ticket");
    let key = origin.and_then(|origin| origin.get("external_issue_key")?.as_str());
    let commits = match arrival.commits.as_slice() {
        [] => "none".to_owned(),
        commits => commits.join(" "),
    };
    let made = if arrival.created {
        "created"
    } else {
        "mission"
    };
    let mut text = record(
        &context.ui,
        &[
            (made, slug.to_owned()),
            ("title", arrival.text("friendly_name").to_owned()),
            ("ticket", key.unwrap_or("none").to_owned()),
            ("spec", spec_file.clone()),
            ("branch", arrival.text("target_branch").to_owned()),
            ("commits", commits),
        ],
    );
    if context.ui.stdout_is_terminal() {
        text = format!("{text}\nNext: {next_step}\n");
    }
    let fields = json!({
        "created": arrival.created,
        "feature_dir": feature_dir,
        "feature_slug": slug,
        "feature_number": keys.get("feature_number"),
        "spec_file": spec_file,
        "meta_file": format!("{feature_dir}/meta.json"),
        "target_branch": arrival.text("target_branch"),
        "current_branch": project.current_branch(),
        "origin_ticket": origin,
        "origin_link_id": arrival.bound.map(|bound| bound.origin_link_id),
        "event_emitted": arrival.event_emitted,
        "commits": arrival.commits,
        "next_step": next_step,
    });
    Outcome::new(SCHEMA, fields, text)
        .warn(context.reminder())
        .warn(arrival.warnings)
}

fn planned(context: &Context, mission: PlannedMission, ticket: Option<&Ticket>) -> Outcome {
    let feature_dir = format!("{SPECS}/{}", mission.mission_slug);
    let spec_file = format!("{feature_dir}/spec.md");
    let key = ticket.map_or("none", |ticket| ticket.candidate.external_issue_key());
    let rows = [
        ("would create", mission.mission_slug.clone()),
        ("ticket", key.to_owned()),
        ("spec", spec_file.clone()),
        ("branch", mission.target_branch.clone()),
    ];
    let more = json!({
        "feature_number": mission.number,
        "spec_file": spec_file,
        "meta_file": format!("{feature_dir}/meta.json"),
        "target_branch": mission.target_branch,
        "current_branch": mission.current_branch,
    });
    dry_run(context, &mission.mission_slug, ticket, more, &rows)
}

fn unfinished(context: &Context, mission: &str, ticket: &Ticket) -> Outcome {
    let rows = [
        ("would finish", mission.to_owned()),
        ("ticket", ticket.candidate.external_issue_key().to_owned()),
    ];
    dry_run(context, mission, Some(ticket), json!({}), &rows)
}

fn dry_run(
    context: &Context,
    mission: &str,
    ticket: Option<&Ticket>,
    more: Value,
    rows: &[(&str, String)],
) -> Outcome {
    let mut fields = json!({
        "dry_run": true,
        "created": false,
        "feature_dir": format!("{SPECS}/{mission}"),
        "feature_slug": mission,
        "candidate": ticket.map(|ticket| &ticket.candidate),
        "origin_ticket": null,
        "origin_link_id": null,
        "event_emitted": false,
        "commits": [],
        "next_step": "Run the same command without --dry-run.",
    });
    if let (Value::Object(fields), Value::Object(more)) = (&mut fields, more) {
        fields.extend(more);
    }
    Outcome::new(SCHEMA, fields, record(&context.ui, rows))
}
