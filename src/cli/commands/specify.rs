//! `spec-kitty specify`: starts a mission.

use clap::builder::{StringValueParser, TypedValueParser as _};
use serde_json::{Value, json};

use crate::cli::ticket_arguments::TicketArguments;
use crate::cli::{CommandResult, Context, Outcome, RunArguments, merged, progress, record};
use crate::journey::create::create_feature_core;
use crate::journey::start::{self, Plan, start_mission_from_ticket};
use crate::journey::{Arrival, BranchChoice, DEFAULT_MISSION_TYPE, MissionOptions, PlannedMission};
use crate::journey::{check, made_elsewhere, plan};
use crate::project::Project;
use crate::project::paths::SPECS;
use crate::text::one_line;
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::ticket::Ticket;

const SCHEMA: &str = "spec-kitty.specify/1";
/// `--branch` without a name. No branch can have this name.
const OF_MISSION: &str = ":mission";

/// Arguments of `specify`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["name", "from_ticket", "candidate"])))]
pub struct Arguments {
    /// Slug of a mission without a ticket, for example user-auth
    #[arg(value_name = "NAME", conflicts_with = "TicketArguments")]
    name: Option<String>,
    /// Title of a mission without a ticket [default: its name in words]
    #[arg(long, value_name = "TEXT", value_parser = title, conflicts_with_all = ["from_ticket", "candidate"])]
    title: Option<String>,
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
    /// Commit to this branch, and create it if necessary [default name: the mission's, 061-web-123]
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = OF_MISSION, value_parser = StringValueParser::new().map(branch))]
    branch: Option<BranchChoice>,
    /// Mission slug [default: from the ticket]
    #[arg(long, value_name = "S", conflicts_with = "name")]
    slug: Option<String>,
    /// Mission number [default: the next free one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=999_999_999))]
    number: Option<u64>,
    /// Create another mission even if the ticket has one
    #[arg(long, conflicts_with = "name")]
    allow_duplicate: bool,
    #[command(flatten)]
    run: RunArguments,
}

impl Arguments {
    fn options(&self) -> MissionOptions {
        MissionOptions {
            mission_type: self.mission_type.clone(),
            target_branch: self.target_branch.clone(),
            branch: self.branch.clone(),
            title: self.title.clone(),
            slug: self.name.clone().or_else(|| self.slug.clone()),
            number: self.number,
            allow_duplicate: self.allow_duplicate,
        }
    }
}

fn branch(name: String) -> BranchChoice {
    match name.as_str() {
        OF_MISSION => BranchChoice::OfMission,
        _ => BranchChoice::Named(name),
    }
}

/// A title in one line.
fn title(text: &str) -> Result<String, &'static str> {
    let title = one_line(text);
    (!title.is_empty())
        .then_some(title)
        .ok_or("a title needs a visible character")
}

/// Creates a mission, from a ticket or without one.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    match arguments.name {
        Some(_) => without_ticket(&arguments, context),
        None => from_ticket(&arguments, context),
    }
}

fn without_ticket(arguments: &Arguments, context: &Context) -> CommandResult {
    let (options, run) = (arguments.options(), arguments.run);
    let project = Project::open_to_commit(&context.world)?;
    let team_slug = context.team_slug();
    let service = context.service(&project, team_slug.as_deref(), run.commit.policy());
    if run.dry_run {
        check(&service, &options)?;
        if let Some(made) = made_elsewhere(&service, &options, None)? {
            return Ok(planned(context, &made.name, None, None, Some(&made.branch)));
        }
        let new = plan(&service, &options, None)?;
        let branch = new.branch_name();
        return Ok(planned(
            context,
            &new.mission_slug,
            Some(&new),
            None,
            branch,
        ));
    }
    let arrival = create_feature_core(service, &options)?;
    Ok(arrived(context, &project, arrival))
}

