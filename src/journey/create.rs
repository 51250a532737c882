//! Creation of a mission: everything is refused before anything is written, the folder appears
//! complete or not at all, and one commit holds it (DESIGN §6).

use std::path::PathBuf;

use chrono::SecondsFormat;
use serde_json::{Value, json};

pub(crate) use super::error::FeatureCreationError;
pub(crate) use super::plan::{CreationOptions, DEFAULT_MISSION_TYPE, PlannedMission, check, plan};
use super::unfinished::wanted;
pub(crate) use super::unfinished::{made_by, unfinished};

use crate::fs::lock;
use crate::git::commit::PathState;
use crate::git::repository::Repository;
use crate::journey::intent::{Creation, Intent, Intents};
use crate::mission::commit::{CommitOptions, commit_files, is_added};
use crate::mission::folder;
use crate::mission::hidden;
use crate::mission::metadata::{Meta, MetadataError};
use crate::mission::number;
use crate::project::Project;
use crate::project::paths::SPECS;
use crate::sync::emitter::{EmitError, Emitter};
use crate::sync::event::FeatureCreated;
use crate::sync::event_id;
use crate::text::{chain, one_line};
use crate::world::World;

/// A mission that was made.
#[derive(Debug, Clone)]
pub(crate) struct FeatureCreationResult {
    /// Names and branches.
    pub plan: PlannedMission,
    /// Its folder, absolute.
    pub feature_dir: PathBuf,
    /// Its metadata.
    pub meta: Meta,
    /// `false` where an earlier, interrupted run had made the folder.
    pub created: bool,
    /// The commit that holds it.
    pub commit: Option<String>,
    /// Whether `FeatureCreated` is durably in the queue.
    pub event_emitted: bool,
    /// What a person should know.
    pub warnings: Vec<String>,
    /// The intent that still stands: the bind has to finish it.
    pub intent: Option<Intent>,
}

impl FeatureCreationResult {
    /// A file of the mission.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.feature_dir.join(name)
    }
}

/// Creates a mission, or finishes one of the same slug whose creation was cut off.
pub(crate) fn create_feature_core(
    world: &World,
    project: &Project,
    slug: &str,
    options: &CreationOptions<'_>,
) -> Result<FeatureCreationResult, FeatureCreationError> {
    check(world, project, slug, options)?;
    let _held = project.lock(world, "mission", &format!("name:{slug}"), options.wait)?;
    create_under_lock(world, project, slug, options)
}

/// [`create_feature_core`] for a caller that keeps others from making the same mission.
pub(crate) fn create_under_lock(
    world: &World,
    project: &Project,
    slug: &str,
    options: &CreationOptions<'_>,
) -> Result<FeatureCreationResult, FeatureCreationError> {
    let repository = super::plan::require_repository(world, project)?;
    // A ticket's mission is its mission whatever number was asked for this time.
    let is_wanted = |intent: &Intent| {
        let number = number::of_folder_name(&intent.feature_slug);
        intent.ticket.is_some() || options.number.is_none_or(|n| number == Some(n))
    };
    let unfinished = unfinished(project, slug, options.ticket, options.duplicate)?;
    let unfinished = unfinished.filter(|(intent, _)| is_wanted(intent));
    if let Some((intent, _)) = &unfinished
        && intent.ticket.is_none()
        && intent.creation.as_ref().is_some_and(|c| c.event_recorded)
        && is_added(world, project, &intent.feature_slug)
    {
        // Its commit was put off, and the user made it: there is nothing left of it to do.
        let intents = Intents::of(project);
        intents.remove(intent).map_err(MetadataError::from)?;
        return create_under_lock(world, project, slug, options);
    }
    if unfinished.is_none() {
        let hidden = hidden::names(world, project)?;
        let mut begun = wanted(project, slug, options.ticket, options.duplicate).into_iter();
        if let Some(intent) = begun.find(|intent| hidden.contains(&intent.feature_slug)) {
            return Err(FeatureCreationError::Hidden(intent.feature_slug));
        }
    }
    let created = unfinished.is_none();
    let (intent, meta, warnings) = match unfinished {
        Some((intent, meta)) => (intent, meta, Vec::new()),
        None => make(world, project, slug, options)?,
    };
    complete(
        world,
        project,
        repository,
        options,
        Made {
            intent,
            meta,
            created,
            warnings,
        },
    )
}

struct Made {
    intent: Intent,
    meta: Meta,
    created: bool,
    warnings: Vec<String>,
}

