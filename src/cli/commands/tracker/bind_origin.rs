//! `spec-kitty tracker bind-origin`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::commands::sync::{queued, queued_events};
use crate::cli::document::Document;
use crate::cli::ticket_arguments::TicketArguments;
use crate::cli::{
    CommandResult, Context, DeliverArguments, Failure, Outcome, RunArguments, progress, record,
};
use crate::journey::bind::{self, BindOptions, bind_mission_origin};
use crate::mission;
use crate::mission::metadata::OriginTicket;
use crate::project::Project;
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::ticket_ref::{self, Wanted};
use crate::wire::candidate::OriginCandidate;

/// Arguments of `tracker bind-origin`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("ticket").required(true).args(["key", "candidate"])))]
pub struct Arguments {
    /// Mission: slug, number, or path of its folder
    #[arg(long, visible_alias = "feature", value_name = "M")]
    mission: String,
    /// Ticket: key, provider:KEY or URL
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    #[command(flatten)]
    ticket: TicketArguments,
    /// Repeat an earlier bind with its key
    #[arg(long, value_name = "K")]
    idempotency_key: Option<String>,
    /// Bind the ticket even if it has another mission
    #[arg(long)]
    allow_duplicate: bool,
    #[command(flatten)]
    run: RunArguments,
    #[command(flatten)]
    deliver: DeliverArguments,
}

/// The bind, or with `--dry-run` what would be bound.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct BindOrigin {
    /// The mission's folder.
    feature_dir: String,
    /// The mission.
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
    commit: Option<String>,
    /// Only in a dry run.
    #[serde(flatten)]
    dry_run: Option<DryRun>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DryRun {
    /// Always true.
    dry_run: bool,
    /// The ticket.
    candidate: OriginCandidate,
}

impl Document for BindOrigin {
    const SCHEMA: &'static str = "spec-kitty.bind-origin/1";
}

/// Finds the ticket, asks, binds.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    context.phase.start_reading();
    let project = Project::open_to_commit(&context.world)?;
    let mission = mission::find(&project.root, context.world.directory(), &arguments.mission)?;
    let metadata = mission.load(&project.root)?;
    context.require_home()?;
    let binding = OriginBinding::load(&project.root)?;
    let options = BindOptions {
        idempotency_key: idempotency_key(arguments.idempotency_key)?,
        allow_duplicate: arguments.allow_duplicate,
    };
    let (ticket, run) = (&arguments.ticket, arguments.run);
    let wanted = arguments
        .key
        .as_deref()
        .map(ticket_ref::parse)
        .transpose()?;
    let wanted = wanted.map(Wanted::Ticket);
    ticket.check(wanted.as_ref(), &binding)?;
    let client = ControlPlaneClient::new(context.session()?);
    let choice = ticket.find(wanted, context, &binding, &client)?;
    let slug = metadata.mission_slug();
    let ticket = choice.choose(context, run)?;
    let service = context.binding_service(&project, &binding, &client, run.commit.policy());
    bind::check(service, &mission, &ticket, &options)?;
    if run.dry_run {
        let folder = project.relative(&mission.directory);
        return Ok(plan(context, &project, slug, &folder, &ticket.candidate));
    }
    let effect = format!("Bind it to mission {slug}?");
    choice.confirm(context, &ticket, &effect, run)?;
    context.phase.start_writing();
    let bound = progress::during(&context.ui, "Binding", || {
        bind_mission_origin(service, &mission, &ticket, options)
    })?;
    let undelivered = arguments.deliver.after(context, &project);
    let folder = project.relative(&bound.mission.directory);
    let commit = bound.commits.last();
    let link = bound.bound.as_ref();
    let number = queued_events(&project);
    let answer = BindOrigin {
        feature_dir: folder.clone(),
        feature_slug: slug.to_owned(),
        origin_ticket: bound.metadata.origin_ticket(),
        origin_link_id: link.and_then(|link| link.origin_link_id.clone()),
        bound_at: link.and_then(|link| link.bound_at.clone()),
        event_emitted: bound.event_emitted,
        queued_events: number,
        commit: commit.cloned(),
        dry_run: None,
    };
    let rows = [
        ("mission", slug),
        ("ticket", ticket.candidate.external_issue_key()),
        ("title", ticket.candidate.title()),
        ("url", ticket.candidate.url()),
        ("folder", &folder),
        ("commit", commit.map_or("none", String::as_str)),
        ("queued", &queued(number)),
    ];
    Ok(Outcome::new(answer, record(&context.ui, &rows))
        .warn(bound.warnings)
        .warn(undelivered)
        .warn(context.reminder()))
}

/// The key becomes a header value: printable ASCII, at most 255 characters.
fn idempotency_key(key: Option<String>) -> Result<Option<String>, Failure> {
    let allowed = |key: &String| {
        (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if key.as_ref().is_none_or(allowed) {
        return Ok(key);
    }
    Err(Failure::usage(
        "--idempotency-key must be 1 to 255 printable ASCII characters without spaces",
    ))
}

fn plan(
    context: &Context,
    project: &Project,
    slug: &str,
    folder: &str,
    candidate: &OriginCandidate,
) -> Outcome {
    let answer = BindOrigin {
        feature_dir: folder.to_owned(),
        feature_slug: slug.to_owned(),
        queued_events: queued_events(project),
        dry_run: Some(DryRun {
            dry_run: true,
            candidate: candidate.clone(),
        }),
        ..BindOrigin::default()
    };
    let rows = [
        ("would bind", candidate.external_issue_key()),
        ("title", candidate.title()),
        ("to mission", slug),
    ];
    Outcome::new(answer, record(&context.ui, &rows))
}
