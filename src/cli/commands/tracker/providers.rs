//! `spec-kitty tracker providers`.

use serde_json::{Value, json};

use crate::cli::Context;
use crate::cli::outcome::Outcome;
use crate::wire::Provider;

/// Arguments of `tracker providers`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Lists the trackers whose tickets can be the origin of a mission.
pub fn run(_arguments: Arguments, _context: &Context) -> Outcome {
    let providers: Vec<Value> = Provider::ALL
        .iter()
        .map(|provider| json!({"provider": provider.as_str(), "title": provider.title()}))
        .collect();
    let text: String = Provider::ALL
        .iter()
        .map(|provider| format!("{provider}\t{}\n", provider.title()))
        .collect();
    let fields = json!({"providers": providers});
    Outcome::new("spec-kitty.tracker-providers/1", fields, text)
}
