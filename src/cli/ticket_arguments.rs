//! The flags that select a ticket, and the search for it.

use std::path::{Path, PathBuf};

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use serde_json::json;

use super::ticket_choice::Choice;
use super::{Code, Context, Failure, candidate_document, progress};
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::search::{OriginQuery, SearchOriginResult, search_origin_candidates};
use crate::tracker::ticket_ref::{self, TicketRef};
use crate::wire::Provider;
use crate::wire::candidate::MatchType;

/// The limit of a key search. A server that knows the key returns one ticket.
const LIMIT: u32 = 10;

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

impl TicketArguments {
    /// Checks the flags before anything is read or sent, and parses the reference.
    pub(crate) fn check(
        &self,
        reference: Option<&str>,
        binding: &OriginBinding,
    ) -> Result<Option<TicketRef>, Failure> {
        binding.require(self.provider)?;
        let reference = reference.map(ticket_ref::parse).transpose()?;
        binding.require(reference.as_ref().and_then(|it| it.provider))?;
        Ok(reference)
    }

    /// Searches by the reference that [`Self::check`] returned, or reads the document.
    pub(crate) fn find(
        &self,
        reference: Option<TicketRef>,
        context: &Context,
        binding: &OriginBinding,
        client: &ControlPlaneClient<'_>,
    ) -> Result<Choice, Failure> {
        match (reference, &self.candidate) {
            (None, Some(place)) => self.read_document(context, binding, place),
            (reference, _) => {
                let (key, site) = reference.map(|it| (it.key, it.site)).unzip();
                let query = OriginQuery {
                    key,
                    text: None,
                    limit: LIMIT,
                    site: site.flatten(),
                };
                self.choice(search(context, binding, client, query)?)
            }
        }
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
            query: document.candidate.external_issue_key().to_owned(),
            candidates: vec![document.candidate],
            certain: true,
            provider: binding.provider,
            resource_type: required(&self.resource_type, document.resource_type, "resource_type")?,
            resource_id: required(&self.resource_id, document.resource_id, "resource_id")?,
        })
    }

    fn choice(&self, result: SearchOriginResult) -> Result<Choice, Failure> {
        if result.candidates.is_empty() {
            return Err(ticket_not_found(&result.query_used, result.provider));
        }
        let certain =
            matches!(result.candidates.as_slice(), [only] if only.match_type() == MatchType::Exact);
        Ok(Choice {
            certain,
            candidates: result.candidates,
            provider: result.provider,
            resource_type: self.resource_type.clone().unwrap_or(result.resource_type),
            resource_id: self.resource_id.clone().unwrap_or(result.resource_id),
            query: result.query_used,
        })
    }
}

/// No ticket has this key.
pub(crate) fn ticket_not_found(key: &str, provider: Provider) -> Failure {
    let message = format!("no ticket {key} in {}", provider.title());
    Failure::new(Code::TicketNotFound, message)
        .detail("candidates", json!([]))
        .detail("query_used", key)
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
