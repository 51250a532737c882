//! Creation of a mission: everything is refused before anything is written, the folder appears
//! complete or not at all, and one commit holds it (DESIGN §6).

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::feature_number::{self, numbered_folders};
use super::mission_commit::{CommitOptions, CommitPolicy, commit_files};
use super::mission_folder;
use super::missions::without_number;
use super::paths::SPECS;
use super::project::Project;
use super::slug;
use crate::feature_metadata::{Meta, MetaError, load};
use crate::fs::FsError;
use crate::fs::lock::LockError;
use crate::git::commit::CommitError;
use crate::git::repository::Repository;
use crate::sync::emitter::{EmitError, Emitter};
use crate::sync::event::FeatureCreated;
use crate::sync::event_id;
use crate::sync::intent::{Creation, Intent, Ticket};
use crate::text::{chain, one_line};
use crate::world::World;

/// The kind of mission that is made unless another is asked for.
pub const DEFAULT_MISSION_TYPE: &str = "software-dev";

/// What may be chosen about a new mission.
#[derive(Debug, Clone, Copy)]
pub struct CreationOptions<'a> {
    /// `software-dev`, `documentation`, …
    pub mission_type: &'a str,
    /// The branch it is meant to land on; the one checked out where `None`.
    pub target_branch: Option<&'a str>,
    /// A number that must be free; the next one where `None`.
    pub number: Option<u64>,
    /// The slug was asked for by name, so a mission that has it already is a conflict.
    pub slug_must_be_free: bool,
    /// The ticket the mission is for.
    pub ticket: Option<&'a Ticket>,
    /// Go on with a mission whose creation was cut off, instead of making another.
    pub resume: bool,
    /// The team of the session, for the event.
    pub team_slug: Option<&'a str>,
    /// Whether and how to commit.
    pub commit: CommitPolicy,
    /// How long to wait for other processes.
    pub wait: Duration,
}

/// A mission that would be made: all that can be refused has not been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedMission {
    /// `061-web-123`.
    pub feature_slug: String,
    /// `061`.
    pub feature_number: String,
    /// The branch it is meant to land on.
    pub target_branch: String,
    /// The branch checked out.
    pub current_branch: String,
}

/// A mission that was made.
#[derive(Debug, Clone)]
pub struct FeatureCreationResult {
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
    pub fn file(&self, name: &str) -> PathBuf {
        self.feature_dir.join(name)
    }
}

