//! `spec-kitty specify`: starts a mission.

use clap::builder::{StringValueParser, TypedValueParser as _};
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::commands::sync::{queued, queued_events};
use crate::cli::document::Document;
use crate::cli::ticket_arguments::{TicketArguments, look_up};
use crate::cli::ticket_choice::Choice;
use crate::cli::{
    Code, CommandResult, Context, DeliverArguments, Failure, Hint, Outcome, RunArguments, progress,
    record,
};
use crate::journey::create::{create_feature_core, is_unfinished};
use crate::journey::start::{self, Plan, start_mission_from_ticket};
use crate::journey::{Arrival, BranchChoice, DEFAULT_MISSION_TYPE, MissionOptions, PlannedMission};
use crate::journey::{check, made_elsewhere, plan};
use crate::mission::metadata::OriginTicket;
use crate::project::Project;
use crate::project::paths::SPECS;
use crate::text::one_line;
use crate::text::shell_word;
use crate::tracker::binding::{BindingError, OriginBinding};
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::ticket::Ticket;
use crate::tracker::ticket_ref::{self, TicketRef, parse_or_words};
use crate::wire::candidate::OriginCandidate;

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
    /// Commit to this branch, and create it if necessary [default name: the tracker's, else the mission's, 061-web-123]
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
    /// Leave out research/ticket.md, the ticket's text
    #[arg(long, conflicts_with = "name")]
    no_context: bool,
    #[command(flatten)]
    run: RunArguments,
    #[command(flatten)]
    deliver: DeliverArguments,
}

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
    if let Some(name) = &arguments.name {
        refuse_ticket(&arguments, name, context)?;
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

/// A ticket where a name belongs: a mission of that name would look like the ticket's. It is allowed
/// only to finish such a mission, which a bind leaves if the commit of its folder failed.
fn refuse_ticket(arguments: &Arguments, name: &str, context: &Context) -> Result<(), Failure> {
    let Ok(reference) = ticket_ref::parse(name) else {
        return Ok(());
    };
    let finishes = |project: &Project| is_unfinished(project, &arguments.options());
    if Project::open(&context.world).is_ok_and(|project| finishes(&project)) {
        return Ok(());
    }
    let meant = match reference {
        TicketRef {
            provider: None,
            key,
            ..
        } => key.to_ascii_uppercase(),
        _ => shell_word(name),
    };
    let message = format!("{name:?} is a ticket, not a name for a mission");
    let hint = Hint::instead(
        "to start from that ticket, run",
        format!("spec-kitty specify --from-ticket {meant}"),
    );
    Err(Failure::new(Code::InvalidSlug, message).hint(hint))
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
    let mut ticket = choice.choose(context, run)?;
    if !choice.is_by_key() {
        ticket = complete(context, &binding, &client, &choice, &ticket)?;
    }
    if arguments.no_context {
        ticket.file = None;
    }
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

/// The ticket with its text, which a list and a search by words leave out or shorten.
fn complete(
    context: &Context,
    binding: &OriginBinding,
    client: &ControlPlaneClient<'_>,
    choice: &Choice,
    ticket: &Ticket,
) -> Result<Ticket, Failure> {
    let (key, id) = (
        ticket.candidate.external_issue_key(),
        ticket.candidate.external_issue_id(),
    );
    let full = look_up(context, binding, client, key, id)?;
    Ok(choice.ticket(context, &full))
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
