//! `spec-kitty tracker providers`.

use serde_json::{Value, json};

use crate::cli::{Context, Outcome, table};
use crate::wire::Provider;

/// Lists the trackers with tickets that can be the origin of a mission.
pub(crate) fn run(context: &Context) -> Outcome {
    let providers: Vec<Value> = Provider::ALL
        .iter()
        .map(|provider| json!({"provider": provider.as_str(), "title": provider.title()}))
        .collect();
    let rows = Provider::ALL.map(|provider| [provider.to_string(), provider.title().to_owned()]);
    let text = table(&context.ui, ["provider", "name"], &rows);
    let fields = json!({"providers": providers});
    Outcome::new("spec-kitty.tracker-providers/1", fields, text)
}
