//! `spec-kitty specify`: the main job.

use serde_json::{Map, Value, json};

use crate::cli::commit_arguments::CommitArguments;
use crate::cli::context::{CommandResult, Context};
use crate::cli::outcome::Outcome;
use crate::cli::progress;
use crate::cli::table::record;
use crate::cli::ticket_arguments::TicketArguments;
use crate::journey::create::{
    CreationOptions, DEFAULT_MISSION_TYPE, PlannedMission, create_feature_core, plan,
};
use crate::journey::models::{MissionFromTicketResult, Ticket};
use crate::journey::origin::{
    self, OriginBinding, Plan, Service, StartOptions, start_mission_from_ticket,
};
use crate::project::Project;
use crate::project::paths::SPECS;
use crate::tracker::control_plane_client::ControlPlaneClient;

const SCHEMA: &str = "spec-kitty.specify/1";

/// Arguments of `specify`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["name", "from_ticket", "candidate"])))]
pub struct Arguments {
    /// Slug of a mission without a ticket: user-auth
    #[arg(value_name = "NAME", conflicts_with = "TicketArguments")]
    name: Option<String>,
    /// Start from this ticket: key, provider:KEY or URL
    #[arg(long, value_name = "REF")]
    from_ticket: Option<String>,
    /// The ticket, where it is not named by a reference.
    #[command(flatten)]
    ticket: TicketArguments,
    /// Kind of mission
    #[arg(long, value_name = "T", default_value = DEFAULT_MISSION_TYPE)]
    mission_type: String,
    /// Branch the mission is meant to land on; the one checked out where absent
    #[arg(long, value_name = "B")]
    target_branch: Option<String>,
    /// Slug; made from the ticket where absent
    #[arg(long, value_name = "S", conflicts_with = "name")]
    slug: Option<String>,
    /// Number; the next free one where absent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=999_999_999))]
    number: Option<u64>,
    /// Make another mission, although the ticket has one
    #[arg(long, conflicts_with = "name")]
    allow_duplicate: bool,
    /// Confirm that it is the right ticket
    #[arg(short, long)]
    yes: bool,
    /// Whether and how to commit.
    #[command(flatten)]
    commit: CommitArguments,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// Creates a mission, from a ticket or without one.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    match &arguments.name {
        Some(name) => without_ticket(name, &arguments, context),
        None => from_ticket(arguments, context),
    }
}

fn without_ticket(name: &str, arguments: &Arguments, context: &Context) -> CommandResult {
    let project = Project::open(&context.world)?;
    let team_slug = context.team_slug();
    let options = CreationOptions {
        mission_type: &arguments.mission_type,
        target_branch: arguments.target_branch.as_deref(),
        number: arguments.number,
        slug_must_be_free: false,
        ticket: None,
        duplicate: false,
        team_slug: team_slug.as_deref(),
        commit: arguments.commit.policy(),
        wait: context.remaining(),
    };
    if arguments.dry_run {
        let planned = plan(&context.world, &project, name, &options)?;
        return Ok(dry_run(context, planned, None));
    }
    let made = create_feature_core(&context.world, &project, name, &options)?;
    let report = Report {
        created: made.created,
        feature_dir: project.relative(&made.feature_dir),
        meta: &made.meta,
        current_branch: made.plan.current_branch,
        origin_ticket: Value::Null,
        origin_link_id: None,
        event_emitted: made.event_emitted,
        commits: made.commit.into_iter().collect(),
    };
    Ok(report.outcome(context).warn(made.warnings))
}

fn from_ticket(arguments: Arguments, context: &Context) -> CommandResult {
    context.phase.start_reading();
    let project = Project::open(&context.world)?;
    let binding = OriginBinding::load(&project.root)?;
    let reference = arguments.from_ticket.as_deref();
    arguments.ticket.check(reference, &binding)?;
    let options = StartOptions {
        mission_type: arguments.mission_type,
        target_branch: arguments.target_branch,
        slug: arguments.slug,
        number: arguments.number,
        allow_duplicate: arguments.allow_duplicate,
        commit: arguments.commit.policy(),
    };
    let client = ControlPlaneClient::new(context.session()?);
    let service = Service {
        world: &context.world,
        project: &project,
        binding: &binding,
        client: &client,
        wait: context.remaining(),
    };
    origin::check(&service, &options)?;
    let choice = arguments
        .ticket
        .find(reference, context, &binding, &client)?;
    if arguments.dry_run {
        let ticket = choice.only()?;
        return Ok(match origin::plan(&service, &ticket, &options)? {
            Plan::Create(planned) => dry_run(context, planned, Some(&ticket)),
            Plan::Finish(mission) => waiting(context, &mission, &ticket),
            Plan::Bound(bound) => started(context, &project, *bound),
        });
    }
    let ticket = choice.choose(context, arguments.yes)?;
    let effect = match origin::plan(&service, &ticket, &options)? {
        Plan::Create(planned) => format!(
            "Create mission {} on {} and bind it?",
            planned.feature_slug, planned.current_branch
        ),
        Plan::Finish(mission) => format!("Finish mission {mission} and bind it?"),
        // Nothing will change, so there is nothing to confirm.
        Plan::Bound(bound) => return Ok(started(context, &project, *bound)),
    };
    choice.confirm(context, &ticket, &effect, arguments.yes)?;
    context.phase.start_writing();
    let result = progress::during(&context.ui, "Starting the mission", || {
        start_mission_from_ticket(&service, &ticket, &options)
    })?;
    Ok(started(context, &project, result))
}

