//! The client of the control plane's tracker requests: search, list, bind, unbind and status.

use std::time::Duration;

use crate::auth::session::{Session, SessionError};
use crate::http::{Answer, Call, Refusal, Retry};
use crate::wire::candidate::FieldError;
use crate::wire::request::{BindRequest, SearchRequest, UnbindRequest};
use crate::wire::response::{
    BindResponse, Mapping, SearchResponse, TrackerStatusResponse, UnbindResponse,
};
use crate::wire::ticket_list::{ListRequest, ListResponse};
use crate::wire::{
    BIND_ORIGIN_PATH, IDEMPOTENCY_KEY, LIST_TICKETS_PATH, Provider, SEARCH_ISSUES_PATH,
    TRACKER_STATUS_PATH, UNBIND_ORIGIN_PATH,
};

/// The limit of one attempt at a search or a list.
const SEARCH_TIMEOUT: Duration = Duration::from_secs(10);
/// The limit of a question whose answer the command can do without.
const STATUS_TIMEOUT: Duration = Duration::from_secs(3);
/// The codes of a 404 about the content of a request. Any other 404 means that the server lacks the
/// route.
const CODES_OF_404: [&str; 3] = ["no_mapping", "origin_not_found", "ticket_not_found"];

/// Searches and binds tickets.
#[derive(Debug)]
pub struct ControlPlaneClient<'a> {
    session: Session<'a>,
}

/// Why a tracker request has no result.
#[derive(Debug, thiserror::Error)]
pub enum TrackerError {
    /// Not sent, not answered, or 401.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Any other status that is not a success.
    #[error("the server answered HTTP {}", .0.status)]
    Refused(Box<Refusal>),
    /// The server lacks the route.
    #[error("the server does not support this")]
    NotSupported,
    /// A successful answer with a body that breaks a rule.
    #[error("invalid response from the server")]
    BadResponse(#[from] FieldError),
}

impl TrackerError {
    /// Whether the control plane has decided against the request, so that no attempt of it is pending.
    pub fn is_definite_refusal(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.is_definite(),
            Self::NotSupported => true,
            Self::Session(_) | Self::BadResponse(_) => false,
        }
    }

    /// Whether the server lacks the route.
    pub(crate) fn is_unsupported(&self) -> bool {
        let Self::Refused(refusal) = self else {
            return false;
        };
        let code = refusal.code.as_deref().unwrap_or_default();
        match refusal.status {
            404 => !CODES_OF_404.contains(&code),
            status => matches!(status, 405 | 501),
        }
    }

    /// The refusal to unbind a mission without an origin.
    pub(crate) fn origin_not_found(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) if refusal.code.as_deref() == Some("origin_not_found") => {
                Some(refusal)
            }
            _ => None,
        }
    }

    /// The refusal of a bind because the ticket has another mission.
    pub(crate) fn ticket_has_mission(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) if refusal.code.as_deref() == Some("ticket_has_mission") => {
                Some(refusal)
            }
            _ => None,
        }
    }

    /// Whether the control plane may have acted on the request.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::Session(error) => error.may_have_arrived(),
            Self::Refused(refusal) => refusal.may_have_arrived(),
            Self::BadResponse(_) => true,
            Self::NotSupported => false,
        }
    }
}

impl<'a> ControlPlaneClient<'a> {
    /// A client that sends with this session.
    pub fn new(session: Session<'a>) -> Self {
        Self { session }
    }

    pub(crate) fn session(&self) -> &Session<'a> {
        &self.session
    }

    /// Tickets for a key or a text, in the server's order.
    pub fn search_issues(&self, request: &SearchRequest) -> Result<SearchResponse, TrackerError> {
        let answer = self.post(Call {
            retry: Retry::Safe,
            attempt_timeout: Some(SEARCH_TIMEOUT),
            ..Call::json(SEARCH_ISSUES_PATH, request).map_err(SessionError::Http)?
        })?;
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        Ok(SearchResponse::parse(&answer.body, limit)?)
    }

    /// One page of the tickets of a project, newest update first.
    pub(crate) fn list_tickets(&self, request: &ListRequest) -> Result<ListResponse, TrackerError> {
        let answer = self.post(Call {
            retry: Retry::Safe,
            attempt_timeout: Some(SEARCH_TIMEOUT),
            ..Call::json(LIST_TICKETS_PATH, request).map_err(SessionError::Http)?
        })?;
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        Ok(ListResponse::parse(&answer.body, limit)?)
    }

    /// Makes a ticket the origin of a mission. A repeated bind with the same key has no second effect.
    pub fn bind_mission_origin(
        &self,
        request: &BindRequest,
        idempotency_key: &str,
    ) -> Result<BindResponse, TrackerError> {
        let answer = self.post(Call {
            headers: vec![(IDEMPOTENCY_KEY, idempotency_key.to_owned())],
            retry: Retry::Safe,
            ..Call::json(BIND_ORIGIN_PATH, request).map_err(SessionError::Http)?
        })?;
        require_ok(&answer)?;
        Ok(BindResponse::parse(&answer.body)?)
    }

    /// What the server maps a project of this provider to. It is asked once, for a few seconds. The
    /// project is named by a field of the request and its value.
    pub(crate) fn mapping(
        &self,
        provider: Provider,
        project: (&str, &str),
    ) -> Result<Option<Mapping>, TrackerError> {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("provider", provider.as_str())
            .append_pair(project.0, project.1)
            .finish();
        let answer = self.session.send(Call {
            retry: Retry::Never,
            attempt_timeout: Some(STATUS_TIMEOUT),
            ..Call::get(&format!("{TRACKER_STATUS_PATH}?{query}"))
        })?;
        if answer.is_success() {
            let found = TrackerStatusResponse::mapping(&answer.body, provider, project);
            return Ok(found?);
        }
        let refusal = Refusal::read(self.session.server(), &answer);
        Err(TrackerError::Refused(Box::new(refusal)))
    }

    /// Removes the origin of a mission. A repeated request with the same key has no second effect.
    pub(crate) fn unbind_mission_origin(
        &self,
        request: &UnbindRequest,
        idempotency_key: &str,
    ) -> Result<(), TrackerError> {
        let answer = self.post(Call {
            headers: vec![(IDEMPOTENCY_KEY, idempotency_key.to_owned())],
            retry: Retry::Safe,
            ..Call::json(UNBIND_ORIGIN_PATH, request).map_err(SessionError::Http)?
        });
        let answer = match answer {
            Err(error) if error.is_unsupported() => return Err(TrackerError::NotSupported),
            answer => answer?,
        };
        require_ok(&answer)?;
        UnbindResponse::parse(&answer.body)?;
        Ok(())
    }

    fn post(&self, call: Call<'_>) -> Result<Answer, TrackerError> {
        let answer = self.session.post(call)?;
        if answer.is_success() {
            return Ok(answer);
        }
        let refusal = Refusal::read(self.session.server(), &answer);
        Err(TrackerError::Refused(Box::new(refusal)))
    }
}

/// Another success, such as "accepted", does not say that the request was carried out.
fn require_ok(answer: &Answer) -> Result<(), FieldError> {
    match answer.status {
        200 => Ok(()),
        _ => Err(FieldError::new("the answer", "must have the status 200")),
    }
}
