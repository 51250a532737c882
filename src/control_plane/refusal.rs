//! Every answer that is not a success: a status and the error envelope of DESIGN §5.

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::store::StoreError;
use crate::wire::error_envelope::ErrorEnvelope;

/// A request that is not granted, and why.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: StatusCode,
    envelope: ErrorEnvelope,
}

impl Refusal {
    /// A refusal with a stable code and words for people.
    pub(super) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let retryable = matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::REQUEST_TIMEOUT
                | StatusCode::SERVICE_UNAVAILABLE
        );
        Self {
            status,
            envelope: ErrorEnvelope {
                code: Some(code.to_owned()),
                category: Some(category(status).to_owned()),
                message: message.into(),
                retryable,
                user_action_required: false,
                source: Some("control_plane".to_owned()),
                retry_after_seconds: None,
            },
        }
    }

    /// 401.
    pub(super) fn unauthenticated(code: &str, message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }

    /// 422: what was asked breaks a rule.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "validation_error",
            message,
        )
    }

    /// 429: how long to wait.
    pub(super) fn rate_limited(wait: Duration) -> Self {
        let mut refusal = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            "too many requests",
        );
        let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        refusal.envelope.retry_after_seconds = Some(whole.max(1));
        refusal
    }

    /// Says that the user has to do something at the control plane first.
    #[must_use]
    pub(super) fn user_action_required(mut self) -> Self {
        self.envelope.user_action_required = true;
        self
    }

    /// The status and body, to be remembered.
    pub(super) fn status_and_body(&self) -> (u16, String) {
        let body = serde_json::to_string(&self.envelope).unwrap_or_default();
        (self.status.as_u16(), body)
    }
}

/// The coarser name of a status.
fn category(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "authentication",
        StatusCode::FORBIDDEN => "authorization",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::CONFLICT => "conflict",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit",
        status if status.is_server_error() => "server",
        _ => "validation",
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (_, body) = self.status_and_body();
        let mut response =
            (self.status, [(CONTENT_TYPE, "application/json")], body).into_response();
        if let Some(seconds) = self.envelope.retry_after_seconds {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<crate::world::EntropyError> for Refusal {
    fn from(error: crate::world::EntropyError) -> Self {
        tracing::error!(%error, "no random bytes");
        let message = "the control plane cannot make tokens right now";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
    }
}

impl From<StoreError> for Refusal {
    /// The store's words stay in the log: they speak of files on the server.
    fn from(error: StoreError) -> Self {
        let cause: &dyn std::error::Error = &error;
        tracing::error!(error = cause, "store failed");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store_unavailable",
            "the control plane cannot use its store just now",
        )
    }
}
