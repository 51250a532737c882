//! `spec-kitty agent feature create-feature`: `create_feature_core` as a command, with the JSON keys
//! of its older callers.

use chrono::SecondsFormat;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::{CommandResult, CommitArguments, Context, DeliverArguments, Outcome, record};
use crate::journey::create::create_feature_core;
use crate::journey::{Arrival, DEFAULT_MISSION_TYPE, MissionOptions};
use crate::project::Project;

/// Arguments of `agent feature create-feature`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Slug of the mission: user-auth
    #[arg(value_name = "SLUG")]
    slug: String,
    /// Kind of mission
    #[arg(long, value_name = "T", default_value = DEFAULT_MISSION_TYPE)]
    mission: String,
    /// Branch that receives the finished mission [default: the current one]
    #[arg(long, value_name = "B")]
    target_branch: Option<String>,
    #[command(flatten)]
    commit: CommitArguments,
    #[command(flatten)]
    deliver: DeliverArguments,
}

/// The new mission, with the keys that agents of spec-kitty 3.0 read. Paths are absolute.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CreateFeature {
    /// `061-web-123`.
    feature: String,
    feature_dir: String,
    /// `061`.
    feature_number: Option<String>,
    created_at: String,
    /// The files to fill.
    created_files: Vec<String>,
    /// What to do next.
    next_step: String,
    spec_file: String,
    meta_file: String,
    /// Always `update_existing_files`.
    write_mode: &'static str,
    /// Whether the target branch is the current branch.
    branch_matches_target: bool,
    #[serde(flatten)]
    branches: Branches,
    #[serde(flatten)]
    capitals: Capitals,
    runtime_vars: RuntimeVars,
    branch_context: BranchContext,
    /// The version of this program.
    spec_kitty_version: &'static str,
    /// The commits made.
    commits: Vec<String>,
}

impl Document for CreateFeature {
    const SCHEMA: &'static str = "spec-kitty.create-feature/1";
}

/// The target branch by all its names, and the current branch.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Branches {
    target_branch: String,
    base_branch: String,
    planning_base_branch: String,
    merge_target_branch: String,
    current_branch: String,
    /// Both branches in a sentence.
    branch_strategy_summary: String,
}

/// The same again, for templates.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Capitals {
    branch_matches_target: bool,
    expected_target_branch: String,
    expected_base_branch: String,
    target_branch: String,
    base_branch: String,
    planning_base_branch: String,
    merge_target_branch: String,
    current_branch: String,
    now_utc_iso: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RuntimeVars {
    now_utc_iso: String,
    branch_matches_target: bool,
    #[serde(flatten)]
    branches: Branches,
}

#[derive(Debug, Serialize, JsonSchema)]
struct BranchContext {
    expected_checkout_branch: String,
    matches_target: bool,
    #[serde(flatten)]
    branches: Branches,
}

pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    context.require_home()?;
    let project = Project::open_to_commit(&context.world)?;
    let team_slug = context.team_slug();
    let service = context.service(&project, team_slug.as_deref(), arguments.commit.policy());
    let options = MissionOptions {
        mission_type: arguments.mission,
        target_branch: arguments.target_branch,
        branch: None,
        title: None,
        slug: Some(arguments.slug),
        number: None,
        allow_duplicate: false,
    };
    let made = create_feature_core(service, &options)?;
    let undelivered = arguments.deliver.after(context, &project);
    let folder = made.mission.directory.display().to_string();
    let rows = [
        ("created", made.metadata.mission_slug()),
        ("folder", &folder),
        ("branch", made.text("target_branch")),
        (
            "commit",
            made.commits.first().map_or("none", String::as_str),
        ),
    ];
    let text = record(&context.ui, &rows);
    let now = context
        .world
        .now()
        .to_rfc3339_opts(SecondsFormat::Secs, true);
    let answer = answer(&made, project.current_branch(), now);
    Ok(Outcome::new(answer, text)
        .warn(made.warnings)
        .warn(undelivered)
        .warn(context.reminder()))
}

fn answer(made: &Arrival, current: &str, now: String) -> CreateFeature {
    let target = || made.text("target_branch").to_owned();
    let matches = target() == current;
    let branches = Branches {
        target_branch: target(),
        base_branch: target(),
        planning_base_branch: target(),
        merge_target_branch: target(),
        current_branch: current.to_owned(),
        branch_strategy_summary: if matches {
            format!("Plan on {current}; finished work is merged back into {current}.")
        } else {
            let target = target();
            format!("Planned on {current}; finished work is merged into {target}.")
        },
    };
    let path = |name: &str| made.mission.directory.join(name).display().to_string();
    let (spec_file, meta_file) = (path("spec.md"), path("meta.json"));
    CreateFeature {
        feature: made.metadata.mission_slug().to_owned(),
        feature_dir: made.mission.directory.display().to_string(),
        feature_number: made.metadata.number(),
        created_at: made.metadata.created_at().to_owned(),
        created_files: vec![
            spec_file.clone(),
            meta_file.clone(),
            path("tasks/README.md"),
        ],
        next_step: format!("Read, then update {spec_file} and {meta_file}."),
        spec_file,
        meta_file,
        write_mode: "update_existing_files",
        branch_matches_target: matches,
        branches: branches.clone(),
        capitals: Capitals {
            branch_matches_target: matches,
            expected_target_branch: target(),
            expected_base_branch: target(),
            target_branch: target(),
            base_branch: target(),
            planning_base_branch: target(),
            merge_target_branch: target(),
            current_branch: current.to_owned(),
            now_utc_iso: now.clone(),
        },
        runtime_vars: RuntimeVars {
            now_utc_iso: now,
            branch_matches_target: matches,
            branches: branches.clone(),
        },
        branch_context: BranchContext {
            expected_checkout_branch: target(),
            matches_target: matches,
            branches,
        },
        spec_kitty_version: env!("CARGO_PKG_VERSION"),
        commits: made.commits.clone(),
    }
}
