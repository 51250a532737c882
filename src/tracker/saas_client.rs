//! The tracker calls of the control plane, and what each refusal means (DESIGN §5).

use std::time::Duration;

use crate::auth::session::{Session, SessionError};
use crate::wire::candidate::FieldError;
use crate::wire::request::{BindRequest, SearchRequest};
use crate::wire::response::{BindResponse, SearchResponse};
pub use crate::wire::{BIND_ORIGIN_PATH, SEARCH_ISSUES_PATH};

/// Speaks with the control plane about tickets.
#[derive(Debug)]
pub struct SaasTrackerClient<'a> {
    session: Session<'a>,
}

/// What the control plane said when it refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// Its own name for it: `no_mapping`.
    pub code: Option<String>,
    /// Its words, raw; `HTTP <status>` where it had none.
    pub message: String,
    /// Whether it says that trying again may help.
    pub retryable: bool,
    /// Who spoke: the address of the control plane.
    pub server: String,
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
}

impl TrackerError {
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
            Self::Unavailable(_) | Self::Unexpected(_) | Self::BadResponse(_) => true,
            Self::Forbidden(_)
            | Self::NotFound(_)
            | Self::Conflict(_)
            | Self::Invalid(_)
            | Self::RateLimited { .. } => false,
        }
    }
}

impl<'a> SaasTrackerClient<'a> {
    /// A client that speaks as this session.
    pub fn new(session: Session<'a>) -> Self {
        Self { session }
    }

    /// Whom it speaks as.
    pub fn session(&self) -> &Session<'a> {
        &self.session
    }

    /// Candidates for a key or a text, in the server's order.
    pub fn search_issues(&self, _request: &SearchRequest) -> Result<SearchResponse, TrackerError> {
        Err(SessionError::NotLoggedIn.into())
    }

    /// Makes a ticket the origin of a mission. The same key makes a repeated bind the same bind.
    pub fn bind_mission_origin(
        &self,
        _request: &BindRequest,
        _idempotency_key: &str,
    ) -> Result<BindResponse, TrackerError> {
        Err(SessionError::NotLoggedIn.into())
    }
}
