//! `spec-kitty tracker unbind-origin`.

use serde_json::json;

use crate::cli::{CommandResult, CommitArguments, Context, Outcome, ask, progress, record_known};
use crate::journey::unbind::{Subject, find, unbind_mission_origin};
use crate::project::Project;
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;

const SCHEMA: &str = "spec-kitty.unbind-origin/1";

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
    let fields = json!({
        "mission_id": subject.id(),
        "feature_slug": subject.slug(),
        "feature_dir": folder,
        "origin_ticket": metadata.and_then(|it| it.keys().get("origin_ticket")),
        "commit": unbound.commit,
    });
    let rows = [
        ("unbound", Some(name.clone())),
        ("ticket", subject.ticket().map(str::to_owned)),
        ("folder", folder),
        ("commit", unbound.commit),
    ];
    let text = record_known(&context.ui, rows);
    Ok(Outcome::new(SCHEMA, fields, text).warn(unbound.warnings))
}

fn question(subject: &Subject) -> String {
    let name = &subject.mission.name;
    match (subject.ticket(), &subject.metadata) {
        (Some(key), _) => format!("Unbind {key} from mission {name}?"),
        (None, Some(_)) => format!("Unbind mission {name} on the server?"),
        (None, None) => format!("Unbind mission {name}, which is not here, on the server?"),
    }
}