fn from_ticket(arguments: &Arguments, context: &Context) -> CommandResult {
    let (options, ticket, run) = (arguments.options(), &arguments.ticket, arguments.run);
    context.phase.start_reading();
    let project = Project::open_to_commit(&context.world)?;
    let binding = OriginBinding::load(&project.root)?;
    let key = ticket.check(arguments.from_ticket.as_deref(), &binding)?;
    let client = ControlPlaneClient::new(context.session()?);
    let service = context.binding_service(&project, &binding, &client, run.commit.policy());
    check(&service, &options)?;
    let choice = ticket.find(key, context, &binding, &client)?;
    let ticket = choice.choose(context, run)?;
    let mut branch = None;
    let (slug, new) = match start::plan(service, &ticket, &options)? {
        // Nothing will change, so there is nothing to confirm.
        Plan::Bound(found) => return Ok(arrived(context, &project, *found)),
        Plan::Finish(slug) => (slug, None),
        Plan::Switch(mission) => {
            branch = Some(mission.branch);
            (mission.name, None)
        }
        Plan::Create(mission) => {
            branch = mission.branch_name().map(str::to_owned);
            (mission.mission_slug.clone(), Some(mission))
        }
    };
    if run.dry_run {
        let (new, branch) = (new.as_ref(), branch.as_deref());
        return Ok(planned(context, &slug, new, Some(&ticket), branch));
    }
    let effect = match (new, &branch) {
        (Some(mission), _) => {
            let branch = branch.unwrap_or(mission.current_branch);
            format!("Create mission {slug} on {branch} and bind it?")
        }
        (None, Some(branch)) => format!("Switch to {branch} and finish mission {slug} there?"),
        (None, None) => format!("Finish mission {slug} and bind it?"),
    };
    choice.confirm(context, &ticket, &effect, run)?;
    context.phase.start_writing();
    let arrival = progress::during(&context.ui, "Starting the mission", || {
        start_mission_from_ticket(service, &ticket, &options)
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
    let verb = if arrival.created {
        "created"
    } else {
        "mission"
    };
    let commits = match arrival.commits.join(" ") {
        none if none.is_empty() => "none".to_owned(),
        commits => commits,
    };
    let target = arrival.text("target_branch");
    let mut rows = vec![
        (verb, slug),
        ("title", arrival.text("friendly_name")),
        ("ticket", key.unwrap_or("none")),
        ("spec", &spec_file),
        ("branch", arrival.branch.as_deref().unwrap_or(target)),
        ("commits", &commits),
    ];
    if arrival.branch.is_some() {
        rows.push(("target", target));
    }
    let mut text = record(&context.ui, &rows);
    if context.ui.stdout_is_terminal() {
        text = format!("{text}\nNext: {next_step}\n");
    }
    let mut fields = json!({
        "created": arrival.created,
        "feature_dir": feature_dir,
        "feature_slug": slug,
        "feature_number": keys.get("feature_number"),
        "spec_file": spec_file,
        "meta_file": format!("{feature_dir}/meta.json"),
        "target_branch": target,
        "current_branch": arrival.current_branch,
        "origin_ticket": origin,
        "origin_link_id": arrival.bound.map(|bound| bound.origin_link_id),
        "event_emitted": arrival.event_emitted,
        "commits": arrival.commits,
        "next_step": next_step,
    });
    fields = merged(fields, &branch_of(arrival.branch.as_deref()));
    Outcome::new(SCHEMA, fields, text)
        .warn(context.reminder())
        .warn(arrival.warnings)
}

/// The branch of `--branch`; without the flag there is no such key.
fn branch_of(branch: Option<&str>) -> Value {
    branch.map_or_else(|| json!({}), |branch| json!({"branch": branch}))
}

/// The answer of a dry run. `new` is `None` if the mission exists and waits for its bind.
fn planned(
    context: &Context,
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
    let mut fields = json!({
        "dry_run": true,
        "created": false,
        "feature_dir": feature_dir,
        "feature_slug": slug,
        "candidate": ticket.map(|ticket| &ticket.candidate),
        "origin_ticket": null,
        "origin_link_id": null,
        "event_emitted": false,
        "commits": [],
        "next_step": "Run the same command without --dry-run.",
    });
    if let Some(mission) = new {
        let target = &mission.target_branch;
        rows.extend([("spec", &*spec_file), ("branch", branch.unwrap_or(target))]);
        if branch.is_some() {
            rows.push(("target", target));
        }
        let of_new = json!({
            "feature_number": mission.number,
            "spec_file": spec_file,
            "meta_file": format!("{feature_dir}/meta.json"),
            "target_branch": mission.target_branch,
            "current_branch": mission.current_branch,
        });
        fields = merged(fields, &of_new);
    } else if let Some(branch) = branch {
        rows.push(("branch", branch));
    }
    fields = merged(fields, &branch_of(branch));
    Outcome::new(SCHEMA, fields, record(&context.ui, &rows))
}
