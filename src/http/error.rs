//! How a request can fail without an answer.

use crate::web::{Cause, ServerUrl, SetupError};

/// A request without an answer. Any answer, also a refusal, is an [`super::Answer`].
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// `SPEC_KITTY_ENABLE_SAAS_SYNC` forbids the network.
    #[error("the network is disabled by SPEC_KITTY_ENABLE_SAAS_SYNC")]
    NetworkDisabled,
    /// The certificates, the proxy or a header cannot be used.
    #[error("cannot prepare a connection to {server}")]
    Setup {
        server: ServerUrl,
        source: SetupError,
    },
    /// The request cannot be written as JSON.
    #[error("cannot encode the request")]
    Encoding(#[source] serde_json::Error),
    /// No connection: the request was not sent.
    #[error("cannot reach {server}")]
    Unreachable {
        server: ServerUrl,
        /// Whether the host refused the connection, as it does while a server starts.
        refused: bool,
        source: Cause,
    },
    /// The deadline or the limit of the attempt passed.
    #[error("{server} did not answer in time")]
    TimedOut {
        server: ServerUrl,
        /// Whether the request may have been sent.
        sent: bool,
    },
    /// The connection ended before the answer was complete, or the answer was not HTTP.
    #[error("{server} closed the connection before its answer was complete")]
    Cut { server: ServerUrl, source: Cause },
    /// The answer is larger than [`crate::wire::MAX_ANSWER_BYTES`].
    #[error("the answer of {server} is larger than 8 MiB")]
    TooLarge { server: ServerUrl },
    /// A redirect, which a token must not follow.
    #[error("{server} redirects (HTTP {status}), which is not followed")]
    Redirect { server: ServerUrl, status: u16 },
    /// The last of several attempts, of which an earlier one may have reached the server.
    #[error(transparent)]
    Repeated(Box<Self>),
}

impl HttpError {
    /// Whether the server may have acted on the request.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::NetworkDisabled
            | Self::Setup { .. }
            | Self::Encoding(_)
            | Self::Unreachable { .. } => false,
            Self::TimedOut { sent, .. } => *sent,
            Self::Cut { .. }
            | Self::TooLarge { .. }
            | Self::Redirect { .. }
            | Self::Repeated(_) => true,
        }
    }
}
