//! Logging in, and renewing a session.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use sha2::{Digest as _, Sha256};

use crate::control_plane::app::App;
use crate::control_plane::extract::{Document, not_in_team, team};
use crate::control_plane::password;
use crate::control_plane::refusal::Refusal;
use crate::control_plane::store::{ACCESS_LIFETIME, REFRESH_LIFETIME, TokenHash, TokenPair};
use crate::secret::Secret;
use crate::text::hex;
use crate::wire::request::{RefreshRequest, TokenRequest};
use crate::wire::response::TokenResponse;
use crate::world::{EntropyError, World};

/// Opens a session for a user name and password.
pub(super) async fn log_in(
    State(app): State<App>,
    headers: HeaderMap,
    Document(request): Document<TokenRequest>,
) -> Result<Json<TokenResponse>, Refusal> {
    let TokenRequest { username, password } = request;
    // By hash: a name may be as long as a document, and is remembered whoever sent it.
    app.logins
        .take(Sha256::digest(&username).into(), app.world.instant())
        .map_err(Refusal::rate_limited)?;
    let user = app.store.user_by_name(&username).await?;
    let (id, hash) = user.unzip();
    let verified = verify(&app, password, hash).await;
    let Some(id) = id.filter(|_| verified) else {
        return Err(Refusal::unauthenticated(
            "invalid_credentials",
            "the user name or the password is wrong",
        ));
    };
    let (team_id, team_slug) = app
        .store
        .team_of_user(id, team(&headers)?)
        .await?
        .ok_or_else(not_in_team)?;
    let (tokens, hashes) = new_tokens(&app.world)?;
    app.store
        .open_session(id, team_id, &hashes, app.world.now())
        .await?;
    tracing::info!(user = id, "session opened");
    Ok(answer(tokens, team_slug))
}

/// Puts a new pair of tokens in place of an old one.
pub(super) async fn refresh(
    State(app): State<App>,
    Document(request): Document<RefreshRequest>,
) -> Result<Json<TokenResponse>, Refusal> {
    let (tokens, hashes) = new_tokens(&app.world)?;
    let old = TokenHash::of(&request.refresh);
    let rotated = app
        .store
        .rotate_session(&old, &hashes, app.world.now())
        .await?;
    let Some(owner) = rotated else {
        return Err(Refusal::unauthenticated(
            "token_not_valid",
            "the refresh token is unknown, expired or used",
        ));
    };
    tracing::info!(session = owner.session_id, "session renewed");
    Ok(answer(tokens, owner.team_slug))
}

/// Checks a password off the threads that answer, a few at a time.
async fn verify(app: &App, password: Secret, hash: Option<String>) -> bool {
    let Ok(_permit) = Arc::clone(&app.passwords).acquire_owned().await else {
        return false;
    };
    let world = app.world.clone();
    tokio::task::spawn_blocking(move || password::verify(&world, &password, hash.as_deref()))
        .await
        .unwrap_or(false)
}

struct Tokens {
    access: Secret,
    refresh: Secret,
}

fn new_tokens(world: &World) -> Result<(Tokens, TokenPair), EntropyError> {
    let tokens = Tokens {
        access: new_token(world)?,
        refresh: new_token(world)?,
    };
    let hashes = TokenPair {
        access: TokenHash::of(&tokens.access),
        refresh: TokenHash::of(&tokens.refresh),
    };
    Ok((tokens, hashes))
}

/// 256 random bits, in hexadecimal.
fn new_token(world: &World) -> Result<Secret, EntropyError> {
    let bytes: [u8; 32] = world.try_random()?;
    Ok(Secret::new(hex(&bytes)))
}

fn answer(tokens: Tokens, team_slug: String) -> Json<TokenResponse> {
    Json(TokenResponse {
        access: tokens.access,
        refresh: tokens.refresh,
        access_lifetime: ACCESS_LIFETIME.num_seconds().try_into().ok(),
        refresh_lifetime: REFRESH_LIFETIME.num_seconds().try_into().ok(),
        team_slug: Some(team_slug),
    })
}
