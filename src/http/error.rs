//! How a request can fail without an answer.

use super::ServerUrl;

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

/// The reason of the HTTP library, without the URL.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Cause(String);

impl Cause {
    /// The innermost reason of an error; the outer ones only repeat what [`HttpError`] says.
    pub(super) fn innermost(error: &dyn std::error::Error) -> Self {
        let mut innermost = error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        Self(innermost.to_string())
    }

    /// What is wrong with the server's certificate, if that is the reason.
    pub(crate) fn bad_certificate(&self) -> Option<BadCertificate> {
        // The names of the TLS library; it passes no other sign of them on.
        if self.0.contains("CaUsedAsEndEntity") {
            return Some(BadCertificate::IsAuthority);
        }
        let is_unknown = self.0.contains("UnknownIssuer");
        is_unknown.then_some(BadCertificate::UnknownIssuer)
    }
}

/// Why a server's certificate is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadCertificate {
    /// It is the certificate of an authority (`CA:TRUE`), as `openssl req -x509` makes it.
    IsAuthority,
    /// No trusted authority has signed it.
    UnknownIssuer,
}

impl SetupError {
    pub(super) fn library(error: &dyn std::error::Error) -> Self {
        Self::Other(Cause::innermost(error).0)
    }
}

/// Why a connection cannot be prepared.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// `SSL_CERT_FILE` cannot be read.
    #[error(transparent)]
    File(#[from] crate::fs::FsError),
    /// The certificates, the proxy or a header is invalid, or the HTTP library's own reason.
    #[error("{0}")]
    Other(String),
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
