//! `spec-kitty agent feature create-feature`: `create_feature_core` as a command, with the JSON keys
//! of its older callers.

use chrono::SecondsFormat;
use serde_json::{Map, Value, json};

use crate::cli::commit_arguments::CommitArguments;
use crate::cli::context::{CommandResult, Context};
use crate::cli::outcome::Outcome;
use crate::cli::table::record;
use crate::journey::create::{
    CreationOptions, DEFAULT_MISSION_TYPE, FeatureCreationResult, create_feature_core,
};
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
}

pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let project = Project::open(&context.world)?;
    let team_slug = context.team_slug();
    let options = CreationOptions {
        mission_type: &arguments.mission,
        target_branch: arguments.target_branch.as_deref(),
        number: None,
        slug_must_be_free: false,
        ticket: None,
        duplicate: false,
        team_slug: team_slug.as_deref(),
        commit: arguments.commit.policy(),
        wait: context.remaining(),
    };
    let made = create_feature_core(&context.world, &project, &arguments.slug, &options)?;
    let now = context
        .world
        .now()
        .to_rfc3339_opts(SecondsFormat::Secs, true);
    let text = record(
        &context.ui,
        &[
            ("created", made.plan.feature_slug.clone()),
            ("folder", made.feature_dir.display().to_string()),
            ("branch", made.plan.target_branch.clone()),
            (
                "commit",
                made.commit.clone().unwrap_or_else(|| "none".to_owned()),
            ),
        ],
    );
    Ok(
        Outcome::new("spec-kitty.create-feature/1", fields(&made, &now), text)
            .warn(made.warnings)
            .warn(context.reminder()),
    )
}

fn fields(made: &FeatureCreationResult, now: &str) -> Value {
    let target = made.plan.target_branch.as_str();
    let current = made.plan.current_branch.as_str();
    let matches = target == current;
    let summary = if matches {
        format!("Plan on {current}; finished work is merged back into {target}.")
    } else {
        format!("Planned on {current}; finished work is merged into {target}.")
    };
    let mut branches = Map::new();
    for key in [
        "target_branch",
        "base_branch",
        "planning_base_branch",
        "merge_target_branch",
    ] {
        branches.insert(key.to_owned(), target.into());
    }
    branches.insert("current_branch".to_owned(), current.into());
    branches.insert("branch_strategy_summary".to_owned(), summary.clone().into());

    let mut runtime = branches.clone();
    runtime.insert("now_utc_iso".to_owned(), now.into());
    runtime.insert("branch_matches_target".to_owned(), matches.into());
    let mut branch_context = branches.clone();
    branch_context.insert("expected_checkout_branch".to_owned(), target.into());
    branch_context.insert("matches_target".to_owned(), matches.into());

    let path = |name: &str| made.file(name).display().to_string();
    let (spec_file, meta_file) = (path("spec.md"), path("meta.json"));
    let next_step = format!("Read, then update {spec_file} and {meta_file}.");
    let mut fields = json!({
        "feature": made.plan.feature_slug,
        "feature_dir": made.feature_dir.display().to_string(),
        "feature_number": made.plan.feature_number,
        "created_at": made.meta.get("created_at"),
        "created_files": [spec_file, meta_file, path("tasks/README.md")],
        "spec_file": spec_file,
        "meta_file": meta_file,
        "write_mode": "update_existing_files",
        "next_step": next_step,
        "branch_matches_target": matches,
        "BRANCH_MATCHES_TARGET": matches,
        "EXPECTED_TARGET_BRANCH": target,
        "EXPECTED_BASE_BRANCH": target,
        "NOW_UTC_ISO": now,
        "runtime_vars": runtime,
        "branch_context": branch_context,
        "spec_kitty_version": env!("CARGO_PKG_VERSION"),
        "commits": made.commit.iter().collect::<Vec<_>>(),
    });
    if let Value::Object(fields) = &mut fields {
        for (key, value) in branches {
            if key != "branch_strategy_summary" {
                fields.insert(key.to_uppercase(), value.clone());
            }
            fields.insert(key, value);
        }
    }
    fields
}