/// Why a mission was not made.
#[derive(Debug, thiserror::Error)]
pub enum FeatureCreationError {
    /// The slug is not kebab-case.
    #[error(
        "Invalid feature slug {0:?}: use lower-case words joined by hyphens, a letter first; \
         valid: user-auth, fix-bug-123; invalid: User-Auth, user_auth, 123-fix"
    )]
    InvalidSlug(String),
    /// The mission type is no name.
    #[error("invalid mission type {0:?}: use a name such as software-dev or documentation")]
    InvalidMissionType(String),
    /// The target branch is no branch name.
    #[error("{0:?} is not a valid branch name")]
    InvalidBranch(String),
    /// There is no git repository with a work tree.
    #[error("{} is not in a git repository with a work tree; a mission needs one", .0.display())]
    NotARepository(PathBuf),
    /// HEAD is detached.
    #[error("no branch is checked out (detached HEAD); a mission needs a branch")]
    DetachedHead,
    /// A linked work tree, or a folder below `.worktrees/`.
    #[error("{} is inside a git worktree; missions are made in the main checkout", .0.display())]
    InsideWorktree(PathBuf),
    /// `kitty-specs` is no folder of this project.
    #[error("kitty-specs {0}")]
    SpecsUnusable(&'static str),
    /// The number is in use.
    #[error("mission number {number} is taken by {by}")]
    NumberTaken {
        /// As missions carry it.
        number: String,
        /// The folder that has it.
        by: String,
    },
    /// The slug is in use.
    #[error("the slug {slug} is taken by {by}")]
    SlugTaken {
        /// The slug.
        slug: String,
        /// The folder that has it.
        by: String,
    },
    /// The files could not be written.
    #[error(transparent)]
    Meta(#[from] MetaError),
    /// A folder could not be read or written.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// Other processes held a lock for too long.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The mission is there, but not committed: the same command goes on from here.
    #[error("mission {feature_slug} was created, but not committed")]
    NotCommitted {
        /// The mission.
        feature_slug: String,
        /// Why.
        source: CommitError,
    },
}

/// Creates a mission, or finishes one of the same slug whose creation was cut off.
pub fn create_feature_core(
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
pub fn create_under_lock(
    world: &World,
    project: &Project,
    slug: &str,
    options: &CreationOptions<'_>,
) -> Result<FeatureCreationResult, FeatureCreationError> {
    let repository = require_repository(world, project)?;
    let has_number = |intent: &Intent| {
        options
            .number
            .is_none_or(|n| feature_number::of_folder_name(&intent.feature_slug) == Some(n))
    };
    let unfinished = if options.resume {
        unfinished(project, slug, options.ticket)
    } else {
        None
    }
    .filter(|(intent, _)| has_number(intent));
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

/// Refuses whatever can be refused and says what would be made. Writes nothing.
pub fn plan(
    world: &World,
    project: &Project,
    slug: &str,
    options: &CreationOptions<'_>,
) -> Result<PlannedMission, FeatureCreationError> {
    let Branches { current, target } = check(world, project, slug, options)?;
    let feature_number = feature_number::padded(choose_number(&project.root, slug, options)?);
    Ok(PlannedMission {
        feature_slug: format!("{feature_number}-{slug}"),
        feature_number,
        target_branch: target,
        current_branch: current,
    })
}

/// The branches of a mission to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branches {
    /// The one checked out.
    pub current: String,
    /// The one the mission is meant to land on.
    pub target: String,
}

/// Refuses what is wrong whatever missions there are: slug, type, repository, branch.
pub fn check(
    world: &World,
    project: &Project,
    slug: &str,
    options: &CreationOptions<'_>,
) -> Result<Branches, FeatureCreationError> {
    if !slug::is_valid(slug) {
        return Err(FeatureCreationError::InvalidSlug(slug.to_owned()));
    }
    if !slug::is_valid(options.mission_type) {
        return Err(FeatureCreationError::InvalidMissionType(
            options.mission_type.to_owned(),
        ));
    }
    let repository = require_repository(world, project)?;
    let current = repository
        .branch
        .clone()
        .ok_or(FeatureCreationError::DetachedHead)?;
    let target = options.target_branch.unwrap_or(&current).to_owned();
    if !is_branch_name(&target) {
        return Err(FeatureCreationError::InvalidBranch(target));
    }
    check_specs(&project.root)?;
    Ok(Branches { current, target })
}

fn require_repository<'a>(
    world: &World,
    project: &'a Project,
) -> Result<&'a Repository, FeatureCreationError> {
    let Some(repository) = &project.repository else {
        return Err(FeatureCreationError::NotARepository(project.root.clone()));
    };
    let here =
        std::fs::canonicalize(world.directory()).unwrap_or_else(|_| world.directory().to_owned());
    let below_worktrees = here
        .components()
        .any(|part| part.as_os_str() == ".worktrees");
    if repository.is_linked_worktree() || below_worktrees {
        return Err(FeatureCreationError::InsideWorktree(here));
    }
    Ok(repository)
}

/// `kitty-specs` must be a folder of this project, or not there yet.
fn check_specs(root: &Path) -> Result<(), FeatureCreationError> {
    let specs = root.join(SPECS);
    match std::fs::symlink_metadata(&specs) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(FsError::on("look at", &specs)(error).into()),
        Ok(found) if found.is_dir() => Ok(()),
        Ok(found) if found.is_symlink() => Err(FeatureCreationError::SpecsUnusable(
            "is a symbolic link; git cannot commit below it",
        )),
        Ok(_) => Err(FeatureCreationError::SpecsUnusable("is not a folder")),
    }
}

fn choose_number(
    root: &Path,
    slug: &str,
    options: &CreationOptions<'_>,
) -> Result<u64, FeatureCreationError> {
    let missions = numbered_folders(&root.join(SPECS))?;
    if options.slug_must_be_free
        && let Some((_, by)) = missions
            .iter()
            .find(|(_, name)| without_number(name) == slug)
    {
        return Err(FeatureCreationError::SlugTaken {
            slug: slug.to_owned(),
            by: by.clone(),
        });
    }
    let Some(number) = options.number else {
        return Ok(feature_number::next(root)?);
    };
    let worktrees = numbered_folders(&root.join(".worktrees"))?;
    match missions
        .iter()
        .chain(&worktrees)
        .find(|(taken, _)| *taken == number)
    {
        Some((_, by)) => Err(FeatureCreationError::NumberTaken {
            number: feature_number::padded(number),
            by: by.clone(),
        }),
        None => Ok(number),
    }
}

