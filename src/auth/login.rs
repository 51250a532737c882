//! Login and logout.

pub use super::credentials::Login;
use super::credentials::{self, Credentials, CredentialsError};
use super::session::SessionError;
use super::verification::{self, Verification};
use crate::http::{Call, Deadline, HttpClient, Refusal, Retry};
use crate::secret::Secret;
use crate::wire::TOKEN_PATH;
use crate::wire::request::TokenRequest;
use crate::wire::response::TokenResponse;
use crate::world::World;

/// Exchanges a password for a session, which replaces the stored one. After an error,
/// the previous session is still stored.
pub fn with_password(
    world: &World,
    deadline: &Deadline,
    login: Login,
    password: Secret,
) -> Result<Credentials, SessionError> {
    // Before the request, so that the server starts no session that cannot be stored.
    let lock = credentials::lock(world, deadline.remaining(world))?;
    let client = HttpClient::new(world, login.server.clone())?;
    let username = login.username.clone().ok_or(SessionError::NoUserName)?;
    let request = TokenRequest { username, password };
    let call = Call {
        retry: Retry::Unprocessed,
        ..Call::json(TOKEN_PATH, &request)?
    };
    let answer = client.send(world, deadline, &call)?;
    if !answer.is_success() {
        let refusal = Refusal::read(&login.server, &answer);
        return Err(SessionError::Refused(Box::new(refusal)));
    }
    let session = TokenResponse::parse(&answer.body)
        .and_then(|tokens| Credentials::issued(world, login, tokens))
        .map_err(SessionError::BadResponse)?;
    credentials::store(world, &session, &lock)?;
    Ok(session)
}

/// Stores an access token that was issued elsewhere, which cannot be renewed. A token that the server
/// refuses is not stored. If the server does not answer, the token is stored only where it replaces
/// no session.
pub(crate) fn with_token(
    world: &World,
    deadline: &Deadline,
    login: Login,
    token: Secret,
) -> Result<(Credentials, Verification), SessionError> {
    if !credentials::is_token(token.expose()) {
        return Err(SessionError::NotAToken);
    }
    let lock = credentials::lock(world, deadline.remaining(world))?;
    let verification = match verification::of_token(world, *deadline, &login, &token) {
        Verification::Rejected(error) | Verification::Forbidden(error) => return Err(error),
        // A broken file holds no session.
        Verification::Unknown(error) if credentials::load(world).is_ok_and(|it| it.is_some()) => {
            return Err(error);
        }
        verification => verification,
    };
    let session = Credentials {
        server: login.server,
        access: token,
        refresh: None,
        access_expires_at: None,
        refresh_expires_at: None,
        username: login.username,
        team_slug: login.team_slug,
    };
    credentials::store(world, &session, &lock)?;
    Ok((session, verification))
}

/// Removes the stored session. Returns whether there was one.
pub(crate) fn log_out(world: &World, deadline: &Deadline) -> Result<bool, CredentialsError> {
    if !credentials::exists(world)? {
        return Ok(false);
    }
    let lock = credentials::lock(world, deadline.remaining(world))?;
    credentials::remove(world, &lock)
}
