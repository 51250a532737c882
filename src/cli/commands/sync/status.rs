//! `spec-kitty sync status`.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::server_choice::ServerSource;
use crate::auth::status::{Status, look};
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome, record_known};
use crate::journey::{Journeys, StoredJourney};
use crate::sync::queue::{Counts, Queue};
use crate::text::{chain, span};
use crate::warning::{Warning, WarningCode};

const NOT_LOGGED_IN: &str = "not logged in; run: spec-kitty auth login";

/// The queued events of all projects.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SyncStatus {
    #[serde(flatten)]
    total: Counts,
    /// The age of the oldest queued event.
    oldest_age_seconds: Option<u64>,
    projects: Vec<ProjectAnswer>,
    /// Commands that were cut off.
    intents: Vec<IntentAnswer>,
    /// The server's URL.
    server: Option<String>,
    /// Where the URL came from.
    server_source: Option<&'static str>,
    /// Whether commands can make requests.
    logged_in: bool,
    team_slug: Option<String>,
}

impl Document for SyncStatus {
    const SCHEMA: &'static str = "spec-kitty.sync-status/1";
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Project")]
struct ProjectAnswer {
    project_uuid: String,
    project_slug: Option<String>,
    pending: u64,
    dead: u64,
    oldest: Option<DateTime<Utc>>,
    bytes: u64,
}

/// An interrupted command. Running it again completes it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Intent")]
struct IntentAnswer {
    file: PathBuf,
    feature_slug: Option<String>,
    external_issue_key: Option<String>,
}

/// Counts the events of all projects. Changes nothing, takes no lock and sends no request.
pub(crate) fn run(context: &Context) -> CommandResult {
    let state_directory = context.world.state_directory();
    let mut total = Counts::default();
    let mut projects = Vec::new();
    for queue in Queue::all(&state_directory)? {
        let counts = queue.counts();
        projects.push(ProjectAnswer {
            project_uuid: queue.name(),
            project_slug: counts.project_slug.clone(),
            pending: counts.pending,
            dead: counts.dead,
            oldest: counts.oldest,
            bytes: counts.bytes,
        });
        total.add(counts);
    }
    let journeys = Journeys::all_projects(&state_directory)?.into_iter();
    let intents: Vec<_> = journeys.map(intent).collect();
    let (session, login, mut warnings) = match look(&context.world, context.server.as_deref()) {
        Ok(session) if session.standing.is_logged_in() => (session, "logged in", Vec::new()),
        Ok(session) => (session, NOT_LOGGED_IN, Vec::new()),
        Err(error) => {
            let warning = Warning::new(WarningCode::SessionUnknown, chain(&error));
            (Status::default(), "unknown", vec![warning])
        }
    };
    let problems = std::mem::take(&mut total.problems).into_iter();
    warnings.extend(problems.map(Warning::of(WarningCode::QueueFile)));
    warnings.extend(context.reminder());
    warnings.extend(super::newer_version(total.newer_version));
    let age = total.oldest.map(|oldest| {
        let age = context.world.now().signed_duration_since(oldest);
        age.num_seconds().max(0).unsigned_abs()
    });
    let answer = SyncStatus {
        total,
        oldest_age_seconds: age,
        projects,
        intents,
        logged_in: session.standing.is_logged_in(),
        server_source: session.server_source.map(ServerSource::as_str),
        server: session.server.map(|server| server.to_string()),
        team_slug: session.team_slug,
    };
    let text = record_known(&context.ui, rows(&answer, login));
    Ok(Outcome::new(answer, text).warn(warnings))
}

fn rows(answer: &SyncStatus, login: &str) -> [(&'static str, Option<String>); 9] {
    let positive = |number: u64| (number > 0).then(|| number.to_string());
    let interrupted = positive(answer.intents.len() as u64)
        .map(|number| number + "; run in its project: spec-kitty doctor");
    let total = &answer.total;
    [
        ("queued", Some(total.pending.to_string())),
        ("rejected", Some(total.dead.to_string())),
        ("unreadable", positive(total.unreadable)),
        ("newer version", positive(total.newer_version)),
        ("interrupted", interrupted),
        ("oldest", answer.oldest_age_seconds.map(span)),
        ("bytes", Some(total.bytes.to_string())),
        ("server", answer.server.clone()),
        ("session", Some(login.to_owned())),
    ]
}

fn intent(stored: StoredJourney) -> IntentAnswer {
    let journey = stored.journey.as_ref();
    let ticket = journey.and_then(|journey| journey.ticket.as_ref());
    IntentAnswer {
        external_issue_key: ticket.map(|it| it.candidate.external_issue_key().to_owned()),
        feature_slug: stored.journey.map(|journey| journey.mission),
        file: stored.path,
    }
}
