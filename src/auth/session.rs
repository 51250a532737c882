//! A session: the one way to send an authenticated request.

use std::time::Duration;

use super::credentials::CredentialsError;
use super::server::ResolveError;
use crate::http::{Answer, Deadline, HttpClient, HttpError, Retry, Server};
use crate::wire::candidate::FieldError;
use crate::world::World;

/// Someone who is logged in, and until when the command may take.
#[derive(Debug)]
pub struct Session<'a> {
    world: &'a World,
    deadline: Deadline,
    client: HttpClient,
    team_slug: Option<String>,
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
    NotLoggedIn,
    /// The session is of another server.
    #[error("the session is of {issued}, not of {wanted}")]
    OtherServer {
        /// Who issued the tokens.
        issued: Server,
        /// Whom the command wants.
        wanted: Server,
    },
    /// `SPEC_KITTY_TOKEN` without an address in the flag or the environment.
    #[error("SPEC_KITTY_TOKEN is set, but nothing beside it names its server")]
    TokenWithoutServer,
    /// The server knows the session no more.
    #[error("Session expired. Run `spec-kitty auth login`")]
    Expired {
        /// Whether the token came from `SPEC_KITTY_TOKEN`.
        from_environment: bool,
    },
    /// The refresh got an answer that is neither a new session nor a refusal.
    #[error("the session could not be renewed (HTTP {status})")]
    RefreshFailed {
        /// The status.
        status: u16,
    },
    /// The refresh got an answer that breaks a rule.
    #[error("the answer of {server} to the renewal of the session cannot be used")]
    BadResponse {
        /// Who answered.
        server: Server,
        /// Which rule.
        source: FieldError,
    },
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
        _world: &'a World,
        _flag_server: Option<&str>,
        _deadline: Deadline,
    ) -> Result<Self, SessionError> {
        Err(SessionError::NotLoggedIn)
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
    /// and the request sent again; a second 401 is [`SessionError::Expired`]. Any other status is an answer.
    pub fn post(
        &self,
        _path: &str,
        _body: Vec<u8>,
        _options: PostOptions,
    ) -> Result<Answer, SessionError> {
        Err(SessionError::NotLoggedIn)
    }
}

/// The team of whoever is logged in, without asking the network; for the envelopes of events.
pub fn team_slug_if_logged_in(_world: &World, _flag_server: Option<&str>) -> Option<String> {
    None
}
