//! `spec-kitty mission show`.

use schemars::JsonSchema;
use serde::Serialize;

use super::select;
use crate::cli::document::Document;
use crate::cli::ticket_arguments::look_up;
use crate::cli::{Cell, Code, CommandResult, Context, Failure, Hint, Outcome, record_known};
use crate::journey::overview::{self, MissionDetails, OriginState};
use crate::mission::metadata::OriginTicket;
use crate::project::Project;
use crate::text::{count, shell_word};
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::ticket_change::TicketChange;

/// Arguments of `mission show`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Mission: slug, number, or path of its folder [default: the current folder's]
    #[arg(value_name = "M")]
    mission: Option<String>,
    /// Ask the server whether the ticket has changed since
    #[arg(long)]
    refresh: bool,
}

/// One mission.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MissionShow {
    mission: Mission,
}

impl Document for MissionShow {
    const SCHEMA: &'static str = "spec-kitty.mission-show/1";
}

#[derive(Debug, Serialize, JsonSchema)]
struct Mission {
    #[serde(flatten)]
    details: MissionDetails,
    /// Only with `--refresh`: what has changed in the ticket since the mission began.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<TicketChange>,
}

/// Shows one mission. Sends a request only with `--refresh`.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    context.phase.start_reading();
    let project = Project::open(&context.world)?;
    let mission = select(context, &project, arguments.mission.as_deref())?;
    let details = overview::mission(&project, &mission)?;
    let changed = if arguments.refresh {
        Some(compare(context, &project, &details)?)
    } else {
        None
    };
    let text = text(context, &details, changed);
    let mission = Mission { details, changed };
    Ok(Outcome::new(MissionShow { mission }, text).paged())
}

/// The ticket of a mission.
pub(super) fn origin_of(details: &MissionDetails) -> Result<&OriginTicket, Failure> {
    let overview = &details.overview;
    overview.origin_ticket.as_ref().ok_or_else(|| {
        let slug = &overview.feature_slug;
        let message = match overview.origin {
            OriginState::Unfinished => format!("the bind of mission {slug} is not finished"),
            OriginState::Bound | OriginState::None => format!("mission {slug} has no ticket"),
        };
        let key = overview.awaited_key.as_deref().unwrap_or("KEY");
        let bind = "spec-kitty tracker bind-origin --mission";
        let command = format!("{bind} {} --key {}", shell_word(slug), shell_word(key));
        let hint = match overview.awaited_key {
            Some(_) => Hint::run(command),
            None => Hint::template(command),
        };
        Failure::new(Code::OriginNotFound, message).hint(hint)
    })
}

/// Asks the server for the ticket, and compares.
fn compare(
    context: &Context,
    project: &Project,
    details: &MissionDetails,
) -> Result<TicketChange, Failure> {
    let origin = origin_of(details)?;
    let binding = OriginBinding::load(&project.root)?;
    binding.require(Some(origin.provider.parse()?))?;
    let client = ControlPlaneClient::new(context.session()?);
    let (key, id) = (&origin.external_issue_key, &origin.external_issue_id);
    let now = look_up(context, &binding, &client, key, id)?;
    Ok(TicketChange::since(origin, &details.ticket, &now))
}

fn text(context: &Context, details: &MissionDetails, changed: Option<TicketChange>) -> String {
    let overview = &details.overview;
    let origin = overview.origin_ticket.as_ref();
    let pending = details.pending_events;
    let url = origin.map_or("", |it| &it.external_issue_url);
    let rows = [
        ("mission", Some(overview.feature_slug.clone())),
        ("title", Some(overview.friendly_name.clone())),
        ("origin", Some(overview.origin.as_str().to_owned())),
        ("ticket", overview.ticket_key().map(str::to_owned)),
        ("url", origin.map(|it| it.external_issue_url.clone())),
        ("changed", changed.map(changes)),
        ("branch", Some(overview.target_branch.clone())),
        ("created", Some(overview.created_at.clone())),
        ("folder", Some(overview.feature_dir.clone())),
        ("ticket file", details.ticket_file.clone()),
        ("queued", (pending > 0).then(|| count(pending, "event"))),
    ];
    let linked = |(label, text): (_, Option<String>)| {
        let is_link = matches!(label, "ticket" | "url");
        let address = if is_link { url } else { "" };
        (label, text.map(|text| Cell::linked(text, address)))
    };
    record_known(&context.ui, rows.map(linked))
}

/// What has changed, in words.
fn changes(changed: TicketChange) -> String {
    let parts = [
        ("title", changed.title),
        ("status", changed.status),
        ("body", changed.body),
    ];
    let changed = parts.into_iter().filter(|(_, changed)| *changed);
    match changed.map(|(name, _)| name).collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "no".to_owned(),
        names => names,
    }
}
