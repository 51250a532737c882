//! What the command line says about a ticket, and how it is found.

use std::path::{Path, PathBuf};

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use serde_json::json;

use super::candidate_document;
use super::context::Context;
use super::exit_code::ExitCode;
use super::failure::{Effect, Failure};
use super::progress;
use super::ticket_choice::Choice;
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::search::{OriginQuery, SearchOriginResult, search_origin_candidates};
use crate::tracker::ticket_ref;
use crate::wire::Provider;
use crate::wire::candidate::MatchType;

/// How many candidates a key search asks for: more than one only where the server is unsure.
const LIMIT: u32 = 10;

/// The flags about a ticket, beside its reference.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct TicketArguments {
    /// A candidate, or a search result that holds exactly one; - reads stdin
    #[arg(long, value_name = "FILE|-")]
    candidate: Option<PathBuf>,
    /// The ticket's tracker; the project's where absent
    #[arg(long, value_name = "P", value_parser = provider_argument(), ignore_case = true)]
    provider: Option<Provider>,
    /// The kind of resource the ticket was found in
    #[arg(long, value_name = "T", value_parser = NonEmptyStringValueParser::new())]
    resource_type: Option<String>,
    /// The resource's id
    #[arg(long, value_name = "I", value_parser = NonEmptyStringValueParser::new())]
    resource_id: Option<String>,
}

/// Reads a provider's name on the command line, for arguments that `ignore_case`: clap lists the
/// names and suggests the nearest.
pub(crate) fn provider_argument() -> impl TypedValueParser<Value = Provider> {
    PossibleValuesParser::new(Provider::ALL.map(Provider::as_str))
        .try_map(|name| name.to_ascii_lowercase().parse::<Provider>())
}

impl TicketArguments {
    /// Refuses what can be refused before anything is read or sent; the key and provider named.
    pub(crate) fn check(
        &self,
        reference: Option<&str>,
        binding: &OriginBinding,
    ) -> Result<Option<String>, Failure> {
        binding.require(self.provider)?;
        let Some(reference) = reference.map(ticket_ref::parse).transpose()? else {
            return Ok(None);
        };
        binding.require(reference.provider)?;
        Ok(Some(reference.key))
    }

    /// Searches by the reference, or reads the document.
    pub(crate) fn find(
        &self,
        reference: Option<&str>,
        context: &Context,
        binding: &OriginBinding,
        client: &ControlPlaneClient<'_>,
    ) -> Result<Choice, Failure> {
        match (self.check(reference, binding)?, &self.candidate) {
            (None, Some(place)) => self.read_document(context, binding, place),
            (key, _) => {
                let query = OriginQuery {
                    key,
                    text: None,
                    limit: LIMIT,
                };
                self.judge(search(context, binding, client, query)?)
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
        let given = |flag: &Option<String>, value: Option<String>, name: &str| {
            flag.clone().or(value).ok_or_else(|| {
                Failure::usage(format!("the document does not say its {name}"))
                    .hint(format!("pass --{}", name.replace('_', "-")))
            })
        };
        Ok(Choice {
            asked: document.candidate.external_issue_key().to_owned(),
            candidates: vec![document.candidate],
            certain: true,
            provider: binding.provider,
            resource_type: given(&self.resource_type, document.resource_type, "resource_type")?,
            resource_id: given(&self.resource_id, document.resource_id, "resource_id")?,
        })
    }

    fn judge(&self, found: SearchOriginResult) -> Result<Choice, Failure> {
        if found.candidates.is_empty() {
            let message = format!(
                "no ticket {} in {}",
                found.query_used,
                found.provider.title()
            );
            return Err(
                Failure::new("ticket_not_found", ExitCode::NotFound, message)
                    .hint("run: spec-kitty tracker search-origin --text WORDS")
                    .detail("candidates", json!([]))
                    .detail("query_used", found.query_used),
            );
        }
        let certain =
            matches!(found.candidates.as_slice(), [only] if only.match_type() == MatchType::Exact);
        Ok(Choice {
            certain,
            candidates: found.candidates,
            provider: found.provider,
            resource_type: self.resource_type.clone().unwrap_or(found.resource_type),
            resource_id: self.resource_id.clone().unwrap_or(found.resource_id),
            asked: found.query_used,
        })
    }
}

/// Searches, with a spinner where it takes long.
pub(crate) fn search(
    context: &Context,
    binding: &OriginBinding,
    client: &ControlPlaneClient<'_>,
    query: OriginQuery,
) -> Result<SearchOriginResult, Failure> {
    let search = || search_origin_candidates(binding, client, query);
    // A search changes nothing, whatever became of its request.
    progress::during(&context.ui, "Searching", search)
        .map_err(|error| Failure::from(error).effect(Effect::None))
}
