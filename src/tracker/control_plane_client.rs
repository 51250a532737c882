//! The tracker calls of the control plane, and what each refusal means (DESIGN §5).

use std::time::Duration;

use serde::Serialize;

use crate::auth::session::{PostOptions, Session, SessionError};
pub(crate) use crate::http::Refusal;
use crate::http::{RefusalKind, Retry};
use crate::wire::IDEMPOTENCY_KEY;
use crate::wire::candidate::FieldError;
use crate::wire::request::{BindRequest, SearchRequest};
use crate::wire::response::{BindResponse, SearchResponse};
pub(crate) use crate::wire::{BIND_ORIGIN_PATH, SEARCH_ISSUES_PATH};

/// The most one attempt at a search may take.
const SEARCH_TIMEOUT: Duration = Duration::from_secs(10);
/// The wait a 429 without one means.
const RATE_LIMIT_WAIT: Duration = Duration::from_secs(5);

/// Speaks with the control plane about tickets.
#[derive(Debug)]
pub struct ControlPlaneClient<'a> {
    session: Session<'a>,
}

/// Why a tracker call gave no result. The server's words are in the [`Refusal`], not in `Display`.
#[derive(Debug, thiserror::Error)]
pub enum TrackerError {
    /// Not sent, or not answered, or 401.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// 403, or the user must act at the control plane.
    #[error("the control plane does not allow this")]
    Forbidden(Box<Refusal>),
    /// 404.
    #[error("the control plane does not know this")]
    NotFound(Box<Refusal>),
    /// 409.
    #[error("one origin per mission")]
    Conflict(Box<Refusal>),
    /// 422.
    #[error("the control plane rejects the request")]
    Invalid(Box<Refusal>),
    /// 429, after waiting once where that fitted.
    #[error("the control plane asks to wait {} s", wait.as_secs())]
    RateLimited {
        /// What it said.
        refusal: Box<Refusal>,
        /// How long to wait.
        wait: Duration,
    },
    /// 5xx.
    #[error("the control plane is not available")]
    Unavailable(Box<Refusal>),
    /// A status that means nothing here.
    #[error("the control plane answered HTTP {}", .0.status)]
    Unexpected(Box<Refusal>),
    /// A success whose body breaks a rule.
    #[error("the control plane's answer cannot be used")]
    BadResponse(#[from] FieldError),
    /// This was the last word, but an earlier attempt of the same request may have arrived.
    #[error(transparent)]
    Uncertain(Box<Self>),
}

impl TrackerError {
    fn refused(refusal: Refusal) -> Self {
        let wait = refusal.wait.unwrap_or(RATE_LIMIT_WAIT);
        let kind = refusal.kind;
        let refusal = Box::new(refusal);
        match kind {
            RefusalKind::Forbidden => Self::Forbidden(refusal),
            RefusalKind::NotFound => Self::NotFound(refusal),
            RefusalKind::Conflict => Self::Conflict(refusal),
            RefusalKind::Invalid => Self::Invalid(refusal),
            RefusalKind::RateLimited => Self::RateLimited { refusal, wait },
            RefusalKind::Unavailable => Self::Unavailable(refusal),
            // The session deals with every 401.
            RefusalKind::Unauthenticated | RefusalKind::Unexpected => Self::Unexpected(refusal),
        }
    }

    /// What the control plane said, where it said something.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Forbidden(refusal)
            | Self::NotFound(refusal)
            | Self::Conflict(refusal)
            | Self::Invalid(refusal)
            | Self::RateLimited { refusal, .. }
            | Self::Unavailable(refusal)
            | Self::Unexpected(refusal) => Some(refusal),
            Self::Uncertain(last) => last.refusal(),
            Self::Session(_) | Self::BadResponse(_) => None,
        }
    }

    /// Whether the control plane has decided against the request, so that nothing of it is pending.
    pub fn is_definite_refusal(&self) -> bool {
        matches!(
            self,
            Self::Forbidden(_) | Self::NotFound(_) | Self::Conflict(_) | Self::Invalid(_)
        )
    }

    /// Whether the control plane may have acted on the request.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::Session(error) => error.may_have_arrived(),
            Self::Unavailable(_) | Self::BadResponse(_) | Self::Uncertain(_) => true,
            Self::Unexpected(_)
            | Self::Forbidden(_)
            | Self::NotFound(_)
            | Self::Conflict(_)
            | Self::Invalid(_)
            | Self::RateLimited { .. } => false,
        }
    }
}

impl<'a> ControlPlaneClient<'a> {
    /// A client that speaks as this session.
    pub fn new(session: Session<'a>) -> Self {
        Self { session }
    }

    /// Whom it speaks as.
    pub fn session(&self) -> &Session<'a> {
        &self.session
    }

    /// Candidates for a key or a text, in the server's order.
    pub fn search_issues(&self, request: &SearchRequest) -> Result<SearchResponse, TrackerError> {
        let options = PostOptions {
            retry: Retry::Safe,
            attempt_timeout: Some(SEARCH_TIMEOUT),
            ..PostOptions::default()
        };
        let body = self.post(SEARCH_ISSUES_PATH, request, options)?;
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        Ok(SearchResponse::parse(&body, limit)?)
    }

    /// Makes a ticket the origin of a mission. The same key makes a repeated bind the same bind.
    pub fn bind_mission_origin(
        &self,
        request: &BindRequest,
        idempotency_key: &str,
    ) -> Result<BindResponse, TrackerError> {
        let options = PostOptions {
            headers: vec![(IDEMPOTENCY_KEY, idempotency_key.to_owned())],
            retry: Retry::Safe,
            ..PostOptions::default()
        };
        let body = self.post(BIND_ORIGIN_PATH, request, options);
        let body = body.map_err(|error| {
            if self.session.is_uncertain() && !error.may_have_arrived() {
                TrackerError::Uncertain(Box::new(error))
            } else {
                error
            }
        })?;
        Ok(BindResponse::parse(&body)?)
    }

    fn post(
        &self,
        path: &str,
        request: &impl Serialize,
        options: PostOptions,
    ) -> Result<Vec<u8>, TrackerError> {
        let body = serde_json::to_vec(request).unwrap_or_default();
        let answer = self.session.post(path, body, options)?;
        if answer.is_success() {
            return Ok(answer.body);
        }
        Err(TrackerError::refused(Refusal::read(
            self.session.server(),
            &answer,
        )))
    }
}
