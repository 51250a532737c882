//! `spec-kitty tracker search-origin`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::lines::LinesArgument;
use crate::cli::ticket_arguments::{search, ticket_not_found};
use crate::cli::ticket_choice::cells;
use crate::cli::{CommandResult, Context, Failure, Hint, Outcome, table};
use crate::project::paths::find_root;
use crate::text::one_line;
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::search::OriginQuery;
use crate::tracker::ticket_ref;
use crate::wire::Provider;
use crate::wire::candidate::OriginCandidate;

/// Arguments of `tracker search-origin`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A ticket reference (key, provider:KEY or URL), or words
    #[arg(value_name = "QUERY", conflicts_with_all = ["key", "text"])]
    query: Option<String>,
    /// Search by ticket key
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Search by words
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Maximum number of results
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    #[command(flatten)]
    lines: LinesArgument,
}

/// The tickets that a search found.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SearchOrigin {
    /// In the server's order.
    candidates: Vec<OriginCandidate>,
    provider: Provider,
    /// The kind of the resource that was searched.
    resource_type: Option<String>,
    resource_id: Option<String>,
    /// The key, else the text.
    query_used: String,
}

impl Document for SearchOrigin {
    const SCHEMA: &'static str = "spec-kitty.search-origin/1";
    const LIST: Option<&'static str> = Some("candidates");
}

/// Searches and lists the tickets.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    context.phase.start_reading();
    let binding = OriginBinding::load(&find_root(&context.world)?)?;
    let query = query(arguments, &binding)?;
    let client = ControlPlaneClient::new(context.session()?);
    let by_key = query.key.is_some();
    let result = search(context, &binding, &client, query)?;
    let rows: Vec<_> = result.candidates.iter().map(cells).collect();
    if rows.is_empty() && by_key {
        return Err(ticket_not_found(&result.query_used, binding.provider));
    }
    if rows.is_empty() {
        let words = one_line(&result.query_used);
        context.ui.say(&format!("No tickets match {words:?}."));
    }
    let text = table(&context.ui, ["key", "status", "title", "url"], &rows);
    let answer = SearchOrigin {
        candidates: result.candidates,
        provider: result.provider,
        resource_type: known(result.resource_type),
        resource_id: known(result.resource_id),
        query_used: result.query_used,
    };
    Ok(Outcome::new(answer, text))
}

/// An answer without tickets may lack the resource.
fn known(value: String) -> Option<String> {
    Some(value).filter(|value| !value.is_empty())
}

fn query(arguments: Arguments, binding: &OriginBinding) -> Result<OriginQuery, Failure> {
    let Arguments {
        query,
        key,
        text,
        limit,
        ..
    } = arguments;
    let blank = |text: &String| text.trim().is_empty();
    let given: Vec<_> = [&query, &key, &text].into_iter().flatten().collect();
    if given.is_empty() || given.into_iter().any(blank) {
        return Err(Failure::usage("nothing to search for").hint(Hint::lead_to(
            "pass a ticket or words",
            "spec-kitty tracker search-origin WEB-123",
        )));
    }
    let (key, text) = match query.as_deref().map(ticket_ref::parse) {
        None => (key, text),
        Some(Ok(reference)) => {
            binding.require(reference.provider)?;
            (Some(reference.key), None)
        }
        Some(Err(_)) => (None, query),
    };
    Ok(OriginQuery { key, text, limit })
}
