//! A session: the one way to send an authenticated request.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::credentials::{self, Credentials, CredentialsError};
use super::server_choice::{ResolveError, ResolvedServer, chosen, named};
use crate::http::{Answer, Call, Deadline, HttpClient, HttpError, Refusal, Retry, Server};
use crate::secret::Secret;
use crate::wire::TEAM_SLUG;
use crate::wire::candidate::FieldError;
use crate::world::{World, names};

/// Someone who is logged in, and until when the command may take.
#[derive(Debug)]
pub struct Session<'a> {
    pub(super) world: &'a World,
    pub(super) deadline: Deadline,
    pub(super) client: HttpClient,
    /// Who issued the tokens of the credentials file; none where the token is the environment's.
    pub(super) issuer: Option<Server>,
    access: RefCell<Secret>,
    team_slug: Option<String>,
    uncertain: Cell<bool>,
}

/// How to send one request.
#[derive(Debug, Clone, Default)]
pub struct PostOptions {
    /// More headers.
    pub headers: Vec<(&'static str, String)>,
    /// Whether the body is gzip already.
    pub gzip: bool,
    /// Whether it may be repeated.
    pub retry: Retry,
    /// The most one attempt may take, within the deadline.
    pub attempt_timeout: Option<Duration>,
}

/// Why a request could not be sent as someone, or got no answer.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Nobody is logged in.
    #[error("not logged in")]
    NotLoggedIn {
        /// Where one would log in, as far as it is known.
        server: Option<ResolvedServer>,
    },
    /// The session is of another server.
    #[error("the session belongs to {issued}, not to {wanted}")]
    OtherServer {
        /// Who issued the tokens.
        issued: Server,
        /// Whom the command wants.
        wanted: Server,
    },
    /// `SPEC_KITTY_TOKEN` without an address in the flag or the environment.
    #[error("SPEC_KITTY_TOKEN is set, but neither --server nor SPEC_KITTY_SERVER names its server")]
    TokenWithoutServer,
    /// `SPEC_KITTY_TOKEN` holds something else.
    #[error("SPEC_KITTY_TOKEN holds no token")]
    MalformedToken,
    /// The server knows the session no more.
    #[error("Session expired. Run `spec-kitty auth login`")]
    Expired {
        /// Whether the token came from `SPEC_KITTY_TOKEN`.
        from_environment: bool,
    },
    /// The renewal of the session got an answer that is neither a new one nor its end.
    #[error("the session could not be renewed")]
    RenewalRefused(Box<Refusal>),
    /// The renewal of the session got an answer that breaks a rule.
    #[error("the renewed session cannot be used")]
    BadResponse(#[source] FieldError),
    /// No address to speak with.
    #[error(transparent)]
    Server(#[from] ResolveError),
    /// The credentials cannot be read or written.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// No answer.
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl SessionError {
    /// Whether the server may have acted on the request.
    pub fn may_have_arrived(&self) -> bool {
        matches!(self, Self::Http(error) if error.may_have_arrived())
    }
}

impl<'a> Session<'a> {
    /// Takes up the session of the environment or the credentials file. It refuses a server other
    /// than the one that issued the tokens. Nothing is sent yet.
    pub fn open(
        world: &'a World,
        flag_server: Option<&str>,
        deadline: Deadline,
    ) -> Result<Self, SessionError> {
        if !world.network_allowed() {
            return Err(HttpError::NetworkDisabled.into());
        }
        let (server, issuer, access, team_slug);
        if let Some(token) = environment_token(world)? {
            let named = named(world, flag_server)?.ok_or(SessionError::TokenWithoutServer)?;
            (server, issuer, access) = (named.server, None, token);
            team_slug = world.variable(names::TEAM).map(str::to_owned);
        } else {
            let wanted = chosen(world, flag_server)?;
            let Some(session) = credentials::load(world)? else {
                return Err(SessionError::NotLoggedIn { server: wanted });
            };
            server = at_issuer(&session, wanted.map(|wanted| wanted.server))?;
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
            uncertain: Cell::new(false),
        })
    }

    /// Whether an earlier attempt of the last request may have been acted on without a definite
    /// answer.
    pub fn is_uncertain(&self) -> bool {
        self.uncertain.get()
    }

    /// The team it acts for.
    pub fn team_slug(&self) -> Option<&str> {
        self.team_slug.as_deref()
    }

    /// Whom it speaks with.
    pub fn server(&self) -> &Server {
        self.client.server()
    }

    /// The world it was opened in.
    pub fn world(&self) -> &'a World {
        self.world
    }

    /// When the command's time is over.
    pub fn deadline(&self) -> &Deadline {
        &self.deadline
    }

    /// Sends JSON as this session. After a 401 the session is renewed once, by one process for all,
    /// and the request sent again; a second 401 is [`SessionError::Expired`]. Any other status is
    /// an answer.
    pub fn post(
        &self,
        path: &str,
        body: Vec<u8>,
        options: PostOptions,
    ) -> Result<Answer, SessionError> {
        let mut headers = options.headers;
        headers.extend(self.team_slug.clone().map(|team| (TEAM_SLUG, team)));
        let mut call = Call {
            path,
            bearer: None,
            headers,
            body,
            gzip: options.gzip,
            attempt_timeout: options.attempt_timeout,
            retry: options.retry,
            uncertain: Cell::new(false),
        };
        self.uncertain.set(false);
        let mut renewed = false;
        loop {
            let token = self.access.borrow().clone();
            call.bearer = Some(token.clone());
            let answer = self.client.send(self.world, &self.deadline, &call);
            self.uncertain.set(call.uncertain.get());
            let answer = answer?;
            if answer.status != 401 {
                return Ok(answer);
            }
            if renewed {
                let from_environment = self.issuer.is_none();
                return Err(SessionError::Expired { from_environment });
            }
            let fresh = self.renew(&token)?;
            renewed = fresh.by_us;
            self.access.replace(fresh.access);
        }
    }
}

/// The server that a session's requests go to: the wanted one where it has the issuer's origin.
pub(super) fn at_issuer(
    session: &Credentials,
    wanted: Option<Server>,
) -> Result<Server, SessionError> {
    match wanted {
        Some(wanted) if wanted.same_origin(&session.server) => Ok(wanted),
        Some(wanted) => Err(SessionError::OtherServer {
            issued: session.server.clone(),
            wanted,
        }),
        None => Ok(session.server.clone()),
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

/// The team of whoever is logged in, without asking the network; for the envelopes of events.
pub fn team_slug_if_logged_in(world: &World, flag_server: Option<&str>) -> Option<String> {
    if environment_token(world).ok()?.is_some() {
        return world.variable(names::TEAM).map(str::to_owned);
    }
    let session = credentials::load(world).ok()??;
    let wanted = chosen(world, flag_server).ok()?;
    at_issuer(&session, wanted.map(|resolved| resolved.server)).ok()?;
    session.team_slug
}
