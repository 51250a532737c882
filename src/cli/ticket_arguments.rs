//! The flags that select a ticket, and the search for it.

use std::path::{Path, PathBuf};

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use serde_json::json;

use super::ticket_choice::{Choice, Query};
use super::{Code, Context, Effect, Failure, Hint, candidate_document, progress};
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::list::{ListQuery, list_tickets};
use crate::tracker::search::{OriginQuery, SearchOriginResult, search_origin_candidates};
use crate::tracker::ticket_ref::{self, Wanted, near_key};
use crate::wire::Provider;
use crate::wire::candidate::MatchType;
use crate::wire::full_ticket::FullTicket;
use crate::wire::ticket::StatusFilter;
use crate::wire::ticket_list::ListResponse;

/// The limit of a key search. A server that knows the key returns one ticket.
const LIMIT: u32 = 10;
/// How many tickets there are to choose from.
const LIST_LIMIT: u32 = 50;

/// The flags that select a ticket, besides its reference.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct TicketArguments {
    /// JSON from search-origin with exactly one ticket; - for stdin
    #[arg(long, value_name = "FILE|-")]
    candidate: Option<PathBuf>,
    /// Tracker of the ticket [default: the project's]
    #[arg(long, value_name = "P", value_parser = provider_argument(), ignore_case = true)]
    provider: Option<Provider>,
    /// Kind of the tracker resource that contains the ticket
    #[arg(long, value_name = "T", value_parser = NonEmptyStringValueParser::new())]
    resource_type: Option<String>,
    /// Id of that resource
    #[arg(long, value_name = "I", value_parser = NonEmptyStringValueParser::new())]
    resource_id: Option<String>,
}

/// Parses the name of a provider, for arguments with `ignore_case`. clap lists the names and suggests
/// the nearest.
pub(crate) fn provider_argument() -> impl TypedValueParser<Value = Provider> {
    PossibleValuesParser::new(Provider::ALL.map(Provider::as_str))
        .try_map(|name| name.to_ascii_lowercase().parse::<Provider>())
}

/// Parses the name of a filter. clap lists the names and suggests the nearest.
pub(crate) fn status_argument() -> impl TypedValueParser<Value = StatusFilter> {
    let filters = [
        ("open", StatusFilter::Open),
        ("started", StatusFilter::Started),
        ("done", StatusFilter::Done),
        ("all", StatusFilter::All),
    ];
    PossibleValuesParser::new(filters.map(|(name, _)| name)).map(move |name| {
        let found = filters.iter().find(|(known, _)| *known == name);
        found.map_or(StatusFilter::All, |(_, filter)| *filter)
    })
}

impl TicketArguments {
    /// Whether the ticket comes from a document.
    pub(crate) fn has_document(&self) -> bool {
        self.candidate.is_some()
    }

    /// Refuses a provider other than the project's, before anything is read or sent.
    pub(crate) fn check(
        &self,
        wanted: Option<&Wanted>,
        binding: &OriginBinding,
    ) -> Result<(), Failure> {
        binding.require(self.provider)?;
        match wanted {
            Some(Wanted::Ticket(reference)) => Ok(binding.require(reference.provider)?),
            Some(Wanted::Words(_)) | None => Ok(()),
        }
    }

    /// Searches the wanted ticket, or reads the document. Without either, lists the open tickets.
    pub(crate) fn find(
        &self,
        wanted: Option<Wanted>,
        context: &Context,
        binding: &OriginBinding,
        client: &ControlPlaneClient<'_>,
    ) -> Result<Choice, Failure> {
        if let (None, Some(place)) = (&wanted, &self.candidate) {
            return self.read_document(context, binding, place);
        }
        let (key, text, site) = match wanted {
            Some(Wanted::Ticket(reference)) => (Some(reference.key), None, reference.site),
            Some(Wanted::Words(words)) => (None, Some(words), None),
            None => return self.open_tickets(context, binding, client),
        };
        let by_words = text.is_some();
        let query = OriginQuery {
            key,
            text,
            limit: if by_words { LIST_LIMIT } else { LIMIT },
            status: None,
            site,
        };
        self.choice(search(context, binding, client, query)?, by_words)
    }

