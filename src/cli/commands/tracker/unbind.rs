//! `spec-kitty tracker unbind`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome};
use crate::project::Project;
use crate::project::config::CONFIG_FILE;
use crate::tracker::binding;

/// The project without a tracker.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TrackerUnbind {
    /// The file that held the binding.
    config_file: &'static str,
    /// Whether the file changed.
    changed: bool,
}

impl Document for TrackerUnbind {
    const SCHEMA: &'static str = "spec-kitty.tracker-unbind/1";
}

/// Removes the `tracker` block of `.kittify/config.yaml`.
pub(crate) fn run(context: &Context) -> CommandResult {
    let world = &context.world;
    let project = Project::open(world)?;
    let changed = binding::unbind(world, &project.root, &project.shared_directory())?;
    let text = match (context.ui.stdout_is_terminal(), changed) {
        (false, _) => "",
        (true, true) => "Removed the tracker from .kittify/config.yaml.",
        (true, false) => "No tracker was bound.",
    };
    let config_file = CONFIG_FILE;
    let answer = TrackerUnbind {
        config_file,
        changed,
    };
    Ok(Outcome::new(answer, text))
}
