//! `spec-kitty specify`: starts a mission.

mod answer;
mod from_ticket;

use clap::builder::{StringValueParser, TypedValueParser as _};

pub(crate) use self::answer::Specify;
use self::answer::{arrived, planned};
use self::from_ticket::from_ticket;
use crate::cli::ticket_arguments::TicketArguments;
use crate::cli::{
    Code, CommandResult, Context, DeliverArguments, Failure, Hint, Outcome, RunArguments,
};
use crate::journey::create::{create_feature_core, is_unfinished};
use crate::journey::{Arrival, BranchChoice, DEFAULT_MISSION_TYPE, MissionOptions};
use crate::journey::{check, made_elsewhere, plan};
use crate::project::Project;
use crate::text::{one_line, shell_word};
use crate::tracker::ticket_ref::{self, TicketRef};

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

fn done(arguments: &Arguments, context: &Context, project: &Project, arrival: Arrival) -> Outcome {
    let undelivered = if arguments.run.dry_run {
        Vec::new()
    } else {
        arguments.deliver.after(context, project)
    };
    arrived(context, project, arrival).warn(undelivered)
}
