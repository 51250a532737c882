//! Binding a ticket to a mission.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use crate::control_plane::app::App;
use crate::control_plane::extract::{Caller, Document};
use crate::control_plane::refusal::Refusal;
use crate::control_plane::store::{Answered, BindAttempt, BindOutcome};
use crate::wire::IDEMPOTENCY_KEY;
use crate::wire::candidate::{CandidateFields, MatchType, OriginCandidate};
use crate::wire::request::BindRequest;

const MAX_KEY_BYTES: usize = 255;

/// Makes a ticket the origin of a mission; says so again to whoever asks again.
pub(super) async fn bind(
    State(app): State<App>,
    Caller(caller): Caller,
    headers: HeaderMap,
    Document(request): Document<BindRequest>,
) -> Result<Response, Refusal> {
    let key = idempotency_key(&headers)?;
    check(&request)?;
    let named = (
        request.project_slug.as_deref(),
        request.binding_ref.as_deref(),
    );
    let project = app
        .project(caller.user_id, &request.provider, named)
        .await?;
    // Of the request as it was understood: a later client may write the same one differently.
    let understood = serde_json::to_vec(&request).unwrap_or_default();
    let request_hash = Sha256::digest(&understood);
    let attempt = BindAttempt {
        user_id: caller.user_id,
        project: &project,
        request: &request,
        key,
        request_hash: &request_hash,
        new_link_id: &app.world.random_uuid()?.to_string(),
        now: app.world.now(),
    };
    let answered = app
        .store
        .bind_origin(&attempt, |outcome| status_and_body(&request, outcome))
        .await?;
    let (status, body) = match answered {
        Answered::Now(outcome) => status_and_body(&request, &outcome),
        Answered::Before(status, body) => (status, body),
        Answered::KeyReused => {
            let message = "this Idempotency-Key came with another request before";
            return Err(Refusal::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                message,
            ));
        }
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Ok((status, [(CONTENT_TYPE, "application/json")], body).into_response())
}

fn status_and_body(request: &BindRequest, outcome: &BindOutcome) -> (u16, String) {
    match outcome {
        BindOutcome::Bound(response) => {
            let body = serde_json::to_string(response).unwrap_or_default();
            (StatusCode::OK.as_u16(), body)
        }
        BindOutcome::Conflict(key) => {
            let message = format!("mission {} is already bound to {key}", request.mission_slug);
            Refusal::new(StatusCode::CONFLICT, "origin_conflict", message).status_and_body()
        }
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<&str, Refusal> {
    headers
        .get(IDEMPOTENCY_KEY)
        .and_then(|value| value.to_str().ok())
        .filter(|key| !key.is_empty() && key.len() <= MAX_KEY_BYTES)
        .ok_or_else(|| {
            let message = "an Idempotency-Key of 1 to 255 visible ASCII characters is required";
            Refusal::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_required",
                message,
            )
        })
}

fn check(request: &BindRequest) -> Result<(), Refusal> {
    for (field, value) in [
        ("mission_id", &request.mission_id),
        ("mission_slug", &request.mission_slug),
    ] {
        if value.trim().is_empty() {
            return Err(Refusal::invalid(format!(
                "{field}: must be a non-empty string"
            )));
        }
    }
    let ticket = OriginCandidate::new(CandidateFields {
        external_issue_id: request.external_issue_id.clone(),
        external_issue_key: request.external_issue_key.clone(),
        title: request.external_title.clone(),
        status: request.external_status.clone(),
        url: request.external_issue_url.clone(),
        match_type: MatchType::Exact,
    });
    ticket.map(drop).map_err(|error| {
        let field = match error.field.as_str() {
            "title" => "external_title",
            "url" => "external_issue_url",
            field => field,
        };
        Refusal::invalid(format!("{field}: {}", error.rule))
    })
}
