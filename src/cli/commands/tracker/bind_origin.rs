//! `spec-kitty tracker bind-origin`.

use serde_json::{Value, json};

use crate::cli::commit_arguments::CommitArguments;
use crate::cli::context::{CommandResult, Context};
use crate::cli::failure::Failure;
use crate::cli::outcome::Outcome;
use crate::cli::progress;
use crate::cli::table::record;
use crate::cli::ticket_arguments::TicketArguments;
use crate::journey::origin::{
    BindOptions, OriginBinding, Service, bind_mission_origin, lock_ticket,
};
use crate::mission;
use crate::project::Project;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::ticket::Ticket;

/// Arguments of `tracker bind-origin`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("ticket").required(true).args(["key", "candidate"])))]
pub struct Arguments {
    /// The mission: slug, number, or path of its folder
    #[arg(long, visible_alias = "feature", value_name = "M")]
    mission: String,
    /// The ticket's key, provider:KEY or URL
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// The ticket, where it is not named by a reference.
    #[command(flatten)]
    ticket: TicketArguments,
    /// Makes a repeated bind the same bind
    #[arg(long, value_name = "K")]
    idempotency_key: Option<String>,
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

/// Finds the ticket, asks, binds.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    context.phase.start_reading();
    let project = Project::open(&context.world)?;
    let binding = OriginBinding::load(&project.root)?;
    let mission = mission::find(&project.root, context.world.directory(), &arguments.mission)?;
    let meta = mission.load(&project.root)?;
    let options = BindOptions {
        idempotency_key: idempotency_key(arguments.idempotency_key)?,
        commit: arguments.commit.policy(),
        head: None,
    };
    let reference = arguments.key.as_deref();
    arguments.ticket.check(reference, &binding)?;
    let client = ControlPlaneClient::new(context.session()?);
    let choice = arguments
        .ticket
        .find(reference, context, &binding, &client)?;
    let slug = meta.feature_slug();
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
        binding: &binding,
        client: &client,
        wait: context.remaining(),
    };
    context.phase.start_writing();
    let bound = progress::during(&context.ui, "Binding", || {
        let _held = lock_ticket(&service, &ticket)?;
        bind_mission_origin(&service, &mission, &ticket, None, &options)
    })?;
    let folder = project.relative(&bound.feature_dir);
    let fields = json!({
        "feature_dir": folder,
        "feature_slug": bound.feature_slug,
        "origin_ticket": bound.origin_ticket,
        "origin_link_id": bound.origin_link_id,
        "bound_at": bound.bound_at,
        "event_emitted": bound.event_emitted,
        "commit": bound.commit,
    });
    let text = record(
        &context.ui,
        &[
            ("mission", bound.feature_slug),
            ("ticket", ticket.candidate.external_issue_key().to_owned()),
            ("title", ticket.candidate.title().to_owned()),
            ("url", ticket.candidate.url().to_owned()),
            ("folder", folder),
            ("commit", bound.commit.unwrap_or_else(|| "none".to_owned())),
        ],
    );
    Ok(Outcome::new("spec-kitty.bind-origin/1", fields, text)
        .warn(bound.warnings)
        .warn(context.reminder()))
}

/// It goes into a header: printable ASCII, at most 255 characters.
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
