//! `spec-kitty demo`: the guided first run.
//!
//! Every step runs a command of this very program, as a process of its own, in a folder that sees
//! nothing of the user's home, credentials or git configuration. `stage` is that folder, `script`
//! what happens in it, `narrator` who tells it.

mod narrator;
mod script;
mod stage;

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::context::{CommandResult, Context};
use crate::cli::outcome::Outcome;
use crate::text::shell_word;
use script::Played;
use stage::Stage;

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Make the demo in this new folder and leave it there
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// Shows the main job, step by step.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let stage = Stage::set_up(context, arguments.keep.as_deref())?;
    let played = script::play(context, &stage).map(|played| {
        let farewell = match stage.kept() {
            Some(_) => to_go_on(&stage, &played.url),
            None => NOTHING_LEFT.to_owned(),
        };
        (played, farewell)
    });
    let kept = stage.kept().map(|folder| folder.display().to_string());
    let left_behind = stage.clear_away();
    let (Played { steps, slug, .. }, farewell) = played?;
    let fields = json!({"steps": steps, "feature_slug": slug, "kept": kept});
    Ok(Outcome::new("spec-kitty.demo/1", fields, farewell).warn(left_behind))
}

const NOTHING_LEFT: &str = "\
That was all, and nothing of it is left. Your own project begins with: spec-kitty init";

/// What to type in order to play on with what was kept.
fn to_go_on(stage: &Stage, url: &str) -> String {
    let word = |path: &Path| shell_word(&path.display().to_string());
    format!(
        "To go on with what is kept:\n\
         \x20   $ export SPEC_KITTY_HOME={}\n\
         \x20   $ spec-kitty serve --listen {} &\n\
         \x20   $ cd {}\n",
        word(&stage.world().state_directory()),
        url.trim_start_matches("http://"),
        word(stage.world().directory()),
    )
}
