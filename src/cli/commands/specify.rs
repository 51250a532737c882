//! `spec-kitty specify`: starts a mission.

use clap::builder::{StringValueParser, TypedValueParser as _};
use serde_json::{Value, json};

use crate::cli::commands::sync::{queued, queued_events};
use crate::cli::ticket_arguments::TicketArguments;
use crate::cli::{
    Code, CommandResult, Context, DeliverArguments, Failure, Hint, Outcome, RunArguments, merged,
    progress, record,
};
use crate::journey::create::{create_feature_core, is_begun_without_ticket};
use crate::journey::start::{self, Plan, start_mission_from_ticket};
use crate::journey::{Arrival, BranchChoice, DEFAULT_MISSION_TYPE, MissionOptions, PlannedMission};
use crate::journey::{check, made_elsewhere, plan};
use crate::project::Project;
use crate::project::paths::SPECS;
use crate::text::one_line;
use crate::text::shell_word;
use crate::tracker::binding::{BindingError, OriginBinding};
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::ticket::Ticket;
use crate::tracker::ticket_ref::{self, TicketRef, parse_or_words};

const SCHEMA: &str = "spec-kitty.specify/1";
/// `--branch` without a name. No branch can have this name.
const OF_MISSION: &str = ":mission";

/// Arguments of `specify`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").args(["name", "from_ticket", "candidate"])))]
pub struct Arguments {
    /// Slug of a mission without a ticket, for example user-auth [default: choose an open ticket]
    #[arg(value_name = "NAME", conflicts_with = "TicketArguments")]
    name: Option<String>,
    /// Title of a mission without a ticket [default: its name in words]
    #[arg(long, value_name = "TEXT", value_parser = title, conflicts_with_all = ["from_ticket", "candidate"])]
    title: Option<String>,
    /// Start from this ticket: key, provider:KEY, URL, or words to choose by
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
    #[command(flatten)]
    deliver: DeliverArguments,
}

impl Arguments {
    /// Whether the ticket is to be chosen from a list.
    fn names_nothing(&self) -> bool {
        self.name.is_none() && self.from_ticket.is_none() && !self.ticket.has_document()
    }

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
    if let Some(name) = &arguments.name
        && let Err(refusal) = refuse_ticket(name)
        && !is_begun(&arguments, context)
    {
        return Err(refusal);
    }
    context.require_home()?;
    match arguments.name {
        Some(_) => without_ticket(&arguments, context),
        None => from_ticket(&arguments, context),
    }
}

/// Without a tracker there are no tickets to choose from.
fn no_tickets() -> Failure {
    Failure::usage("a NAME for the mission is missing, and no tracker is bound").hint(
        "name the mission, or bind a tracker to start from a ticket: spec-kitty tracker bind --help",
    )
}

/// A ticket where a name belongs: a mission of that name would look like the ticket's.
fn refuse_ticket(name: &str) -> Result<(), Failure> {
    let Ok(reference) = ticket_ref::parse(name) else {
        return Ok(());
    };
    let meant = match reference {
        TicketRef {
            provider: None,
            key,
            ..
        } => key.to_ascii_uppercase(),
        _ => shell_word(name),
    };
    let message = format!("{name:?} is a ticket, not a name for a mission");
    let hint = Hint::lead_to(
        "to start from that ticket, run",
        format!("spec-kitty specify --from-ticket {meant}"),
    );
    Err(Failure::new(Code::InvalidSlug, message).hint(hint))
}

/// Whether a mission of this name waits for its commit. A ticket's mission does if its ticket was bound
/// without it.
fn is_begun(arguments: &Arguments, context: &Context) -> bool {
    let project = Project::open(&context.world);
    project.is_ok_and(|project| is_begun_without_ticket(&project, &arguments.options()))
}

fn without_ticket(arguments: &Arguments, context: &Context) -> CommandResult {
    let (options, run) = (arguments.options(), arguments.run);
    let project = Project::open_to_commit(&context.world)?;
    let team_slug = context.team_slug();
    let service = context.service(&project, team_slug.as_deref(), run.commit.policy());
    if run.dry_run {
        check(&service, &options)?;
        if let Some(made) = made_elsewhere(&service, &options, None)? {
            let (name, branch) = (&made.name, Some(&*made.branch));
            return Ok(planned(context, &project, name, None, None, branch));
        }
        let new = plan(&service, &options, None)?;
        let (name, branch) = (&new.mission_slug, new.branch_name());
        return Ok(planned(context, &project, name, Some(&new), None, branch));
    }
    let arrival = create_feature_core(service, &options)?;
    Ok(done(arguments, context, &project, arrival))
}

fn from_ticket(arguments: &Arguments, context: &Context) -> CommandResult {
    let (options, ticket, run) = (arguments.options(), &arguments.ticket, arguments.run);
    context.phase.start_reading();
    if run.yes && arguments.names_nothing() {
        let hint = Hint::lead_to(
            "name the ticket",
            "spec-kitty specify --from-ticket WEB-123 --yes",
        );
        return Err(Failure::usage("--yes confirms a ticket, and no ticket is named").hint(hint));
    }
    let project = Project::open_to_commit(&context.world)?;
    let binding = match OriginBinding::load(&project.root) {
        Err(BindingError::NotBound) if arguments.names_nothing() => return Err(no_tickets()),
        binding => binding?,
    };
    let wanted = arguments
        .from_ticket
        .as_deref()
        .map(parse_or_words)
        .transpose()?;
    ticket.check(wanted.as_ref(), &binding)?;
    let client = ControlPlaneClient::new(context.session()?);
    let service = context.binding_service(&project, &binding, &client, run.commit.policy());
    check(&service, &options)?;
    let choice = ticket.find(wanted, context, &binding, &client)?;
    let ticket = choice.choose(context, run)?;
    let mut branch = None;
    let (slug, new) = match start::plan(service, &ticket, &options)? {
        // Nothing will change, so there is nothing to confirm.
        Plan::Bound(mut found) => {
            if !run.dry_run {
                start::recall(service, &ticket, &mut found);
            }
            return Ok(done(arguments, context, &project, *found));
        }
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
        return Ok(planned(
            context,
            &project,
            &slug,
            new,
            Some(&ticket),
            branch,
        ));
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
    Ok(done(arguments, context, &project, arrival))
}

fn done(arguments: &Arguments, context: &Context, project: &Project, arrival: Arrival) -> Outcome {
    let undelivered = if arguments.run.dry_run {
        Vec::new()
    } else {
        arguments.deliver.after(context, project)
    };
    arrived(context, project, arrival).warn(undelivered)
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
    let bound = arrival.bound.as_ref();
    let mut fields = json!({
        "created": arrival.created,
        "feature_dir": feature_dir,
        "feature_slug": slug,
        "feature_number": arrival.metadata.number(),
        "mission_id": arrival.metadata.text("mission_id"),
        "spec_file": spec_file,
        "meta_file": format!("{feature_dir}/meta.json"),
        "target_branch": target,
        "current_branch": arrival.current_branch,
        "origin_ticket": origin,
        "origin_link_id": bound.and_then(|bound| bound.origin_link_id.as_ref()),
        "bound_at": bound.and_then(|bound| bound.bound_at.as_ref()),
        "event_emitted": arrival.event_emitted,
        "queued_events": number,
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
    let mut fields = json!({
        "dry_run": true,
        "created": false,
        "feature_dir": feature_dir,
        "feature_slug": slug,
        "candidate": ticket.map(|ticket| &ticket.candidate),
        "origin_ticket": null,
        "origin_link_id": null,
        "bound_at": null,
        "event_emitted": false,
        "queued_events": queued_events(project),
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
