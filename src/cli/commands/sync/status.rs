//! `spec-kitty sync status`.

use serde_json::json;

use crate::auth::server_choice::ServerSource;
use crate::auth::status::look;
use crate::cli::context::{CommandResult, Context};
use crate::cli::outcome::Outcome;
use crate::cli::table::record;
use crate::journey::{Journeys, StoredJourney};
use crate::sync::queue::{Counts, Queue};
use crate::text::{chain, count, span};

/// Arguments of `sync status`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Counts what waits in every project. Reads only, takes no lock, asks no network.
pub(crate) fn run(_arguments: Arguments, context: &Context) -> CommandResult {
    let state_directory = context.world.state_directory();
    let mut total = Counts::default();
    let mut projects = Vec::new();
    for queue in Queue::all(&state_directory)? {
        let counts = queue.counts();
        projects.push(json!({
            "project_uuid": queue.scope(),
            "project_slug": counts.project_slug,
            "pending": counts.pending,
            "dead": counts.dead,
            "oldest": counts.oldest,
            "bytes": counts.bytes,
        }));
        total.add(counts);
    }
    let intents = Journeys::all_projects(&state_directory)?;
    let (session, mut warnings) = match look(&context.world, context.server.as_deref()) {
        Ok(session) => (Some(session), Vec::new()),
        Err(error) => (None, vec![chain(&error)]),
    };
    warnings.append(&mut total.problems);
    warnings.extend(context.reminder());
    let server = session
        .as_ref()
        .and_then(|s| s.server.as_ref())
        .map(ToString::to_string);
    let logged_in = session.as_ref().is_some_and(|s| s.standing.is_logged_in());
    let age = total.oldest.map(|oldest| {
        let age = context.world.now().signed_duration_since(oldest);
        age.num_seconds().max(0).unsigned_abs()
    });
    let fields = json!({
        "pending": total.pending,
        "dead": total.dead,
        "unreadable": total.unreadable,
        "newer_version": total.newer_version,
        "oldest": total.oldest,
        "oldest_age_seconds": age,
        "bytes": total.bytes,
        "projects": projects,
        "intents": intents.iter().map(intent).collect::<Vec<_>>(),
        "server": server,
        "server_source": session.as_ref().and_then(|s| s.server_source).map(ServerSource::as_str),
        "logged_in": logged_in,
        "team_slug": session.as_ref().and_then(|s| s.team_slug.as_ref()),
    });
    let login = match &session {
        Some(_) if logged_in => "logged in",
        Some(_) => "not logged in; run: spec-kitty auth login",
        None => "not known",
    };
    let shown = |number: u64| (number > 0).then(|| number.to_string());
    let rows = [
        ("pending", Some(total.pending.to_string())),
        ("dead", Some(total.dead.to_string())),
        ("unreadable", shown(total.unreadable)),
        ("newer version", shown(total.newer_version)),
        (
            "unfinished",
            shown(intents.len() as u64)
                .map(|number| number + "; run in its project: spec-kitty doctor"),
        ),
        ("oldest", age.map(span)),
        ("bytes", Some(total.bytes.to_string())),
        ("server", server),
        ("session", Some(login.to_owned())),
    ];
    let rows: Vec<_> = rows
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    if total.newer_version > 0 {
        let events = count(total.newer_version, "event");
        warnings.push(format!("{events} written by a newer version wait for it"));
    }
    let text = record(&context.ui, &rows);
    Ok(Outcome::new("spec-kitty.sync-status/1", fields, text).warn(warnings))
}

/// A journey that a crash or failure cut off; running its command again finishes it.
fn intent(stored: &StoredJourney) -> serde_json::Value {
    let journey = stored.journey.as_ref();
    let ticket = journey.and_then(|journey| journey.ticket.as_ref());
    json!({
        "file": stored.path,
        "feature_slug": journey.map(|journey| &journey.mission),
        "external_issue_key": ticket.map(|ticket| ticket.candidate.external_issue_key()),
    })
}
