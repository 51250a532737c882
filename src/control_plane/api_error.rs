//! Every error of the API: its status, its code and its message.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};

use super::store::{ProjectName, StoreError};
use super::tracker_failure::TrackerFailure;
use crate::text::{chain, shell_word};
use crate::wire::Provider;
use crate::wire::error_envelope::ErrorEnvelope;
use crate::wire::ticket::KnownMission;
use crate::world::EntropyError;

#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum ApiError {
    #[error("the request body {0}")]
    BadBody(String),
    #[error("events[{0}]: {1}")]
    EventWithoutId(usize, &'static str),
    #[error("a bearer token is required")]
    NotAuthenticated,
    #[error("wrong user name or password")]
    InvalidCredentials,
    #[error("the access token is unknown or expired")]
    AccessTokenNotValid,
    #[error("the refresh token is unknown, expired or already used")]
    RefreshTokenNotValid,
    /// Also the answer for a team that does not exist, so a caller cannot probe for names.
    #[error("you are not a member of the requested team")]
    NotInTeam,
    #[error("your account is not linked to {}", .provider.title())]
    AccountNotLinked { provider: Provider, user: String },
    #[error("no such path")]
    NoSuchPath,
    #[error("project {project:?} is not mapped to {}", .provider.title())]
    NoMapping {
        provider: Provider,
        project: String,
        /// Whether the request named the project by its slug.
        by_slug: bool,
        /// Whether the control plane is a personal one, whose host is the user.
        is_personal: bool,
    },
    #[error("the project's tracker resource has no ticket {key} with this id")]
    TicketNotFound {
        key: String,
        /// Whether the tickets are at a live tracker.
        is_live: bool,
    },
    /// A live tracker did not answer as hoped.
    #[error("{0}")]
    Tracker(Box<TrackerFailure>),
    #[error("mission {0} has no origin")]
    OriginNotFound(String),
    #[error("only {name} can unbind this mission")]
    NotTheBinder { name: String, link: String },
    #[error("this path does not support that method")]
    MethodNotAllowed,
    #[error("the request body took too long to arrive")]
    BodyTooSlow,
    #[error("mission {mission} is already bound to {key}")]
    OriginConflict { mission: String, key: String },
    #[error("another mission {mission} of this repository is already bound to {key}")]
    MissionSlugTaken { mission: String, key: String },
    #[error("{key} already has {}", listed(.missions))]
    TicketHasMission {
        key: String,
        missions: Vec<KnownMission>,
    },
    /// Of a list that must contain only the caller's tickets.
    #[error("the server does not know which tickets are yours")]
    MineUnknown,
    #[error("{0}")]
    TooLarge(String),
    #[error("the head of the request is too large")]
    HeadTooLarge,
    #[error("this Content-Encoding is not supported here")]
    UnsupportedEncoding,
    #[error("{0}")]
    Invalid(String),
    #[error("an Idempotency-Key of 1 to 255 visible ASCII characters is required")]
    IdempotencyKeyRequired,
    #[error("this Idempotency-Key was already used for a different request")]
    IdempotencyKeyReused,
    #[error("too many requests")]
    RateLimited(Duration),
    #[error("internal error")]
    Internal,
    #[error("the request took too long")]
    TooSlow,
    #[error("the control plane's store is not available")]
    StoreUnavailable,
}

