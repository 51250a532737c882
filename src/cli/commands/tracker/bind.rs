//! `spec-kitty tracker bind`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::ticket_arguments::provider_argument;
use crate::cli::{CommandResult, Context, Outcome};
use crate::project::Project;
use crate::project::config::CONFIG_FILE;
use crate::text::one_line;
use crate::tracker::binding;
use crate::wire::Provider;

/// Arguments of `tracker bind`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Tracker of the tickets
    #[arg(long, value_name = "PROVIDER", value_parser = provider_argument(), ignore_case = true)]
    pub provider: Provider,
    /// Name of the project on the control plane
    #[arg(long, value_name = "SLUG", value_parser = project_slug)]
    pub project_slug: String,
}

/// The project's tracker.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TrackerBind {
    provider: Provider,
    /// The project's name on the server.
    project_slug: String,
    /// The file that holds the binding.
    config_file: &'static str,
    /// Whether the file changed.
    changed: bool,
}

impl Document for TrackerBind {
    const SCHEMA: &'static str = "spec-kitty.tracker-bind/1";
}

/// Writes the `tracker` block of `.kittify/config.yaml`.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let Arguments {
        provider,
        project_slug,
    } = arguments;
    let world = &context.world;
    let project = Project::open(world)?;
    let shared = project.shared_directory();
    let changed = binding::bind(world, &project.root, &shared, provider, &project_slug)?;
    let name = one_line(&project_slug);
    let title = provider.title();
    let text = match (context.ui.stdout_is_terminal(), changed) {
        (false, _) => format!("{provider}\t{name}\n"),
        (true, true) => format!(
            "Bound this project to {title} project {name} in {CONFIG_FILE}.\n\
             Next: spec-kitty tracker search-origin QUERY"
        ),
        (true, false) => format!("This project is already bound to {title} project {name}."),
    };
    let answer = TrackerBind {
        provider,
        project_slug,
        config_file: CONFIG_FILE,
        changed,
    };
    Ok(Outcome::new(answer, text))
}

/// A name that fits on one line of a file and of an answer.
fn project_slug(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        return Err("must not be empty");
    }
    if one_line(text) != text {
        return Err("must be one line without control characters");
    }
    Ok(text.to_owned())
}
