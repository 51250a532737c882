//! `spec-kitty agent feature create-feature`: `create_feature_core` as a command, with the JSON keys
//! of its older callers.

use chrono::SecondsFormat;
use serde_json::{Map, Value, json};

use crate::cli::{CommandResult, CommitArguments, Context, Outcome, record};
use crate::journey::create::create_feature_core;
use crate::journey::{Arrival, DEFAULT_MISSION_TYPE, MissionOptions, Service};
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
    let service = Service {
        world: &context.world,
        project: &project,
        team_slug: team_slug.as_deref(),
        commit: arguments.commit.policy(),
        wait: context.remaining(),
        tracker: None,
    };
    let options = MissionOptions {
        mission_type: arguments.mission,
        target_branch: arguments.target_branch,
        slug: Some(arguments.slug),
        number: None,
        allow_duplicate: false,
    };
    let made = create_feature_core(service, &options)?;
    let current = project.current_branch();
    let now = context
        .world
        .now()
        .to_rfc3339_opts(SecondsFormat::Secs, true);
    let text = record(
        &context.ui,
        &[
            ("created", made.metadata.mission_slug().to_owned()),
            ("folder", made.mission.directory.display().to_string()),
            ("branch", made.text("target_branch").to_owned()),
            (
                "commit",
                made.commits
                    .first()
                    .map_or("none", String::as_str)
                    .to_owned(),
            ),
        ],
    );
    Ok(Outcome::new(
        "spec-kitty.create-feature/1",
        fields(&made, current, &now),
        text,
    )
    .warn(made.warnings)
    .warn(context.reminder()))
}

fn fields(made: &Arrival, current: &str, now: &str) -> Value {
    let target = made.text("target_branch");
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

    let path = |name: &str| made.mission.directory.join(name).display().to_string();
    let (spec_file, meta_file) = (path("spec.md"), path("meta.json"));
    let next_step = format!("Read, then update {spec_file} and {meta_file}.");
    let mut fields = json!({
        "feature": made.metadata.mission_slug(),
        "feature_dir": made.mission.directory.display().to_string(),
        "feature_number": made.text("feature_number"),
        "created_at": made.metadata.created_at(),
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
        "commits": made.commits,
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
