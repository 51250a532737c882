//! Login and session refresh.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use sha2::{Digest as _, Sha256};

use crate::control_plane::api_error::ApiError;
use crate::control_plane::app::App;
use crate::control_plane::client_address::ClientAddress;
use crate::control_plane::extract::{Credentials, requested_team};
use crate::control_plane::password;
use crate::control_plane::store::{ACCESS_LIFETIME, REFRESH_LIFETIME, TokenHash, TokenPair};
use crate::secret::Secret;
use crate::text::hex;
use crate::wire::request::{RefreshRequest, TokenRequest};
use crate::wire::response::TokenResponse;
use crate::world::{EntropyError, World};

pub(super) async fn log_in(
    State(app): State<Arc<App>>,
    client: ClientAddress,
    headers: HeaderMap,
    Credentials(request): Credentials<TokenRequest>,
) -> Result<Json<TokenResponse>, ApiError> {
    limit(&app, client)?;
    let TokenRequest { username, password } = request;
    // The limit remembers a hash, because a name can be as long as the request body.
    let key = (Sha256::digest(&username).into(), client.0);
    let allowed = app.wrong_passwords.take(0, key, app.world.instant());
    allowed.map_err(ApiError::RateLimited)?;
    let user = app.store.user_by_name(&username).await?;
    let (id, hash) = user.unzip();
    let verified = verify(&app, client, password, hash).await?;
    let Some(user) = id.filter(|_| verified) else {
        let allowed = app.wrong_passwords.take(1, key, app.world.instant());
        return Err(allowed.map_or_else(ApiError::RateLimited, |()| ApiError::InvalidCredentials));
    };
    let team = app.store.team_of_user(user, requested_team(&headers)?);
    let (team_id, team_slug) = team.await?.ok_or(ApiError::NotInTeam)?;
    let tokens = Tokens::new(&app.world)?;
    app.store
        .open_session(user, team_id, &tokens.hashes(), app.world.now())
        .await?;
    tracing::info!(user, "session opened");
    Ok(tokens.into_response(team_slug))
}

/// Replaces the tokens of a session.
pub(super) async fn refresh(
    State(app): State<Arc<App>>,
    client: ClientAddress,
    Credentials(request): Credentials<RefreshRequest>,
) -> Result<Json<TokenResponse>, ApiError> {
    limit(&app, client)?;
    let (old, new) = (TokenHash::of(&request.refresh), Tokens::new(&app.world)?);
    let owner = app
        .store
        .rotate_session(&old, &new.hashes(), app.world.now())
        .await?
        .ok_or(ApiError::RefreshTokenNotValid)?;
    tracing::info!(session = owner.session_id, "session refreshed");
    Ok(new.into_response(owner.team_slug))
}

/// Counts logins and refreshes by address, because they have no session yet.
fn limit(app: &App, ClientAddress(address): ClientAddress) -> Result<(), ApiError> {
    let count = |address| app.logins.take(1, address, app.world.instant());
    let counted = address.map_or(Ok(()), count);
    counted.map_err(ApiError::RateLimited)
}

/// Checks a password on a thread for blocking work. Fails at once if too many others wait for that.
async fn verify(
    app: &App,
    ClientAddress(address): ClientAddress,
    password: Secret,
    hash: Option<String>,
) -> Result<bool, ApiError> {
    let busy = || ApiError::RateLimited(Duration::from_secs(1));
    let share = |address| app.password_shares.take(address).ok_or_else(busy);
    let _share = address.map(share).transpose()?;
    let _place = app.password_places.try_acquire().map_err(|_| busy())?;
    let permit = Arc::clone(&app.password_checks).acquire_owned().await;
    let permit = permit.map_err(|_| ApiError::Internal)?;
    let checking = tokio::task::spawn_blocking(move || {
        // Until the end of the work, even if nobody waits for it any more.
        let _permit = permit;
        password::verify(&password, hash.as_deref())
    });
    checking.await.map_err(|_| ApiError::Internal)
}

struct Tokens {
    access: Secret,
    refresh: Secret,
}

impl Tokens {
    /// Each token is 256 random bits in hexadecimal.
    fn new(world: &World) -> Result<Self, EntropyError> {
        let bytes = || world.try_random::<32>();
        Ok(Self {
            access: Secret::new(hex(&bytes()?)),
            refresh: Secret::new(hex(&bytes()?)),
        })
    }

    fn hashes(&self) -> TokenPair {
        TokenPair {
            access: TokenHash::of(&self.access),
            refresh: TokenHash::of(&self.refresh),
        }
    }

    fn into_response(self, team_slug: String) -> Json<TokenResponse> {
        Json(TokenResponse {
            access: self.access,
            refresh: self.refresh,
            access_lifetime: Some(ACCESS_LIFETIME.num_seconds().unsigned_abs()),
            refresh_lifetime: Some(REFRESH_LIFETIME.num_seconds().unsigned_abs()),
            team_slug: Some(team_slug),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control_plane::ServeOptions;
    use crate::control_plane::app::{PASSWORD_CHECKS, PASSWORD_CHECKS_OF_ONE_ADDRESS};
    use crate::control_plane::store::Store;

    async fn waits(check: impl Future) -> bool {
        tokio::time::timeout(Duration::ZERO, check).await.is_err()
    }

    #[tokio::test]
    async fn too_many_password_checks_do_not_wait() {
        let folder = tempfile::tempdir().unwrap();
        let world = World::with_variables(folder.path().to_owned(), [] as [(&str, &str); 0]);
        let store = Store::open(&world, folder.path()).await.unwrap();
        let options = ServeOptions::on_free_port(folder.path().to_owned());
        let app = App::new(world, store, None, &options);
        let _none_is_free = app.password_checks.acquire_many(2).await.unwrap();
        let check = |client: Option<u8>| {
            let address = client.map(|last| [192, 0, 2, last].into());
            Box::pin(verify(&app, ClientAddress(address), Secret::new("x"), None))
        };
        let mut waiting = Vec::new();
        for client in 1..=4 {
            // Nobody waits long because of one sender, and no other sender is refused.
            for _ in 0..PASSWORD_CHECKS_OF_ONE_ADDRESS {
                waiting.push(check(Some(client)));
                assert!(waits(waiting.last_mut().unwrap()).await, "{client}");
            }
            let refused = check(Some(client)).await;
            assert!(matches!(refused, Err(ApiError::RateLimited(_))));
        }
        assert_eq!(waiting.len(), PASSWORD_CHECKS);
        for client in [None, Some(5)] {
            let refused = check(client).await;
            assert!(matches!(refused, Err(ApiError::RateLimited(_))));
        }
        drop(waiting);
        assert!(waits(check(Some(1))).await && waits(check(None)).await);
    }
}
