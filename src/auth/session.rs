//! A session: the only way to send an authenticated request.

use std::cell::RefCell;

use super::credentials::{self, Credentials, CredentialsError};
use super::server_choice::{ResolvedServer, Server, ServerSource, configured, explicit, is_local};
use crate::http::{
    Answer, Call, Deadline, HttpClient, HttpError, Refusal, ServerUrl, ServerUrlError,
};
use crate::secret::Secret;
use crate::settings::UserConfigError;
use crate::wire::candidate::FieldError;
use crate::wire::{PERSONAL_TEAM, TEAM_SLUG};
use crate::world::{World, names};

/// A logged-in user for the duration of a command.
#[derive(Debug)]
pub struct Session<'a> {
    pub(super) world: &'a World,
    pub(super) deadline: Deadline,
    pub(super) client: HttpClient,
    /// The server that issued the tokens of the credentials file; `None` for `SPEC_KITTY_TOKEN`.
    pub(super) issuer: Option<ServerUrl>,
    access: RefCell<Secret>,
    team_slug: Option<String>,
}

/// Why there is no session, or a request of it has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Nobody is logged in.
    #[error("not logged in")]
    NotLoggedIn {
        /// The server to log in to, if one is configured.
        server: Option<ResolvedServer>,
    },
    /// The stored session belongs to another server.
    #[error("the session belongs to {issued}, not to {wanted}")]
    OtherServer {
        issued: ServerUrl,
        wanted: ServerUrl,
    },
    /// Sessions belong to the control plane of a team. The personal one needs none.
    #[error("the personal control plane (local) has no login")]
    Local,
    /// `SPEC_KITTY_TOKEN` is set, but no flag or variable says which server it is for.
    #[error("SPEC_KITTY_TOKEN is set, but neither --server nor SPEC_KITTY_SERVER is")]
    TokenWithoutServer,
    /// The value of `SPEC_KITTY_TOKEN` cannot be a token.
    #[error("SPEC_KITTY_TOKEN is not a valid token")]
    MalformedToken,
    /// The server no longer accepts the tokens.
    #[error("Session expired. Run `spec-kitty auth login`")]
    Expired {
        /// Whether the token came from `SPEC_KITTY_TOKEN`.
        from_environment: bool,
    },
    /// A login with a password needs a user name.
    #[error("a user name is required")]
    NoUserName,
    /// The text given to a login as a token cannot be one.
    #[error("invalid token: expected one line of ASCII text without spaces")]
    NotAToken,
    /// The server refused the login, or refused for now to renew the session.
    #[error("the server started no session")]
    Refused(Box<Refusal>),
    /// The answer to a login or a renewal breaks a rule.
    #[error("invalid response from the server")]
    BadResponse(#[source] FieldError),
    #[error("no server is configured")]
    NoServer,
    #[error("invalid server URL in {}", _0.as_str())]
    InvalidServer(ServerSource, #[source] ServerUrlError),
    /// The user's settings cannot be read.
    #[error(transparent)]
    UserConfig(#[from] UserConfigError),
    /// The credentials cannot be read or written.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// No answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// This ended the request, but the server may have acted on an earlier attempt.
    #[error(transparent)]
    Uncertain(Box<Self>),
}

impl SessionError {
    /// Whether the server may have acted on the request.
    pub(crate) fn may_have_arrived(&self) -> bool {
        match self {
            Self::Http(error) => error.may_have_arrived(),
            Self::Uncertain(_) => true,
            _ => false,
        }
    }

    /// This error after an attempt that was `uncertain` or not.
    fn after(self, uncertain: bool) -> Self {
        if uncertain && !self.may_have_arrived() {
            return Self::Uncertain(Box::new(self));
        }
        self
    }
}

impl<'a> Session<'a> {
    /// Opens the session of `SPEC_KITTY_TOKEN` or of the credentials file, without a request. It
    /// refuses any server other than the one that issued the tokens.
    pub fn open(
        world: &'a World,
        flag_server: Option<&str>,
        deadline: Deadline,
    ) -> Result<Self, SessionError> {
        if !world.network_allowed() {
            return Err(HttpError::NetworkDisabled.into());
        }
        if is_local(world, flag_server)? {
            return Err(SessionError::Local);
        }
        let (server, issuer, access, team_slug);
        if let Some(token) = environment_token(world)? {
            let explicit = explicit(world, flag_server)?.ok_or(SessionError::TokenWithoutServer)?;
            let Server::At(url) = explicit.server else {
                return Err(SessionError::Local);
            };
            (server, issuer, access) = (url, None, token);
            team_slug = world.variable(names::TEAM).map(str::to_owned);
        } else {
            let wanted = configured(world, flag_server)?;
            let Some(session) = credentials::load(world)? else {
                return Err(SessionError::NotLoggedIn { server: wanted });
            };
            server = at_issuer(&session, wanted.as_ref())?;
            (issuer, access) = (Some(session.server), session.access);
            team_slug = session.team_slug;
        }
        Ok(Self {
            world,
            deadline,
            client: HttpClient::new(world, server)?,
            issuer,
            access: RefCell::new(access),
            team_slug,
        })
    }

    /// A session with a token that cannot be renewed.
    pub(crate) fn with_token(
        world: &'a World,
        server: ServerUrl,
        deadline: Deadline,
        access: Secret,
        team_slug: &str,
    ) -> Result<Self, SessionError> {
        Ok(Self {
            world,
            deadline,
            client: HttpClient::new(world, server)?,
            issuer: None,
            access: RefCell::new(access),
            team_slug: Some(team_slug.to_owned()),
        })
    }

    pub(crate) fn team_slug(&self) -> Option<&str> {
        self.team_slug.as_deref()
    }

    pub(crate) fn server(&self) -> &ServerUrl {
        self.client.server()
    }

    /// Sends a request with the token and team of this session. After a 401 it renews the session once,
    /// in one process for all, and sends the request again. A second 401 is
    /// [`SessionError::Expired`]; any other status is an answer.
    pub fn post(&self, call: Call<'_>) -> Result<Answer, SessionError> {
        self.send(call)
    }

    pub(crate) fn send(&self, mut call: Call<'_>) -> Result<Answer, SessionError> {
        let team = self.team_slug.clone();
        call.headers.extend(team.map(|team| (TEAM_SLUG, team)));
        let (mut uncertain, mut renewed) = (false, false);
        loop {
            let token = self.access.borrow().clone();
            call.bearer = Some(token.clone());
            let answer = self.client.send(self.world, &self.deadline, &call);
            let mut answer = answer.map_err(|error| SessionError::Http(error).after(uncertain))?;
            uncertain |= answer.uncertain;
            if answer.status != 401 {
                answer.uncertain = uncertain;
                return Ok(answer);
            }
            if renewed {
                let from_environment = self.issuer.is_none();
                return Err(SessionError::Expired { from_environment }.after(uncertain));
            }
            let fresh = self.renew(&token).map_err(|error| error.after(uncertain))?;
            renewed = fresh.by_this_process;
            self.access.replace(fresh.access);
        }
    }
}

/// The URL for a session's requests: the wanted one, which must have the issuer's origin.
pub(super) fn at_issuer(
    session: &Credentials,
    wanted: Option<&ResolvedServer>,
) -> Result<ServerUrl, SessionError> {
    let issued = session.server.clone();
    match wanted.map(|wanted| wanted.server.clone()) {
        Some(Server::Local) => Err(SessionError::Local),
        Some(Server::At(wanted)) if wanted.same_origin(&issued) => Ok(wanted),
        Some(Server::At(wanted)) => Err(SessionError::OtherServer { issued, wanted }),
        None => Ok(issued),
    }
}

/// The token of `SPEC_KITTY_TOKEN`.
pub(super) fn environment_token(world: &World) -> Result<Option<Secret>, SessionError> {
    match world.variable(names::TOKEN).map(str::trim) {
        None => Ok(None),
        Some(token) if credentials::is_token(token) => Ok(Some(Secret::new(token))),
        Some(_) => Err(SessionError::MalformedToken),
    }
}

/// The team of the logged-in user, without a request; for the envelopes of events.
pub fn team_slug_if_logged_in(world: &World, flag_server: Option<&str>) -> Option<String> {
    if is_local(world, flag_server).ok()? {
        return Some(PERSONAL_TEAM.to_owned());
    }
    if environment_token(world).ok()?.is_some() {
        return world.variable(names::TEAM).map(str::to_owned);
    }
    let session = credentials::load(world).ok()??;
    let wanted = configured(world, flag_server).ok()?;
    at_issuer(&session, wanted.as_ref()).ok()?;
    session.team_slug
}
