//! `spec-kitty tracker bind-origin`.

use serde_json::json;

use crate::cli::commands::sync::{queued, queued_events};
use crate::cli::ticket_arguments::TicketArguments;
use crate::cli::{
    CommandResult, Context, DeliverArguments, Failure, Outcome, RunArguments, progress, record,
};
use crate::journey::bind::{self, BindOptions, bind_mission_origin};
use crate::mission;
use crate::project::Project;
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::ticket_ref::{self, Wanted};
use crate::wire::candidate::OriginCandidate;

const SCHEMA: &str = "spec-kitty.bind-origin/1";

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
    let fields = json!({
        "feature_dir": folder,
        "feature_slug": slug,
        "origin_ticket": bound.metadata.keys().get("origin_ticket"),
        "origin_link_id": link.map(|link| &link.origin_link_id),
        "bound_at": link.map(|link| &link.bound_at),
        "event_emitted": bound.event_emitted,
        "queued_events": number,
        "commit": commit,
    });
    let rows = [
        ("mission", slug),
        ("ticket", ticket.candidate.external_issue_key()),
        ("title", ticket.candidate.title()),
        ("url", ticket.candidate.url()),
        ("folder", &folder),
        ("commit", commit.map_or("none", String::as_str)),
        ("queued", &queued(number)),
    ];
    Ok(Outcome::new(SCHEMA, fields, record(&context.ui, &rows))
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
    let fields = json!({
        "dry_run": true,
        "feature_dir": folder,
        "feature_slug": slug,
        "candidate": candidate,
        "origin_ticket": null,
        "origin_link_id": null,
        "bound_at": null,
        "event_emitted": false,
        "queued_events": queued_events(project),
        "commit": null,
    });
    let rows = [
        ("would bind", candidate.external_issue_key()),
        ("title", candidate.title()),
        ("to mission", slug),
    ];
    Outcome::new(SCHEMA, fields, record(&context.ui, &rows))
}