/// Reserves a number and makes the folder. The intent stands before the folder does, so that a
/// crash in between leaves nothing that is not recognised.
fn make(
    world: &World,
    project: &Project,
    slug: &str,
    options: &CreationOptions<'_>,
) -> Result<(Intent, Meta, Vec<String>), FeatureCreationError> {
    let _held = lock::acquire(world, &project.number_lock_file()?, options.wait)?;
    let plan = plan(world, project, slug, options)?;
    let created_at = world.now().to_rfc3339_opts(SecondsFormat::Micros, true);
    let meta = new_meta(&plan, slug, options, &created_at);
    let intents = Intents::of(project);
    let intent = Intent {
        creation: Some(Creation {
            slug: slug.to_owned(),
            created_at,
            duplicate: options.duplicate,
            event_recorded: false,
        }),
        ticket: options.ticket.cloned(),
        ..intents.begin(&plan.feature_slug)
    };
    let mut warnings = Vec::new();
    if let Err(error) = intents.save(&intent) {
        warnings.push(format!(
            "an interruption could not be healed: {}",
            chain(&error)
        ));
    }
    if let Err(error) = folder::create(&project.root, &plan.feature_slug, &meta) {
        let appeared = project.root.join(SPECS).join(&plan.feature_slug).exists();
        return Err(match error {
            // It is there, if perhaps not durably: its intent finds it again.
            MetadataError::Fs(source) if appeared => FeatureCreationError::NotCommitted {
                feature_slug: plan.feature_slug,
                source: source.into(),
            },
            error => {
                drop(intents.remove(&intent));
                error.into()
            }
        });
    }
    Ok((intent, meta, warnings))
}

fn new_meta(
    plan: &PlannedMission,
    slug: &str,
    options: &CreationOptions<'_>,
    created_at: &str,
) -> Meta {
    let title = options
        .ticket
        .map(|ticket| one_line(ticket.candidate.title()));
    let friendly_name = title
        .filter(|title| !title.is_empty())
        .unwrap_or_else(|| slug.replace('-', " "));
    let mut meta = Meta::new();
    for (key, value) in [
        ("feature_number", plan.feature_number.as_str()),
        ("slug", &plan.feature_slug),
        ("feature_slug", &plan.feature_slug),
        ("friendly_name", &friendly_name),
        ("mission", options.mission_type),
        ("target_branch", &plan.target_branch),
        ("created_at", created_at),
    ] {
        meta.insert(key.to_owned(), value.into());
    }
    if options.mission_type == "documentation" {
        meta.insert("documentation_state".to_owned(), documentation_state());
    }
    meta
}

fn documentation_state() -> Value {
    json!({
        "coverage_percentage": 0.0,
        "divio_types_selected": [],
        "generators_configured": [],
        "iteration_mode": "initial",
        "last_audit_date": null,
        "target_audience": "developers",
    })
}

/// Commits the mission, emits its event, and removes the intent where no bind is to follow.
fn complete(
    world: &World,
    project: &Project,
    repository: &Repository,
    options: &CreationOptions<'_>,
    made: Made,
) -> Result<FeatureCreationResult, FeatureCreationError> {
    let Made {
        mut intent,
        meta,
        created,
        mut warnings,
    } = made;
    let text = |key: &str| {
        meta.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let plan = PlannedMission {
        feature_slug: intent.feature_slug.clone(),
        feature_number: text("feature_number"),
        target_branch: text("target_branch"),
        current_branch: repository.branch.clone().unwrap_or_default(),
    };
    let feature_dir = project.root.join(SPECS).join(&plan.feature_slug);
    let files = folder::FILES.map(|name| feature_dir.join(name));
    let message = format!("Add mission {}", plan.feature_slug);
    let committed = commit_files(
        world,
        project,
        &files,
        &message,
        CommitOptions {
            policy: options.commit,
            state: if created {
                PathState::New
            } else {
                PathState::Begun
            },
            wait: options.wait,
        },
    )
    .map_err(|source| FeatureCreationError::NotCommitted {
        feature_slug: plan.feature_slug.clone(),
        source,
    })?;
    warnings.extend(committed.warning);
    let emitter = Emitter::of_project(world, project, options.team_slug);
    let emitted = emit_created(project, &emitter, &meta, committed.sha.as_deref());
    if let Err(error) = &emitted {
        warnings.push(format!(
            "the FeatureCreated event was not recorded: {}",
            chain(error)
        ));
    }
    let event_emitted = emitted.is_ok();
    if let Some(creation) = &mut intent.creation {
        creation.event_recorded = event_emitted;
    }
    let done = intent.ticket.is_none() && event_emitted && !committed.deferred;
    if intent.ticket.is_none() {
        intent.only_event_missing = !committed.deferred;
        let intents = Intents::of(project);
        let settled = if done {
            intents.remove(&intent)
        } else {
            intents.save(&intent)
        };
        warnings.extend(settled.err().map(|error| chain(&error)));
    }
    Ok(FeatureCreationResult {
        plan,
        feature_dir,
        meta,
        created,
        commit: committed.sha,
        event_emitted,
        warnings,
        intent: (!done).then_some(intent),
    })
}

/// Records the event of a mission's creation; stated twice, it is the same event.
pub(crate) fn emit_created(
    project: &Project,
    emitter: &Emitter<'_>,
    meta: &Meta,
    commit: Option<&str>,
) -> Result<(), EmitError> {
    let text = |key: &str| meta.get(key).and_then(Value::as_str).unwrap_or_default();
    let feature_slug = text("feature_slug");
    let fact = [
        "FeatureCreated",
        &project.identity.project_uuid,
        feature_slug,
    ];
    let id = event_id::of_fact(text("created_at"), &fact);
    let event = FeatureCreated {
        feature_slug,
        feature_number: text("feature_number"),
        target_branch: text("target_branch"),
        wp_count: 0,
    };
    emitter.emit_feature_created(id, &project.git_metadata(commit), &event)
}
