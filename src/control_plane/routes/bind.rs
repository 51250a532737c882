//! Binding a ticket to a mission.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use crate::control_plane::api_error::ApiError;
use crate::control_plane::app::App;
use crate::control_plane::extract::{Caller, Document};
use crate::control_plane::store::{BindAttempt, BindOutcome, StoredAnswer};
use crate::wire::candidate::{CandidateFields, FieldError, MatchType, OriginCandidate};
use crate::wire::request::BindRequest;
use crate::wire::{IDEMPOTENCY_KEY, NON_EMPTY};

const MAX_KEY_BYTES: usize = 255;

/// Makes a ticket the origin of a mission. A repeated request gets the same answer.
pub(super) async fn bind(
    State(app): State<Arc<App>>,
    Caller(caller): Caller,
    headers: HeaderMap,
    Document(request): Document<BindRequest>,
) -> Result<Response, ApiError> {
    let key = idempotency_key(&headers).ok_or(ApiError::IdempotencyKeyRequired)?;
    check(&request).map_err(|e| ApiError::Invalid(format!("{}: {}", e.field, e.rule)))?;
    let (slug, binding_ref) = (
        request.project_slug.as_deref(),
        request.binding_ref.as_deref(),
    );
    let project = app
        .project(caller.user_id, &request.provider, slug, binding_ref)
        .await?;
    // The hash covers the parsed request: another client may format the same request differently.
    let request_hash = Sha256::digest(serde_json::to_vec(&request)?);
    let attempt = BindAttempt {
        user_id: caller.user_id,
        project: &project,
        request: &request,
        key,
        request_hash: &request_hash,
        new_link_id: &app.world.random_uuid()?.to_string(),
        now: app.world.now(),
    };
    let StoredAnswer { status, body } = app
        .store
        .bind_origin(&attempt, |outcome| answer(&request, outcome))
        .await?
        .ok_or(ApiError::IdempotencyKeyReused)?;
    let status = StatusCode::from_u16(status).map_err(|_| ApiError::Internal)?;
    Ok((status, [(CONTENT_TYPE, "application/json")], body).into_response())
}

fn answer(request: &BindRequest, outcome: &BindOutcome) -> serde_json::Result<StoredAnswer> {
    let (status, body) = match outcome {
        BindOutcome::Bound(response) => (StatusCode::OK, serde_json::to_string(response)?),
        BindOutcome::Conflict(key) => {
            let (mission, key) = (request.slug().to_owned(), key.clone());
            let (status, envelope) = ApiError::OriginConflict { mission, key }.envelope();
            (status, serde_json::to_string(&envelope)?)
        }
    };
    let status = status.as_u16();
    Ok(StoredAnswer { status, body })
}

fn idempotency_key(headers: &HeaderMap) -> Option<&str> {
    let key = headers.get(IDEMPOTENCY_KEY)?.to_str().ok()?;
    (1..=MAX_KEY_BYTES).contains(&key.len()).then_some(key)
}

fn check(request: &BindRequest) -> Result<(), FieldError> {
    for (field, value) in [
        ("mission_id", &*request.mission_id),
        ("mission_slug", request.slug()),
    ] {
        if value.trim().is_empty() {
            return Err(FieldError::new(field, NON_EMPTY));
        }
    }
    let ticket = OriginCandidate::new(CandidateFields {
        external_issue_id: request.external_issue_id.clone(),
        external_issue_key: request.external_issue_key.clone(),
        title: request.external_title.clone(),
        status: request.external_status.clone(),
        url: request.external_issue_url.clone(),
        match_type: MatchType::Exact,
        ..CandidateFields::default()
    });
    ticket.map(drop).map_err(|error| match &*error.field {
        "title" => FieldError::new("external_title", error.rule),
        "url" => FieldError::new("external_issue_url", error.rule),
        "status" => FieldError::new("external_status", error.rule),
        _ => error,
    })
}
