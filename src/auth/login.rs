//! Beginning and ending a session.

pub use super::credentials::Login;
use super::credentials::{self, Credentials, CredentialsError};
use crate::http::{Call, Deadline, HttpClient, HttpError, Refusal, Retry};
use crate::secret::Secret;
use crate::wire::TOKEN_PATH;
use crate::wire::candidate::FieldError;
use crate::wire::request::TokenRequest;
use crate::wire::response::TokenResponse;
use crate::world::World;

/// Why nobody was logged in. The old session, where there was one, is still there.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The server said no.
    #[error("the login was refused")]
    Refused(Box<Refusal>),
    /// A success whose body breaks a rule.
    #[error("the control plane's answer cannot be used")]
    BadResponse(#[source] FieldError),
    /// What was given as a token is none.
    #[error("this is no token: a token is one word of printable ASCII")]
    MalformedToken,
    /// The session could not be stored.
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
    // First, so that no session is begun that cannot be stored.
    let lock = credentials::lock(world, deadline.remaining(world))?;
    let client = HttpClient::new(world, login.server.clone())?;
    let request = TokenRequest {
        username: login.username.clone().unwrap_or_default(),
        password,
    };
    let call = Call {
        path: TOKEN_PATH,
        body: serde_json::to_vec(&request).unwrap_or_default(),
        retry: Retry::Unprocessed,
        ..Call::default()
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

/// Stores an access token that was made elsewhere. Nothing is sent; nothing can renew it.
pub fn with_token(
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

/// Forgets the stored session. Whether there was one.
pub fn log_out(world: &World, deadline: &Deadline) -> Result<bool, CredentialsError> {
    if !credentials::exists(world)? {
        return Ok(false);
    }
    let lock = credentials::lock(world, deadline.remaining(world))?;
    credentials::remove(world, &lock)
}
