//! `spec-kitty tracker unbind`.

use serde_json::json;

use crate::cli::{CommandResult, Context, Outcome};
use crate::project::Project;
use crate::project::config::CONFIG_FILE;
use crate::tracker::binding;

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
    let fields = json!({"config_file": CONFIG_FILE, "changed": changed});
    Ok(Outcome::new("spec-kitty.tracker-unbind/1", fields, text))
}