/// What a mission's start is reported with, from a ticket or without one.
struct Report<'a> {
    created: bool,
    feature_dir: String,
    meta: &'a Map<String, Value>,
    current_branch: String,
    origin_ticket: Value,
    origin_link_id: Option<String>,
    event_emitted: bool,
    commits: Vec<String>,
}

fn started(context: &Context, project: &Project, result: MissionFromTicketResult) -> Outcome {
    let bound = result.bound.as_ref();
    let report = Report {
        created: result.created,
        feature_dir: project.relative(&result.feature_dir),
        meta: &result.meta,
        current_branch: project
            .repository
            .as_ref()
            .and_then(|r| r.branch.clone())
            .unwrap_or_default(),
        origin_ticket: result
            .meta
            .get("origin_ticket")
            .cloned()
            .unwrap_or_default(),
        origin_link_id: bound.map(|bound| bound.origin_link_id.clone()),
        event_emitted: bound.is_some_and(|bound| bound.event_emitted),
        commits: result.commits,
    };
    report.outcome(context).warn(result.warnings)
}

impl Report<'_> {
    fn text(&self, key: &str) -> &str {
        self.meta
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn outcome(self, context: &Context) -> Outcome {
        let feature_slug = self
            .meta
            .get("feature_slug")
            .or_else(|| self.meta.get("mission_slug"))
            .cloned();
        let feature_slug = feature_slug
            .as_ref()
            .and_then(Value::as_str)
            .unwrap_or_default();
        let spec_file = format!("{}/spec.md", self.feature_dir);
        let next_step = next_step(&spec_file);
        let ticket = self
            .origin_ticket
            .get("external_issue_key")
            .and_then(Value::as_str);
        let rows = [
            (
                if self.created { "created" } else { "mission" },
                feature_slug.to_owned(),
            ),
            ("title", self.text("friendly_name").to_owned()),
            ("ticket", ticket.unwrap_or("none").to_owned()),
            ("spec", spec_file.clone()),
            ("branch", self.text("target_branch").to_owned()),
            (
                "commits",
                if self.commits.is_empty() {
                    "none".to_owned()
                } else {
                    self.commits.join(" ")
                },
            ),
        ];
        let mut text = record(&context.ui, &rows);
        if context.ui.stdout_is_terminal() {
            text = format!("{text}\nNext: {next_step}\n");
        }
        let fields = json!({
            "created": self.created,
            "feature_dir": self.feature_dir,
            "feature_slug": feature_slug,
            "feature_number": self.meta.get("feature_number"),
            "spec_file": spec_file,
            "meta_file": format!("{}/meta.json", self.feature_dir),
            "target_branch": self.text("target_branch"),
            "current_branch": self.current_branch,
            "origin_ticket": self.origin_ticket,
            "origin_link_id": self.origin_link_id,
            "event_emitted": self.event_emitted,
            "commits": self.commits,
            "next_step": next_step,
        });
        Outcome::new(SCHEMA, fields, text).warn(context.reminder())
    }
}

fn next_step(spec_file: &str) -> String {
    format!("Write the specification in {spec_file}, then commit it.")
}

fn dry_run(context: &Context, planned: PlannedMission, ticket: Option<&Ticket>) -> Outcome {
    let feature_dir = format!("{SPECS}/{}", planned.feature_slug);
    let spec_file = format!("{feature_dir}/spec.md");
    let key = ticket.map_or("none", |ticket| ticket.candidate.external_issue_key());
    let text = record(
        &context.ui,
        &[
            ("would create", planned.feature_slug.clone()),
            ("ticket", key.to_owned()),
            ("spec", spec_file.clone()),
            ("branch", planned.target_branch.clone()),
        ],
    );
    let fields = json!({
        "dry_run": true,
        "created": false,
        "feature_dir": feature_dir,
        "feature_slug": planned.feature_slug,
        "feature_number": planned.feature_number,
        "spec_file": spec_file,
        "meta_file": format!("{feature_dir}/meta.json"),
        "target_branch": planned.target_branch,
        "current_branch": planned.current_branch,
        "candidate": ticket.map(|ticket| &ticket.candidate),
        "origin_ticket": Value::Null,
        "origin_link_id": Value::Null,
        "event_emitted": false,
        "commits": [],
        "next_step": "Run the same command without --dry-run.",
    });
    Outcome::new(SCHEMA, fields, text)
}

fn waiting(context: &Context, mission: &str, ticket: &Ticket) -> Outcome {
    let feature_dir = format!("{SPECS}/{mission}");
    let text = record(
        &context.ui,
        &[
            ("would finish", mission.to_owned()),
            ("ticket", ticket.candidate.external_issue_key().to_owned()),
        ],
    );
    let fields = json!({
        "dry_run": true,
        "created": false,
        "feature_dir": feature_dir,
        "feature_slug": mission,
        "candidate": ticket.candidate,
        "origin_ticket": Value::Null,
        "origin_link_id": Value::Null,
        "event_emitted": false,
        "commits": [],
        "next_step": "Run the same command without --dry-run.",
    });
    Outcome::new(SCHEMA, fields, text)
}
