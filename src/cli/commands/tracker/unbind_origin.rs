//! `spec-kitty tracker unbind-origin`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::{CommandResult, CommitArguments, Context, Outcome, ask, progress, record_known};
use crate::journey::unbind::{Subject, find, unbind_mission_origin};
use crate::mission::metadata::{MissionMetadata, OriginTicket};
use crate::project::Project;
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;

/// Arguments of `tracker unbind-origin`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Mission: slug, number, path of its folder, or the id of one that is not here
    #[arg(long, visible_alias = "feature", value_name = "M")]
    mission: String,
    /// Unbind without asking
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    commit: CommitArguments,
}

/// A mission without its ticket.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct UnbindOrigin {
    /// The mission's id on the server: its ULID, or its slug if it has none.
    mission_id: String,
    /// The mission; null if only its id is known.
    feature_slug: Option<String>,
    /// Null if it is not here.
    feature_dir: Option<String>,
    /// What `meta.json` recorded.
    origin_ticket: Option<OriginTicket>,
    commit: Option<String>,
}

impl Document for UnbindOrigin {
    const SCHEMA: &'static str = "spec-kitty.unbind-origin/1";
}

/// Takes the ticket from a mission: on the server first, then in `meta.json`.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    context.phase.start_reading();
    let project = Project::open(&context.world)?;
    let policy = arguments.commit.policy();
    let subject = find(context.service(&project, None, policy), &arguments.mission)?;
    context.require_home()?;
    let binding = OriginBinding::load(&project.root)?;
    let client = ControlPlaneClient::new(context.session()?);
    let service = context.binding_service(&project, &binding, &client, policy);
    let name = &subject.mission.name;
    let what = format!("confirm that mission {name} is to be unbound");
    ask::before_removal(context, arguments.yes, &what, &question(&subject))?;
    context.phase.start_writing();
    let unbound = progress::during(&context.ui, "Unbinding", || {
        unbind_mission_origin(service, &subject)
    })?;
    let metadata = subject.metadata.as_ref();
    let folder = metadata.map(|_| project.relative(&subject.mission.directory));
    let answer = UnbindOrigin {
        mission_id: subject.id().to_owned(),
        feature_slug: subject.slug().map(str::to_owned),
        feature_dir: folder.clone(),
        origin_ticket: metadata.and_then(MissionMetadata::origin_ticket),
        commit: unbound.commit.clone(),
    };
    let rows = [
        ("unbound", Some(name.clone())),
        ("ticket", subject.ticket().map(str::to_owned)),
        ("folder", folder),
        ("commit", unbound.commit),
    ];
    let text = record_known(&context.ui, rows);
    Ok(Outcome::new(answer, text).warn(unbound.warnings))
}

fn question(subject: &Subject) -> String {
    let name = &subject.mission.name;
    match (subject.ticket(), &subject.metadata) {
        (Some(key), _) => format!("Unbind {key} from mission {name}?"),
        (None, Some(_)) => format!("Unbind mission {name} on the server?"),
        (None, None) => format!("Unbind mission {name}, which is not here, on the server?"),
    }
}
