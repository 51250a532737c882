//! `spec-kitty mission open`.

use schemars::JsonSchema;
use serde::Serialize;
use url::Url;

use super::select;
use super::show::origin_of;
use crate::cli::document::Document;
use crate::cli::{Code, CommandResult, Context, Failure, Outcome, browser};
use crate::journey::overview;
use crate::project::Project;
use crate::text::one_line;

/// Arguments of `mission open`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Mission: slug, number, or path of its folder [default: the current folder's]
    #[arg(value_name = "M")]
    mission: Option<String>,
}

/// The ticket of a mission in the browser.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MissionOpen {
    /// The address of the ticket.
    url: String,
    /// Whether a browser opened it: only on a terminal.
    opened: bool,
}

impl Document for MissionOpen {
    const SCHEMA: &'static str = "spec-kitty.mission-open/1";
}

/// Opens the ticket of a mission in the browser, or prints its URL.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    context.phase.start_reading();
    let project = Project::open(&context.world)?;
    let mission = select(context, &project, arguments.mission.as_deref())?;
    let details = overview::mission(&project, &mission)?;
    let url = origin_of(&details)?.external_issue_url.clone();
    require_web(&url)?;
    let opened = browser::open(context, &url);
    let text = if opened {
        format!("Opened {} in the browser.", one_line(&url))
    } else {
        one_line(&url)
    };
    Ok(Outcome::new(MissionOpen { url, opened }, text))
}

/// `meta.json` may come from anybody, and a browser opens more than web pages.
fn require_web(url: &str) -> Result<(), Failure> {
    let parsed = Url::parse(url);
    if parsed.is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return Ok(());
    }
    let message = format!("the ticket's address in meta.json is no web page: {url:?}");
    Err(Failure::new(Code::MetaInvalid, message))
}
