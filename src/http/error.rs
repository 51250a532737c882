//! How a request can fail without an answer.

use super::Server;

/// A request that got no answer. Any answer, also a refusal, is an [`super::Answer`].
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// `SPEC_KITTY_ENABLE_SAAS_SYNC` forbids it.
    #[error("the network is turned off by SPEC_KITTY_ENABLE_SAAS_SYNC")]
    NetworkDisabled,
    /// The client could not be set up: certificates, proxy.
    #[error("cannot prepare a connection to {server}")]
    Setup {
        /// Whom we wanted.
        server: Server,
        /// Why.
        source: SetupError,
    },
    /// No connection: the request never left.
    #[error("cannot reach {server}")]
    Unreachable {
        /// Whom we wanted.
        server: Server,
        /// Whether something is there that refuses connections: it may be about to start.
        refused: bool,
        /// Why.
        source: Cause,
    },
    /// The time was over.
    #[error("{server} did not answer in time")]
    TimedOut {
        /// Whom we wanted.
        server: Server,
        /// Whether the request may have left.
        sent: bool,
    },
    /// The connection ended, or spoke no HTTP, before the answer was whole.
    #[error("{server} broke off before its answer was complete")]
    Cut {
        /// Whom we wanted.
        server: Server,
        /// Why.
        source: Cause,
    },
    /// The answer was larger than [`crate::wire::MAX_ANSWER_BYTES`].
    #[error("the answer of {server} is larger than 8 MiB")]
    TooLarge {
        /// Who sent it.
        server: Server,
    },
    /// The server wanted us elsewhere, which a token must not follow.
    #[error("{server} redirects (HTTP {status}), which is not followed")]
    Redirect {
        /// Who sent it.
        server: Server,
        /// 3xx.
        status: u16,
    },
}

/// What the HTTP library said, without the URL.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Cause(String);

impl Cause {
    /// The innermost reason of an error: what wraps it only repeats what we say ourselves.
    pub(super) fn innermost(error: &dyn std::error::Error) -> Self {
        let mut innermost = error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        Self::new(innermost.to_string())
    }

    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// Why the client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// `SSL_CERT_FILE` cannot be read.
    #[error(transparent)]
    File(#[from] crate::fs::FsError),
    /// A header cannot hold what it should.
    #[error("the {0} header cannot hold this value")]
    Header(&'static str),
    /// A certificate or a proxy that cannot be used.
    #[error("{0}")]
    Other(&'static str),
    /// The library's own reason.
    #[error(transparent)]
    Library(Cause),
}

impl HttpError {
    /// Whether the server may have acted on the request.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::NetworkDisabled | Self::Setup { .. } | Self::Unreachable { .. } => false,
            Self::TimedOut { sent, .. } => *sent,
            Self::Cut { .. } | Self::TooLarge { .. } | Self::Redirect { .. } => true,
        }
    }
}