/// The first missions, with who bound them and when.
fn listed(missions: &[KnownMission]) -> String {
    const SHOWN: usize = 3;
    let mission = |known: &KnownMission| {
        let by = known.bound_by.as_deref().unwrap_or("an unknown user");
        let at = known.bound_at.as_deref().unwrap_or("an unknown time");
        let place = known.repository.as_ref();
        let place = place.map_or_else(String::new, |name| format!(" in {name}"));
        let slug = &known.mission_slug;
        format!("the mission {slug}{place}, bound by {by} at {at}")
    };
    let shown: Vec<_> = missions.iter().take(SHOWN).map(mission).collect();
    match missions.len().saturating_sub(SHOWN) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

impl ApiError {
    pub(super) fn no_mapping(provider: Provider, name: ProjectName<'_>, is_personal: bool) -> Self {
        let (project, by_slug) = match name {
            ProjectName::Slug(slug) => (slug, true),
            ProjectName::BindingRef(reference) => (reference, false),
        };
        Self::NoMapping {
            provider,
            project: project.to_owned(),
            by_slug,
            is_personal,
        }
    }

    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::BadBody(_) | Self::EventWithoutId(..) => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::NotAuthenticated => (StatusCode::UNAUTHORIZED, "not_authenticated"),
            Self::InvalidCredentials => (StatusCode::UNAUTHORIZED, "invalid_credentials"),
            Self::AccessTokenNotValid | Self::RefreshTokenNotValid => {
                (StatusCode::UNAUTHORIZED, "token_not_valid")
            }
            Self::NotInTeam => (StatusCode::FORBIDDEN, "not_in_team"),
            Self::AccountNotLinked { .. } => (StatusCode::FORBIDDEN, "account_not_linked"),
            Self::NotTheBinder { .. } => (StatusCode::FORBIDDEN, "not_the_binder"),
            Self::NoSuchPath => (StatusCode::NOT_FOUND, "no_such_path"),
            Self::NoMapping { .. } => (StatusCode::NOT_FOUND, "no_mapping"),
            Self::TicketNotFound { .. } => (StatusCode::NOT_FOUND, "ticket_not_found"),
            Self::Tracker(failure) => failure.status_and_code(),
            Self::OriginNotFound(_) => (StatusCode::NOT_FOUND, "origin_not_found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::BodyTooSlow => (StatusCode::REQUEST_TIMEOUT, "body_too_slow"),
            Self::OriginConflict { .. } | Self::MissionSlugTaken { .. } => {
                (StatusCode::CONFLICT, "origin_conflict")
            }
            Self::TicketHasMission { .. } => (StatusCode::CONFLICT, "ticket_has_mission"),
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::HeadTooLarge => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "head_too_large",
            ),
            Self::UnsupportedEncoding => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding")
            }
            Self::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "validation_error"),
            Self::MineUnknown => (StatusCode::UNPROCESSABLE_ENTITY, "mine_unknown"),
            Self::IdempotencyKeyRequired => {
                (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_required")
            }
            Self::IdempotencyKeyReused => {
                (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused")
            }
            Self::RateLimited(_) => (StatusCode::TOO_MANY_REQUESTS, "rate_limited"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal_error"),
            Self::TooSlow => (StatusCode::SERVICE_UNAVAILABLE, "too_slow"),
            Self::StoreUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable"),
        }
    }

    /// What the caller or the host can do about it.
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::AccountNotLinked { provider, user } => {
                let user = shell_word(user);
                format!("ask the host to run: spec-kitty admin user link {user} {provider}")
            }
            Self::NoMapping {
                provider,
                is_personal: true,
                ..
            } => format!("run: spec-kitty connect {provider}"),
            Self::NoMapping {
                provider,
                project,
                by_slug: true,
                ..
            } => {
                let (project, kind) = (shell_word(project), provider.resource_type());
                format!(
                    "ask the host to run: spec-kitty admin project map {project} \
                     --provider {provider} --resource-type {kind} --resource-id ID"
                )
            }
            Self::NoMapping { provider, .. } => {
                format!("run: spec-kitty tracker bind --provider {provider} --project-slug SLUG")
            }
            Self::NotInTeam => "log in with --team and one of your teams, or ask the host to add \
                 you to this one"
                .to_owned(),
            Self::TicketNotFound { is_live: true, .. } => "search for the ticket again".to_owned(),
            Self::TicketNotFound { .. } => {
                "search for the ticket again; if it is missing, ask the \
                 host to run: spec-kitty admin tickets import FILE"
                    .to_owned()
            }
            Self::MineUnknown => {
                "list the tickets of all; with spec-kitty connect and a key of your own, the \
                 server knows yours"
                    .to_owned()
            }
            Self::NotTheBinder { name, link } => {
                let link = shell_word(link);
                format!("ask {name}, or ask the host to run: spec-kitty admin origin remove {link}")
            }
            Self::Tracker(failure) => return failure.hint(),
            _ => return None,
        })
    }

    /// The status and the body of the response.
    pub(super) fn envelope(&self) -> (StatusCode, ErrorEnvelope) {
        let (status, code) = self.status_and_code();
        let category = match status {
            StatusCode::UNAUTHORIZED => "authentication",
            StatusCode::FORBIDDEN => "authorization",
            StatusCode::NOT_FOUND => "not_found",
            StatusCode::CONFLICT => "conflict",
            StatusCode::TOO_MANY_REQUESTS => "rate_limit",
            status if status.is_server_error() => "server",
            _ => "validation",
        };
        let envelope = ErrorEnvelope {
            code: Some(code.to_owned()),
            category: Some(category.to_owned()),
            message: self.to_string(),
            retryable: matches!(
                status,
                StatusCode::TOO_MANY_REQUESTS
                    | StatusCode::REQUEST_TIMEOUT
                    | StatusCode::SERVICE_UNAVAILABLE
            ),
            user_action_required: match self {
                Self::AccountNotLinked { .. } => true,
                Self::Tracker(failure) => failure.error.needs_the_host(),
                _ => false,
            },
            source: Some("control_plane".to_owned()),
            retry_after_seconds: match self {
                Self::RateLimited(wait) => Some(whole_seconds(*wait)),
                Self::Tracker(failure) => failure.wait().map(whole_seconds),
                _ => None,
            },
            hint: self.hint(),
            action_url: None,
            missions: match self {
                Self::TicketHasMission { missions, .. } => missions.clone(),
                _ => Vec::new(),
            },
        };
        (status, envelope)
    }
}

fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, envelope) = self.envelope();
        let seconds = envelope.retry_after_seconds;
        let mut response = (status, Json(envelope)).into_response();
        if let Some(seconds) = seconds {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<StoreError> for ApiError {
    /// Logs the reason and hides it from the caller: it can contain paths of the server.
    fn from(error: StoreError) -> Self {
        tracing::error!(error = chain(&error), "store failed");
        match error {
            StoreError::Serialise(_) => Self::Internal,
            StoreError::SearchTooSlow => Self::TooSlow,
            _ => Self::StoreUnavailable,
        }
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        tracing::error!(%error, "cannot serialise");
        Self::Internal
    }
}

impl From<EntropyError> for ApiError {
    fn from(error: EntropyError) -> Self {
        tracing::error!(%error, "no random bytes");
        Self::Internal
    }
}
