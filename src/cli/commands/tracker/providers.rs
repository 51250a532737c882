//! `spec-kitty tracker providers`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::{Context, Outcome, table};
use crate::wire::Provider;

/// The supported trackers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TrackerProviders {
    providers: Vec<Tracker>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Tracker {
    provider: Provider,
    /// Its name in a sentence.
    title: &'static str,
}

impl Document for TrackerProviders {
    const SCHEMA: &'static str = "spec-kitty.tracker-providers/1";
}

/// Lists the trackers with tickets that can be the origin of a mission.
pub(crate) fn run(context: &Context) -> Outcome {
    let providers = Provider::ALL.map(|provider| Tracker {
        provider,
        title: provider.title(),
    });
    let rows = Provider::ALL.map(|provider| [provider.to_string(), provider.title().to_owned()]);
    let text = table(&context.ui, ["provider", "name"], &rows);
    let providers = providers.into();
    Outcome::new(TrackerProviders { providers }, text)
}
