//! `spec-kitty ticket list`.

use clap::builder::NonEmptyStringValueParser;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::lines::LinesArgument;
use crate::cli::ticket_arguments::{list, status_argument};
use crate::cli::ticket_document::TicketDocument;
use crate::cli::ticket_table::{larger_limit, table_with_notes};
use crate::cli::{CommandResult, Context, Failure, Hint, Outcome};
use crate::project::paths::find_root;
use crate::text::{one_line, shell_word};
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::list::ListQuery;
use crate::warning::{Warning, WarningCode};
use crate::wire::Provider;
use crate::wire::ticket::StatusFilter;

/// The limits that a user is offered one after the other. The last is the largest.
const LIMITS: [u32; 4] = [10, 50, 100, 1000];

/// Arguments of `ticket list`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only your own tickets; --mine=false for those of all [default: yours, if the server knows you]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", hide_possible_values = true)]
    mine: Option<bool>,
    /// Which tickets: open, started, done or all
    #[arg(long, value_name = "STATUS", default_value = "open", value_parser = status_argument(), hide_possible_values = true)]
    status: StatusFilter,
    /// Maximum number of tickets
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Go on where a list ended, with the cursor that it printed
    #[arg(long, value_name = "C", allow_hyphen_values = true, value_parser = NonEmptyStringValueParser::new())]
    cursor: Option<String>,
    #[command(flatten)]
    lines: LinesArgument,
}

impl From<Arguments> for ListQuery {
    fn from(arguments: Arguments) -> Self {
        Self {
            status: arguments.status,
            mine: arguments.mine,
            limit: arguments.limit,
            cursor: arguments.cursor,
        }
    }
}

/// The tickets of the project.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TicketList {
    /// The newest update first.
    tickets: Vec<TicketDocument>,
    provider: Provider,
    /// The kind of the resource that contains the tickets.
    resource_type: Option<String>,
    resource_id: Option<String>,
    /// Whether there are more tickets.
    has_more: bool,
    /// What `--cursor` takes to go on; null at the end.
    next_cursor: Option<String>,
    /// How many tickets there are; null if the server does not say.
    total: Option<u64>,
}

impl Document for TicketList {
    const SCHEMA: &'static str = "spec-kitty.ticket-list/1";
    const LIST: Option<&'static str> = Some("tickets");
}

/// A list, and what there is to say about it.
#[derive(Debug)]
pub(crate) struct Listed {
    pub list: TicketList,
    pub warnings: Vec<Warning>,
    /// Whether it contains only tickets of the user, who did not ask for that.
    only_mine: bool,
}

/// Lists the tickets of the project.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let query = ListQuery::from(arguments);
    let listed = tickets(context, query.clone())?;
    let text = text(context, &listed, &query);
    Ok(Outcome::new(listed.list, text).warn(listed.warnings))
}

/// The tickets that a query selects.
pub(crate) fn tickets(context: &Context, query: ListQuery) -> Result<Listed, Failure> {
    context.phase.start_reading();
    let binding = OriginBinding::load(&find_root(&context.world)?)?;
    let client = ControlPlaneClient::new(context.session()?);
    let instead = Hint::lead_to("search by words", "spec-kitty ticket search WORDS");
    let asked = query.clone();
    let found = list(context, &binding, &client, query, instead)?;
    let only_mine = asked.mine.is_none() && found.mine == Some(true);
    let total = (asked.cursor.is_none() && !found.has_more).then_some(found.tickets.len() as u64);
    let known = |value: String| Some(value).filter(|value| !value.is_empty());
    let list = TicketList {
        tickets: found.tickets.into_iter().map(Into::into).collect(),
        provider: binding.provider,
        resource_type: known(found.resource_type),
        resource_id: known(found.resource_id),
        has_more: found.has_more,
        next_cursor: found.next_cursor,
        total,
    };
    let mut warnings = Vec::new();
    if only_mine && list.tickets.is_empty() {
        let message = format!(
            "no {} are assigned to you: --mine=false lists those of all",
            noun(asked.status)
        );
        warnings.push(Warning::new(WarningCode::OnlyMine, message));
    }
    if asked.mine == Some(true) && found.mine != Some(true) {
        let message = "the server does not say whether these tickets are only yours";
        warnings.push(Warning::new(WarningCode::MineUnknown, message));
    }
    Ok(Listed {
        list,
        warnings,
        only_mine,
    })
}

fn text(context: &Context, listed: &Listed, query: &ListQuery) -> String {
    let list = &listed.list;
    let mut notes = Vec::new();
    if list.tickets.is_empty() && !list.has_more && listed.warnings.is_empty() {
        let place = list.provider.title();
        context.ui.say(&match (&query.cursor, query.mine) {
            (Some(_), _) => "There are no more tickets.".to_owned(),
            (None, Some(true)) => format!("No {} are assigned to you.", noun(query.status)),
            (None, _) => format!("There are no {} in {place}.", noun(query.status)),
        });
    }
    if list.has_more {
        notes.push(more(list, query.limit));
    }
    if listed.only_mine && !list.tickets.is_empty() {
        notes.push("These are assigned to you: --mine=false lists those of all".to_owned());
    }
    table_with_notes(context, list.tickets.iter().map(TicketDocument::row), notes)
}

/// The note that there are more tickets, and what shows them.
fn more(list: &TicketList, limit: u32) -> String {
    let next = list.next_cursor.as_deref();
    let advice = larger_limit(&LIMITS, limit)
        .or_else(|| next.map(|cursor| format!("--cursor {}", shell_word(&one_line(cursor)))))
        .unwrap_or_else(|| "search for words".to_owned());
    format!("{} shown, more match: {advice}", list.tickets.len())
}

fn noun(status: StatusFilter) -> &'static str {
    match status {
        StatusFilter::Open => "open tickets",
        StatusFilter::Started => "started tickets",
        StatusFilter::Done => "done tickets",
        StatusFilter::All => "tickets",
    }
}