/// The rules of `git check-ref-format --branch` that a name can break by itself.
fn is_branch_name(name: &str) -> bool {
    let bad = |c: char| c.is_control() || c == ' ' || "~^:?*[\\".contains(c);
    !name.is_empty()
        && name != "@"
        && name != "HEAD"
        && !name.starts_with('-')
        && !name.ends_with('.')
        && !name.contains(bad)
        && !name.contains("..")
        && !name.contains("@{")
        && name.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with('.')
                && !part.to_ascii_lowercase().ends_with(".lock")
        })
}

/// The intent and metadata of a mission of this slug or ticket whose creation was cut off after
/// its folder appeared. Intents whose folder never did are removed.
fn unfinished(project: &Project, slug: &str, ticket: Option<&Ticket>) -> Option<(Intent, Meta)> {
    let intents = project.intents();
    let wanted = |intent: &Intent| match (&intent.creation, &intent.ticket, ticket) {
        (Some(_), Some(theirs), Some(ours)) => theirs.is_same(ours),
        (Some(creation), None, None) => creation.slug == slug,
        _ => false,
    };
    for intent in intents.understood().into_iter().filter(wanted) {
        match made_by(project, &intent) {
            Some(meta) => return Some((intent, meta)),
            // Best effort: one that cannot be removed is passed over again next time.
            None => drop(intents.remove(&intent)),
        }
    }
    None
}

/// The metadata of the mission an intent made, if its folder is there.
pub fn made_by(project: &Project, intent: &Intent) -> Option<Meta> {
    let creation = intent.creation.as_ref()?;
    let directory = project
        .root
        .join(SPECS)
        .join(Path::new(&intent.feature_slug).file_name()?);
    let document = load(&directory.join("meta.json")).ok()?;
    (document.text("created_at") == Some(&creation.created_at)).then(|| document.keys().clone())
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
    let _held = project.lock(world, "number", "", options.wait)?;
    let plan = plan(world, project, slug, options)?;
    let created_at = world.now().to_rfc3339_opts(SecondsFormat::Micros, true);
    let meta = new_meta(&plan, slug, options, &created_at);
    let intent = Intent {
        feature_slug: plan.feature_slug.clone(),
        creation: Some(Creation {
            slug: slug.to_owned(),
            created_at,
        }),
        ticket: options.ticket.cloned(),
        attempt: None,
        event_recorded: false,
    };
    let mut warnings = Vec::new();
    if let Err(error) = project.intents().save(&intent) {
        warnings.push(format!(
            "an interruption could not be healed: {}",
            chain(&error)
        ));
    }
    if let Err(error) = mission_folder::create(&project.root, &plan.feature_slug, &meta) {
        drop(project.intents().remove(&intent));
        return Err(error.into());
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
        intent,
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
    let files = mission_folder::FILES.map(|name| feature_dir.join(name));
    let message = format!("Add mission {}", plan.feature_slug);
    let committed = commit_files(
        world,
        project,
        &files,
        &message,
        CommitOptions {
            policy: options.commit,
            new: created,
        },
    )
    .map_err(|source| FeatureCreationError::NotCommitted {
        feature_slug: plan.feature_slug.clone(),
        source,
    })?;
    warnings.extend(committed.warning);
    let emitter = project.emitter(world, options.team_slug);
    let emitted = emit_created(project, &emitter, &meta, committed.sha.as_deref());
    if let Err(error) = &emitted {
        warnings.push(format!(
            "the FeatureCreated event was not recorded: {}",
            chain(error)
        ));
    }
    let event_emitted = emitted.is_ok();
    let done = intent.ticket.is_none() && event_emitted;
    if done && let Err(error) = project.intents().remove(&intent) {
        warnings.push(chain(&error));
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
pub fn emit_created(
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branch_names() {
        for good in ["main", "feature/x", "release-1.2", "ümlaut"] {
            assert!(is_branch_name(good), "{good}");
        }
        for bad in [
            "", "-x", "a b", "a..b", "a~1", "x.lock", "/a", "a/", "a//b", ".a", "@", "a@{1}",
            "a\n", "HEAD",
        ] {
            assert!(!is_branch_name(bad), "{bad:?}");
        }
    }
}
