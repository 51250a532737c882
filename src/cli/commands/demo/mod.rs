//! `spec-kitty demo`: the guided first run.
//!
//! Every step runs a command of this program as a separate process, in a folder with its own home,
//! credentials and git configuration. `stage` is that folder, `script` the steps in it, and
//! `narrator` prints them.

mod narrator;
mod script;
mod stage;

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome};
use crate::text::shell_word;
use crate::warning::{Warning, WarningCode};
use narrator::Step;
use script::Played;
use stage::Stage;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Use this new folder, and keep it
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// What the demo did.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Demo {
    steps: Vec<Step>,
    /// The mission it created.
    feature_slug: String,
    /// The folder of `--keep`.
    kept: Option<String>,
}

impl Document for Demo {
    const SCHEMA: &'static str = "spec-kitty.demo/1";
}

pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let stage = Stage::set_up(context, arguments.keep.as_deref())?;
    let played = script::play(context, &stage);
    let kept = stage.kept().map(|folder| folder.display().to_string());
    let farewell = match (&played, &kept) {
        (Ok(played), Some(_)) => next_commands(&stage, &played.url),
        _ => REMOVED.to_owned(),
    };
    let left_behind = stage.remove().map(Warning::of(WarningCode::FolderLeft));
    let Played { steps, slug, .. } = played?;
    let answer = Demo {
        steps,
        feature_slug: slug,
        kept,
    };
    Ok(Outcome::new(answer, farewell).warn(left_behind))
}

const REMOVED: &str = "\
Done; the temporary folder was removed. Next, in your repository: spec-kitty init";

/// The commands that continue in the kept folder.
fn next_commands(stage: &Stage, url: &str) -> String {
    let word = |path: &Path| shell_word(&path.display().to_string());
    format!(
        "Done. To continue in the kept folder:\n\
         \x20   $ export SPEC_KITTY_HOME={}\n\
         \x20   $ spec-kitty serve --listen {} &\n\
         \x20   $ cd {}\n",
        word(&stage.world().state_directory()),
        url.trim_start_matches("http://"),
        word(stage.world().directory()),
    )
}
