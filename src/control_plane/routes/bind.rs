//! Binding a ticket to a mission, and unbinding it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::control_plane::api_error::ApiError;
use crate::control_plane::app::App;
use crate::control_plane::extract::{Caller, Document};
use crate::control_plane::store::{
    BindAttempt, BindOutcome, KeyedRequest, Mission, StoredAnswer, UnbindOutcome,
};
use crate::wire::candidate::{CandidateFields, FieldError, MatchType, OriginCandidate};
use crate::wire::request::{BindRequest, UnbindRequest};
use crate::wire::response::UnbindResponse;
use crate::wire::{IDEMPOTENCY_KEY, NON_EMPTY};

const MAX_KEY_BYTES: usize = 255;
/// The most characters of an id, a slug and a repository. A search returns them.
const MAX_NAME: usize = 255;

/// Makes a ticket the origin of a mission. A repeated request gets the same answer.
pub(super) async fn bind(
    State(app): State<Arc<App>>,
    Caller(caller): Caller,
    headers: HeaderMap,
    Document(request): Document<BindRequest>,
) -> Result<Response, ApiError> {
    let key = idempotency_key(&headers)?;
    let mission = mission(
        &request.mission_id,
        request.slug(),
        request.repository.as_deref(),
    );
    check_mission(mission).and_then(|()| check_ticket(&request))?;
    let (slug, binding_ref) = (
        request.project_slug.as_deref(),
        request.binding_ref.as_deref(),
    );
    let project = app
        .project(&caller, &request.provider, slug, binding_ref)
        .await?;
    let (issue, issue_key) = (&*request.external_issue_id, &*request.external_issue_key);
    let ticket = app.known_ticket(&project, issue, issue_key).await?;
    let mut attempt = BindAttempt {
        caller: KeyedRequest {
            user_id: caller.user_id,
            key,
            hash: &hash(&request)?,
            now: app.world.now(),
        },
        project: &project,
        mission,
        external_issue_id: issue,
        ticket: ticket.as_ref(),
        exclusive: request.exclusive,
        new_link_id: &app.world.random_uuid()?.to_string(),
    };
    let bind = async |attempt: &BindAttempt<'_>| {
        let is_live = project.connection.is_some();
        let answer = |outcome: &BindOutcome| answer(&request, is_live, outcome);
        let stored = app.store.bind_origin(attempt, answer).await?;
        stored.ok_or(ApiError::IdempotencyKeyReused)
    };
    let mut stored = bind(&attempt).await?;
    // A request that is answered without the ticket, such as a repeated one, needs no live tracker.
    let looked_up;
    if stored.status == StatusCode::NOT_FOUND.as_u16() && attempt.ticket.is_none() {
        looked_up = app.live_ticket(&project, issue, issue_key).await?;
        if looked_up.is_some() {
            attempt.ticket = looked_up.as_ref();
            stored = bind(&attempt).await?;
        }
    }
    let StoredAnswer { status, body } = stored;
    let status = StatusCode::from_u16(status).map_err(|_| ApiError::Internal)?;
    Ok((status, [(CONTENT_TYPE, "application/json")], body).into_response())
}

/// Removes the origin of a mission that the caller bound.
pub(super) async fn unbind(
    State(app): State<Arc<App>>,
    Caller(caller): Caller,
    headers: HeaderMap,
    Document(request): Document<UnbindRequest>,
) -> Result<Json<UnbindResponse>, ApiError> {
    let key = idempotency_key(&headers)?;
    let mission = mission(
        &request.mission_id,
        request.slug(),
        request.repository.as_deref(),
    );
    check_mission(mission)?;
    let (slug, binding_ref) = (
        request.project_slug.as_deref(),
        request.binding_ref.as_deref(),
    );
    let project = app
        .project(&caller, &request.provider, slug, binding_ref)
        .await?;
    let response = UnbindResponse { unbound: true };
    let stored = StoredAnswer {
        status: StatusCode::OK.as_u16(),
        body: serde_json::to_string(&response)?,
    };
    let keyed = KeyedRequest {
        user_id: caller.user_id,
        key,
        hash: &hash(&request)?,
        now: app.world.now(),
    };
    let unbound = app.store.unbind_origin(keyed, &project, mission, &stored);
    match unbound.await? {
        UnbindOutcome::Unbound(Some(link)) => {
            tracing::info!(link, "origin removed");
            Ok(Json(response))
        }
        UnbindOutcome::Unbound(None) => Ok(Json(response)),
        UnbindOutcome::KeyReused => Err(ApiError::IdempotencyKeyReused),
        UnbindOutcome::NotFound => Err(ApiError::OriginNotFound(request.slug().to_owned())),
        UnbindOutcome::Ambiguous => {
            let message = "repository: several missions have this slug; send the repository";
            Err(ApiError::Invalid(message.to_owned()))
        }
        UnbindOutcome::NotTheBinder { name, link } => Err(ApiError::NotTheBinder { name, link }),
    }
}

