//! `spec-kitty tracker search-origin`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::lines::LinesArgument;
use crate::cli::ticket_arguments::{search, status_argument, ticket_not_found};
use crate::cli::ticket_choice::{cells, missions};
use crate::cli::ticket_table::{larger_limit, table_with_notes};
use crate::cli::{CommandResult, Context, Failure, Hint, Outcome};
use crate::project::paths::find_root;
use crate::text::one_line;
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::search::OriginQuery;
use crate::tracker::ticket_ref::{self, TicketRefError, near_key};
use crate::warning::{Warning, WarningCode};
use crate::wire::Provider;
use crate::wire::candidate::OriginCandidate;
use crate::wire::ticket::StatusFilter;

/// The limits that a user is offered one after the other.
const LIMITS: [u32; 3] = [10, 50, 100];

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
    /// Which tickets: open, started, done or all [default: all, open tickets first]
    #[arg(long, value_name = "STATUS", value_parser = status_argument(), hide_possible_values = true)]
    status: Option<StatusFilter>,
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
    /// Whether more tickets match; null if the server does not say.
    has_more: Option<bool>,
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
    let limit = arguments.limit;
    let query = query(arguments, &binding)?;
    let client = ControlPlaneClient::new(context.session()?);
    let by_key = query.key.is_some();
    let result = search(context, &binding, &client, query)?;
    let found = result.tickets.into_iter();
    let candidates: Vec<_> = found.map(|ticket| ticket.candidate).collect();
    if candidates.is_empty() && by_key {
        return Err(ticket_not_found(&result.query_used, binding.provider));
    }
    let mut near = None;
    if candidates.is_empty() {
        let words = one_line(&result.query_used);
        context.ui.say(&format!("No tickets match {words:?}."));
        near = near_key(&result.query_used).map(|key| format!("did you mean {key}?"));
    }
    let note = (result.has_more == Some(true)).then(|| more(candidates.len(), limit));
    let row = |ticket| (cells(ticket), missions(ticket));
    let text = table_with_notes(context, candidates.iter().map(row), note);
    let answer = SearchOrigin {
        candidates,
        provider: result.provider,
        resource_type: known(result.resource_type),
        resource_id: known(result.resource_id),
        has_more: result.has_more,
        query_used: result.query_used,
    };
    let near = near.map(Warning::of(WarningCode::NearKey));
    Ok(Outcome::new(answer, text).warn(near))
}

/// The note that more tickets match, and what shows them.
fn more(shown: usize, limit: u32) -> String {
    let advice = larger_limit(&LIMITS, limit).unwrap_or_else(|| "use more words".to_owned());
    format!("{shown} shown, more match: {advice}")
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
        status,
        lines: _,
    } = arguments;
    let blank = |text: &String| text.trim().is_empty();
    let given: Vec<_> = [&query, &key, &text].into_iter().flatten().collect();
    if given.is_empty() || given.into_iter().any(blank) {
        return Err(Failure::usage("nothing to search for").hint(Hint::lead_to(
            "pass a ticket or words",
            "spec-kitty tracker search-origin WEB-123",
        )));
    }
    // A URL is one also behind `--key`; anything else there is sent as it is.
    let url = key.clone().filter(|key| key.contains("://"));
    let (key, text, site) = match query.as_deref().or(url.as_deref()).map(ticket_ref::parse) {
        None => (key, text, None),
        Some(Ok(reference)) => {
            binding.require(reference.provider)?;
            (Some(reference.key), text, reference.site)
        }
        Some(Err(error @ TicketRefError::Url(_))) => return Err(error.into()),
        Some(Err(_)) => (key, query.or(text), None),
    };
    Ok(OriginQuery {
        key,
        text,
        limit,
        status,
        site,
    })
}