    fn open_tickets(
        &self,
        context: &Context,
        binding: &OriginBinding,
        client: &ControlPlaneClient<'_>,
    ) -> Result<Choice, Failure> {
        let query = ListQuery {
            status: StatusFilter::Open,
            mine: Some(false),
            limit: LIST_LIMIT,
            cursor: None,
        };
        let words = "name the ticket by key, URL or words";
        let instead = Hint::lead_to(words, "spec-kitty specify --from-ticket WEB-123");
        let found = list(context, binding, client, query, instead)?;
        if found.tickets.is_empty() {
            let message = format!("no open tickets in {}", binding.provider.title());
            return Err(Failure::new(Code::TicketNotFound, message));
        }
        Ok(Choice {
            tickets: found.tickets,
            has_more: found.has_more,
            certain: false,
            provider: binding.provider,
            resource_type: self.resource_type.clone().unwrap_or(found.resource_type),
            resource_id: self.resource_id.clone().unwrap_or(found.resource_id),
            query: Query::Nothing,
        })
    }

    fn read_document(
        &self,
        context: &Context,
        binding: &OriginBinding,
        place: &Path,
    ) -> Result<Choice, Failure> {
        let document = candidate_document::read(context, place)?;
        binding.require(document.provider)?;
        let required = |flag: &Option<String>, value: Option<String>, name: &str| {
            flag.clone().or(value).ok_or_else(|| {
                Failure::usage(format!("the document has no {name}"))
                    .hint(format!("pass --{}", name.replace('_', "-")))
            })
        };
        Ok(Choice {
            query: Query::Key(document.ticket.candidate.external_issue_key().to_owned()),
            tickets: vec![document.ticket],
            has_more: false,
            certain: true,
            provider: binding.provider,
            resource_type: required(&self.resource_type, document.resource_type, "resource_type")?,
            resource_id: required(&self.resource_id, document.resource_id, "resource_id")?,
        })
    }

    fn choice(&self, result: SearchOriginResult, by_words: bool) -> Result<Choice, Failure> {
        if result.tickets.is_empty() {
            return Err(ticket_not_found(&result.query_used, result.provider));
        }
        let is_exact = matches!(result.tickets.as_slice(), [only] if only.candidate.match_type() == MatchType::Exact);
        let (certain, query) = if by_words {
            (false, Query::Words(result.query_used))
        } else {
            (is_exact, Query::Key(result.query_used))
        };
        Ok(Choice {
            certain,
            tickets: result.tickets,
            has_more: result.has_more == Some(true),
            provider: result.provider,
            resource_type: self.resource_type.clone().unwrap_or(result.resource_type),
            resource_id: self.resource_id.clone().unwrap_or(result.resource_id),
            query,
        })
    }
}

/// The ticket with this key and this id, with all that the server knows of it.
pub(crate) fn look_up(
    context: &Context,
    binding: &OriginBinding,
    client: &ControlPlaneClient<'_>,
    key: &str,
    id: &str,
) -> Result<FullTicket, Failure> {
    let query = OriginQuery {
        key: Some(key.to_owned()),
        text: None,
        limit: LIMIT,
        status: None,
        site: None,
    };
    let found = search(context, binding, client, query)?;
    let mut tickets = found.tickets.into_iter();
    tickets
        .find(|ticket| ticket.candidate.external_issue_id() == id)
        .ok_or_else(|| ticket_not_found(key, binding.provider))
}

/// Lists tickets, with a spinner if it takes long. A server may lack the list; `instead` says how to
/// find a ticket there. A failed list has changed nothing.
pub(crate) fn list(
    context: &Context,
    binding: &OriginBinding,
    client: &ControlPlaneClient<'_>,
    query: ListQuery,
    instead: Hint,
) -> Result<ListResponse, Failure> {
    let list = || list_tickets(binding, client, query);
    progress::during(&context.ui, "Listing tickets", list).map_err(|error| {
        if error.is_unsupported() {
            let message = "the server cannot list tickets";
            return Failure::new(Code::NotSupported, message).hint(instead);
        }
        Failure::from(error).effect(Effect::None)
    })
}

/// No ticket has this key, or these words.
pub(crate) fn ticket_not_found(query: &str, provider: Provider) -> Failure {
    let tracker = provider.title();
    let message = match ticket_ref::parse(query) {
        Ok(_) => format!("no ticket {query} in {tracker}"),
        Err(_) => format!("no tickets match {query:?} in {tracker}"),
    };
    let failure = Failure::new(Code::TicketNotFound, message)
        .detail("candidates", json!([]))
        .detail("query_used", query);
    match near_key(query) {
        Some(key) => failure.hint(format!("did you mean {key}?")),
        None => failure,
    }
}

/// Searches, with a spinner if it takes long.
pub(crate) fn search(
    context: &Context,
    binding: &OriginBinding,
    client: &ControlPlaneClient<'_>,
    query: OriginQuery,
) -> Result<SearchOriginResult, Failure> {
    let search = || search_origin_candidates(binding, client, query);
    Ok(progress::during(&context.ui, "Searching", search)?)
}