fn answer(
    request: &BindRequest,
    is_live: bool,
    outcome: &BindOutcome,
) -> serde_json::Result<StoredAnswer> {
    let mission = request.slug().to_owned();
    let error = match outcome {
        BindOutcome::Bound(response) => {
            let status = StatusCode::OK.as_u16();
            let body = serde_json::to_string(response)?;
            return Ok(StoredAnswer { status, body });
        }
        BindOutcome::Conflict(key) => {
            let key = key.clone();
            ApiError::OriginConflict { mission, key }
        }
        BindOutcome::SlugTaken(key) => {
            let key = key.clone();
            ApiError::MissionSlugTaken { mission, key }
        }
        BindOutcome::HasMission(missions) => ApiError::TicketHasMission {
            key: request.external_issue_key.clone(),
            missions: missions.clone(),
        },
        BindOutcome::TicketNotFound => ApiError::TicketNotFound {
            key: request.external_issue_key.clone(),
            is_live,
        },
    };
    let (status, envelope) = error.envelope();
    let body = serde_json::to_string(&envelope)?;
    let status = status.as_u16();
    Ok(StoredAnswer { status, body })
}

/// The hash covers the parsed request: another client may format the same request differently.
fn hash(request: &impl Serialize) -> serde_json::Result<[u8; 32]> {
    Ok(Sha256::digest(serde_json::to_vec(request)?).into())
}

fn idempotency_key(headers: &HeaderMap) -> Result<&str, ApiError> {
    let key = headers.get(IDEMPOTENCY_KEY);
    key.and_then(|key| key.to_str().ok())
        .filter(|key| (1..=MAX_KEY_BYTES).contains(&key.len()))
        .ok_or(ApiError::IdempotencyKeyRequired)
}

/// A client that does not know the repository may send an empty one.
fn mission<'a>(id: &'a str, slug: &'a str, repository: Option<&'a str>) -> Mission<'a> {
    Mission {
        id,
        slug,
        repository: repository.filter(|name| !name.is_empty()),
    }
}

fn check_mission(mission: Mission<'_>) -> Result<(), ApiError> {
    for (field, value) in [("mission_id", mission.id), ("mission_slug", mission.slug)] {
        if value.trim().is_empty() {
            return Err(invalid(&FieldError::new(field, NON_EMPTY)));
        }
    }
    for (field, value) in [
        ("mission_id", mission.id),
        ("mission_slug", mission.slug),
        ("repository", mission.repository.unwrap_or_default()),
    ] {
        if value.chars().count() > MAX_NAME {
            return Err(invalid(&FieldError::new(field, TOO_LONG)));
        }
    }
    Ok(())
}

const TOO_LONG: &str = "must be at most 255 characters";

fn check_ticket(request: &BindRequest) -> Result<(), ApiError> {
    let ticket = OriginCandidate::new(CandidateFields {
        external_issue_id: request.external_issue_id.clone(),
        external_issue_key: request.external_issue_key.clone(),
        title: request.external_title.clone(),
        status: request.external_status.clone(),
        url: request.external_issue_url.clone(),
        match_type: MatchType::Exact,
        ..CandidateFields::default()
    });
    ticket.map(drop).map_err(|error| {
        invalid(&match &*error.field {
            "title" => FieldError::new("external_title", error.rule),
            "url" => FieldError::new("external_issue_url", error.rule),
            "status" => FieldError::new("external_status", error.rule),
            _ => error,
        })
    })
}

fn invalid(error: &FieldError) -> ApiError {
    ApiError::Invalid(format!("{}: {}", error.field, error.rule))
}
