//! `spec-kitty agent feature create-feature`: `create_feature_core` as a command, with the JSON keys
//! of its older callers.

use chrono::SecondsFormat;
use serde_json::{Value, json};

use crate::cli::{
    CommandResult, CommitArguments, Context, DeliverArguments, Outcome, merged, record,
};
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
    let fields = fields(&made, project.current_branch(), &now);
    Ok(Outcome::new("spec-kitty.create-feature/1", fields, text)
        .warn(made.warnings)
        .warn(undelivered)
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
    let branches = json!({
        "target_branch": target,
        "base_branch": target,
        "planning_base_branch": target,
        "merge_target_branch": target,
        "current_branch": current,
        "branch_strategy_summary": summary,
    });
    let runtime = json!({"now_utc_iso": now, "branch_matches_target": matches});
    let branch_context = json!({"expected_checkout_branch": target, "matches_target": matches});
    let path = |name: &str| made.mission.directory.join(name).display().to_string();
    let (spec_file, meta_file) = (path("spec.md"), path("meta.json"));
    let fields = json!({
        "feature": made.metadata.mission_slug(),
        "feature_dir": made.mission.directory.display().to_string(),
        "feature_number": made.metadata.number(),
        "created_at": made.metadata.created_at(),
        "created_files": [spec_file, meta_file, path("tasks/README.md")],
        "next_step": format!("Read, then update {spec_file} and {meta_file}."),
        "spec_file": spec_file,
        "meta_file": meta_file,
        "write_mode": "update_existing_files",
        "branch_matches_target": matches,
        "BRANCH_MATCHES_TARGET": matches,
        "EXPECTED_TARGET_BRANCH": target,
        "EXPECTED_BASE_BRANCH": target,
        "TARGET_BRANCH": target,
        "BASE_BRANCH": target,
        "PLANNING_BASE_BRANCH": target,
        "MERGE_TARGET_BRANCH": target,
        "CURRENT_BRANCH": current,
        "NOW_UTC_ISO": now,
        "runtime_vars": merged(runtime, &branches),
        "branch_context": merged(branch_context, &branches),
        "spec_kitty_version": env!("CARGO_PKG_VERSION"),
        "commits": made.commits,
    });
    merged(fields, &branches)
}
