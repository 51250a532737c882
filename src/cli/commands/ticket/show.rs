//! `spec-kitty ticket show`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::ticket_arguments::{search, ticket_not_found};
use crate::cli::ticket_document::TicketDocument;
use crate::cli::{Cell, CommandResult, Context, Failure, Hint, Outcome, browser, record};
use crate::project::paths::find_root;
use crate::text::{one_line, sanitize};
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::search::OriginQuery;
use crate::tracker::ticket_ref::{self, TicketRef, near_key};
use crate::wire::candidate::MatchType;
use crate::wire::full_ticket::FullTicket;

/// The limit of the search. A server that knows the key returns one ticket.
const LIMIT: u32 = 10;

/// Arguments of `ticket show`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Ticket: key, provider:KEY, or URL
    #[arg(value_name = "REF")]
    reference: String,
    /// Open it in the browser; without one, print its URL
    #[arg(short, long)]
    web: bool,
}

/// One ticket.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TicketShow {
    ticket: ShownTicket,
}

impl Document for TicketShow {
    const SCHEMA: &'static str = "spec-kitty.ticket-show/1";
}

#[derive(Debug, Serialize, JsonSchema)]
struct ShownTicket {
    #[serde(flatten)]
    ticket: TicketDocument,
    /// Its text (Markdown), which other people wrote; null if it has none.
    body: Option<String>,
}

/// Shows a ticket, or opens it in the browser.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let shown = ticket(context, &arguments.reference)?;
    let text = if arguments.web {
        let url = &shown.ticket.ticket.url;
        let is_open = browser::open(context, url);
        let url = one_line(url);
        if is_open {
            format!("Opened {url} in the browser.")
        } else {
            url
        }
    } else {
        text(context, &shown.ticket)
    };
    Ok(Outcome::new(shown, text).paged())
}

/// The ticket that a reference names.
pub(crate) fn ticket(context: &Context, reference: &str) -> Result<TicketShow, Failure> {
    context.phase.start_reading();
    let TicketRef {
        key,
        provider,
        site,
    } = parse(reference)?;
    let binding = OriginBinding::load(&find_root(&context.world)?)?;
    binding.require(provider)?;
    let client = ControlPlaneClient::new(context.session()?);
    let query = OriginQuery {
        key: Some(key.clone()),
        text: None,
        limit: LIMIT,
        status: None,
        site,
    };
    let found = search(context, &binding, &client, query)?;
    let found = the_one(found.tickets, &key);
    let mut found = found.ok_or_else(|| ticket_not_found(&key, binding.provider))?;
    let body = found.body.take();
    let ticket = found.into();
    Ok(TicketShow {
        ticket: ShownTicket { ticket, body },
    })
}

fn parse(reference: &str) -> Result<TicketRef, Failure> {
    ticket_ref::parse(reference).map_err(|error| {
        let failure = Failure::from(error);
        match near_key(reference) {
            Some(key) => {
                let words = format!("did you mean {key}? run");
                failure.hint(Hint::instead(
                    words,
                    format!("spec-kitty ticket show {key}"),
                ))
            }
            None => failure,
        }
    })
}

/// The ticket with this key, now or once. Other servers find more than that.
fn the_one(tickets: Vec<FullTicket>, key: &str) -> Option<FullTicket> {
    let has_key = |ticket: &FullTicket| {
        let of_ticket = ticket.candidate.external_issue_key();
        of_ticket.eq_ignore_ascii_case(key)
    };
    let is_exact = |ticket: &FullTicket| ticket.candidate.match_type() == MatchType::Exact;
    let best = tickets.iter().position(has_key);
    let best = best.or_else(|| tickets.iter().position(is_exact))?;
    tickets.into_iter().nth(best)
}

/// The properties, then the text, indented on a terminal so that no line of it looks like a property.
fn text(context: &Context, shown: &ShownTicket) -> String {
    let ticket = &shown.ticket;
    let mut rows = vec![
        ("key", ticket.external_issue_key.clone()),
        ("title", ticket.title.clone()),
        ("status", ticket.status.clone()),
    ];
    let known = [
        ("assignee", &ticket.assignee),
        ("updated", &ticket.updated_at),
    ];
    rows.extend(known.map(|(label, value)| (label, value.clone().unwrap_or_default())));
    rows.push(("url", ticket.url.clone()));
    let missions = ticket.missions.iter().flatten();
    rows.extend(missions.map(|mission| ("mission", mission.to_string())));
    rows.retain(|(_, value)| !value.is_empty());
    let linked = |(label, text): (&'static str, String)| {
        let is_link = matches!(label, "key" | "url");
        let address = if is_link { &*ticket.url } else { "" };
        (label, Cell::linked(text, address))
    };
    let properties = record(
        &context.ui,
        &rows.into_iter().map(linked).collect::<Vec<_>>(),
    );
    let Some(body) = &shown.body else {
        return properties;
    };
    let indent = if context.ui.stdout_is_terminal() {
        "    "
    } else {
        ""
    };
    let lines = sanitize(body);
    let lines = lines.lines().map(|line| match line {
        "" => "\n".to_owned(),
        line => format!("{indent}{line}\n"),
    });
    format!("{properties}\n{}", lines.collect::<String>())
}
