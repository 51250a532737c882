//! `spec-kitty tracker bind-origin`.

use serde_json::{Value, json};

use crate::cli::ticket_arguments::TicketArguments;
use crate::cli::{CommandResult, CommitArguments, Context, Failure, Outcome, progress, record};
use crate::journey::bind::bind_mission_origin;
use crate::journey::{Service, Tracker};
use crate::mission;
use crate::project::Project;
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::ticket::Ticket;

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
    /// Confirm the ticket without asking
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    commit: CommitArguments,
    /// Show what would happen and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Finds the ticket, asks, binds.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    context.phase.start_reading();
    let project = Project::open(&context.world)?;
    let binding = OriginBinding::load(&project.root)?;
    let mission = mission::find(&project.root, context.world.directory(), &arguments.mission)?;
    let metadata = mission.load(&project.root)?;
    let idempotency_key = idempotency_key(arguments.idempotency_key)?;
    let reference = arguments.key.as_deref();
    arguments.ticket.check(reference, &binding)?;
    let client = ControlPlaneClient::new(context.session()?);
    let choice = arguments
        .ticket
        .find(reference, context, &binding, &client)?;
    let slug = metadata.mission_slug();
    if arguments.dry_run {
        return Ok(plan(
            context,
            slug,
            &project.relative(&mission.directory),
            &choice.only()?,
        ));
    }
    let ticket = choice.choose(context, arguments.yes)?;
    choice.confirm(
        context,
        &ticket,
        &format!("Bind it to mission {slug}?"),
        arguments.yes,
    )?;
    let service = Service {
        world: &context.world,
        project: &project,
        team_slug: client.session().team_slug(),
        commit: arguments.commit.policy(),
        wait: context.remaining(),
        tracker: Some(Tracker {
            binding: &binding,
            client: &client,
        }),
    };
    context.phase.start_writing();
    let bound = progress::during(&context.ui, "Binding", || {
        bind_mission_origin(service, &mission, &ticket, idempotency_key)
    })?;
    let folder = project.relative(&bound.mission.directory);
    let commit = bound.commits.last();
    let link = bound.bound.as_ref();
    let fields = json!({
        "feature_dir": folder,
        "feature_slug": slug,
        "origin_ticket": bound.metadata.keys().get("origin_ticket"),
        "origin_link_id": link.map(|link| &link.origin_link_id),
        "bound_at": link.map(|link| &link.bound_at),
        "event_emitted": bound.event_emitted,
        "commit": commit,
    });
    let text = record(
        &context.ui,
        &[
            ("mission", slug.to_owned()),
            ("ticket", ticket.candidate.external_issue_key().to_owned()),
            ("title", ticket.candidate.title().to_owned()),
            ("url", ticket.candidate.url().to_owned()),
            ("folder", folder),
            ("commit", commit.map_or("none", String::as_str).to_owned()),
        ],
    );
    Ok(Outcome::new("spec-kitty.bind-origin/1", fields, text)
        .warn(bound.warnings)
        .warn(context.reminder()))
}

/// The key becomes a header value: printable ASCII, at most 255 characters.
fn idempotency_key(key: Option<String>) -> Result<Option<String>, Failure> {
    match key {
        Some(key)
            if key.is_empty() || key.len() > 255 || !key.bytes().all(|b| b.is_ascii_graphic()) =>
        {
            Err(Failure::usage(
                "--idempotency-key must be 1 to 255 printable ASCII characters without spaces",
            ))
        }
        key => Ok(key),
    }
}

fn plan(context: &Context, slug: &str, folder: &str, ticket: &Ticket) -> Outcome {
    let fields = json!({
        "dry_run": true,
        "feature_dir": folder,
        "feature_slug": slug,
        "candidate": ticket.candidate,
        "origin_ticket": Value::Null,
        "origin_link_id": Value::Null,
        "bound_at": Value::Null,
        "event_emitted": false,
        "commit": Value::Null,
    });
    let text = record(
        &context.ui,
        &[
            (
                "would bind",
                ticket.candidate.external_issue_key().to_owned(),
            ),
            ("title", ticket.candidate.title().to_owned()),
            ("to mission", slug.to_owned()),
        ],
    );
    Outcome::new("spec-kitty.bind-origin/1", fields, text)
}
