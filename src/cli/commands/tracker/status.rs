//! `spec-kitty tracker status`.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::server_choice::{Server, ServerSource};
use crate::auth::status::{Status, look};
use crate::cli::commands::auth::status as session;
use crate::cli::commands::sync::total;
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Failure, Outcome, progress, record_known};
use crate::control_plane::default_data_directory;
use crate::control_plane::store::Store;
use crate::project::paths::find_root;
use crate::settings;
use crate::sync::queue::{Counts, Queue, reminder};
use crate::text::{count, one_line};
use crate::tracker::binding::{self, TrackerBinding};
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::warning::{Warning, WarningCode};
use crate::wire::response::Mapping;

/// Tracker, server, session and queue.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TrackerStatus {
    /// Whether a tracker is bound.
    bound: bool,
    /// As the file says.
    provider: Option<String>,
    /// The project's name on the server.
    project_slug: Option<String>,
    /// The server's reference instead of a name.
    binding_ref: Option<String>,
    /// Whether a ticket of this provider can be an origin.
    origin_supported: bool,
    /// The server's connection to the tracker; null if it has none or does not tell.
    connection: Option<String>,
    /// The key of the team or project that the connection reads.
    resource_key: Option<String>,
    /// The server's URL, or `local`.
    server: Option<String>,
    /// Where the URL came from.
    server_source: Option<&'static str>,
    /// Whether commands can make requests.
    logged_in: bool,
    /// `logged_in`, `environment_token`, `local`, `logged_out`, `expired` or `other_server`.
    standing: &'static str,
    username: Option<String>,
    team_slug: Option<String>,
    /// Queued events of all projects.
    pending: u64,
    /// Rejected events of all projects.
    dead: u64,
    /// The time of the oldest queued event.
    oldest: Option<DateTime<Utc>>,
}

impl Document for TrackerStatus {
    const SCHEMA: &'static str = "spec-kitty.tracker-status/1";
}

/// Shows tracker, server, session and queued events. It only reads and starts no process. Everything
/// but the connection is known without the server.
pub(crate) fn run(context: &Context) -> CommandResult {
    let world = &context.world;
    let state_directory = world.state_directory();
    let binding = binding::load(&find_root(world)?)?;
    let status = look(world, context.server.as_deref())?;
    let settings = settings::load(world)?;
    let queue = total(&Queue::all(&state_directory)?);

    let unsupported = binding.as_ref().and_then(|it| it.origin_provider().err());
    let unsupported = unsupported.map(|error| {
        let failure = Failure::from(error);
        let hint = failure.hint.map(|hint| format!("; {hint}"));
        failure.message + &hint.unwrap_or_default()
    });
    let bound = binding.as_ref();
    let mapping = bound.and_then(|binding| mapping(context, binding, &status));
    let mapping = mapping.unwrap_or_default();
    let answer = TrackerStatus {
        bound: bound.is_some(),
        provider: bound.map(|binding| binding.provider.clone()),
        project_slug: bound.and_then(|binding| binding.project_slug.clone()),
        binding_ref: bound.and_then(|binding| binding.binding_ref.clone()),
        origin_supported: bound.is_some() && unsupported.is_none(),
        connection: mapping.connection.clone(),
        resource_key: mapping.resource_key.clone(),
        server: status.server.as_ref().map(ToString::to_string),
        server_source: status.server_source.map(ServerSource::as_str),
        logged_in: status.standing.is_logged_in(),
        standing: session::word(&status.standing),
        username: status.username.clone(),
        team_slug: status.team_slug.clone(),
        pending: queue.pending,
        dead: queue.dead,
        oldest: queue.oldest,
    };
    let waiting = reminder(world, &state_directory, settings.max_queue_size);
    let text = text(context, bound, &mapping, &status, &queue);
    Ok(Outcome::new(answer, text)
        .warn(unsupported.map(|it| Warning::new(WarningCode::UnsupportedProvider, one_line(&it))))
        .warn(session::other_server(&status.standing))
        .warn(waiting.map(Warning::of(WarningCode::EventsWaiting))))
}

/// What the server says about the project; `None` if it does not, for whatever reason.
fn mapping(context: &Context, binding: &TrackerBinding, status: &Status) -> Option<Mapping> {
    let world = &context.world;
    let is_empty =
        status.server == Some(Server::Local) && !Store::exists(&default_data_directory(world));
    if is_empty || !status.standing.is_logged_in() {
        return None;
    }
    let project = match (&binding.binding_ref, &binding.project_slug) {
        (Some(reference), _) => ("binding_ref", &**reference),
        (None, slug) => ("project_slug", slug.as_deref()?),
    };
    let provider = binding.origin_provider().ok()?;
    let client = ControlPlaneClient::new(context.session().ok()?);
    let ask = || client.mapping(provider, project);
    progress::during(&context.ui, "Asking the server", ask).ok()?
}

fn text(
    context: &Context,
    binding: Option<&TrackerBinding>,
    mapping: &Mapping,
    status: &Status,
    queue: &Counts,
) -> String {
    let not_bound = "not bound; run: spec-kitty tracker bind --help";
    let tracker = binding.map_or(not_bound, |binding| &binding.provider);
    let server = match &status.server {
        Some(server) => server.to_string(),
        None => "not configured; run: spec-kitty auth login --server URL".to_owned(),
    };
    let project = binding.and_then(|binding| binding.project().map(str::to_owned));
    let queued = format!("{} queued", count(queue.pending, "event"));
    let rejected = (queue.dead > 0).then(|| count(queue.dead, "event"));
    let rows = [
        ("tracker", Some(tracker.to_owned())),
        ("project", project),
        ("connection", connection(mapping)),
        ("server", Some(server)),
        (
            "session",
            Some(session::sentence(&status.standing).to_owned()),
        ),
        ("user", status.username.clone()),
        ("team", status.team_slug.clone()),
        ("queue", Some(queued)),
        ("oldest", queue.oldest.map(session::time)),
        ("rejected", rejected),
    ];
    record_known(&context.ui, rows)
}

/// The name of the connection, and what it reads.
fn connection(mapping: &Mapping) -> Option<String> {
    let name = mapping.connection.as_ref()?;
    Some(one_line(&match &mapping.resource_key {
        Some(key) => format!("{name} ({key})"),
        None => name.clone(),
    }))
}
