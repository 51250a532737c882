//! Every error of the API: its status, its code and its message.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};

use super::store::StoreError;
use crate::text::chain;
use crate::wire::Provider;
use crate::wire::error_envelope::ErrorEnvelope;
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
    #[error("your account is not linked to {}", .0.title())]
    AccountNotLinked(Provider),
    #[error("no such path")]
    NoSuchPath,
    #[error("project {project:?} is not mapped to {}", .provider.title())]
    NoMapping { provider: Provider, project: String },
    #[error("this path does not support that method")]
    MethodNotAllowed,
    #[error("the request body took too long to arrive")]
    BodyTooSlow,
    #[error("mission {mission} is already bound to {key}")]
    OriginConflict { mission: String, key: String },
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

impl ApiError {
    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::BadBody(_) | Self::EventWithoutId(..) => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::NotAuthenticated => (StatusCode::UNAUTHORIZED, "not_authenticated"),
            Self::InvalidCredentials => (StatusCode::UNAUTHORIZED, "invalid_credentials"),
            Self::AccessTokenNotValid | Self::RefreshTokenNotValid => {
                (StatusCode::UNAUTHORIZED, "token_not_valid")
            }
            Self::NotInTeam => (StatusCode::FORBIDDEN, "not_in_team"),
            Self::AccountNotLinked(_) => (StatusCode::FORBIDDEN, "account_not_linked"),
            Self::NoSuchPath => (StatusCode::NOT_FOUND, "no_such_path"),
            Self::NoMapping { .. } => (StatusCode::NOT_FOUND, "no_mapping"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::BodyTooSlow => (StatusCode::REQUEST_TIMEOUT, "body_too_slow"),
            Self::OriginConflict { .. } => (StatusCode::CONFLICT, "origin_conflict"),
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::HeadTooLarge => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "head_too_large",
            ),
            Self::UnsupportedEncoding => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding")
            }
            Self::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "validation_error"),
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
            user_action_required: matches!(self, Self::AccountNotLinked(_)),
            source: Some("control_plane".to_owned()),
            retry_after_seconds: match self {
                Self::RateLimited(wait) => Some(whole_seconds(*wait)),
                _ => None,
            },
            hint: None,
            action_url: None,
            missions: Vec::new(),
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
