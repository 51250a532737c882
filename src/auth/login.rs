//! Login and logout.

pub use super::credentials::Login;
use super::credentials::{self, Credentials, CredentialsError};
use crate::http::{Call, Deadline, HttpClient, HttpError, Refusal, Retry};
use crate::secret::Secret;
use crate::wire::TOKEN_PATH;
use crate::wire::candidate::FieldError;
use crate::wire::request::TokenRequest;
use crate::wire::response::TokenResponse;
use crate::world::World;

/// A login that failed. The previous session, if any, is still stored.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The server refused the user name or password.
    #[error("login failed")]
    Refused(Box<Refusal>),
    /// A successful answer with a body that breaks a rule.
    #[error("invalid response from the server")]
    BadResponse(#[source] FieldError),
    /// A login with a password needs a user name.
    #[error("a user name is required")]
    NoUserName,
    /// The text given as a token cannot be one.
    #[error("invalid token: expected one line of ASCII text without spaces")]
    MalformedToken,
    /// The session cannot be stored.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// No answer.
    #[error(transparent)]
    Http(#[from] HttpError),
}

/// Exchanges a password for a session, which replaces the stored one.
pub fn with_password(
    world: &World,
    deadline: &Deadline,
    login: Login,
    password: Secret,
) -> Result<Credentials, LoginError> {
    // Before the request, so that the server starts no session that cannot be stored.
    let lock = credentials::lock(world, deadline.remaining(world))?;
    let client = HttpClient::new(world, login.server.clone())?;
    let username = login.username.clone().ok_or(LoginError::NoUserName)?;
    let request = TokenRequest { username, password };
    let call = Call {
        retry: Retry::Unprocessed,
        ..Call::json(TOKEN_PATH, &request)?
    };
    let answer = client.send(world, deadline, &call)?;
    if !answer.is_success() {
        let refusal = Refusal::read(&login.server, &answer);
        return Err(LoginError::Refused(Box::new(refusal)));
    }
    let session = TokenResponse::parse(&answer.body)
        .and_then(|tokens| Credentials::issued(world, login, tokens))
        .map_err(LoginError::BadResponse)?;
    credentials::store(world, &session, &lock)?;
    Ok(session)
}

/// Stores an access token that was issued elsewhere. It sends nothing, and the session cannot be
/// renewed.
pub(crate) fn with_token(
    world: &World,
    deadline: &Deadline,
    login: Login,
    token: Secret,
) -> Result<Credentials, LoginError> {
    if !credentials::is_token(token.expose()) {
        return Err(LoginError::MalformedToken);
    }
    let session = Credentials {
        server: login.server,
        access: token,
        refresh: None,
        access_expires_at: None,
        refresh_expires_at: None,
        username: login.username,
        team_slug: login.team_slug,
    };
    let lock = credentials::lock(world, deadline.remaining(world))?;
    credentials::store(world, &session, &lock)?;
    Ok(session)
}

/// Removes the stored session. Returns whether there was one.
pub(crate) fn log_out(world: &World, deadline: &Deadline) -> Result<bool, CredentialsError> {
    if !credentials::exists(world)? {
        return Ok(false);
    }
    let lock = credentials::lock(world, deadline.remaining(world))?;
    credentials::remove(world, &lock)
}
