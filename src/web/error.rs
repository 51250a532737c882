//! Why a connection cannot be prepared, or failed.

/// The reason of the HTTP library, without the URL.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Cause(String);

impl Cause {
    /// The innermost reason of an error; the outer ones only repeat what the caller says.
    pub(crate) fn innermost(error: &dyn std::error::Error) -> Self {
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
    pub(crate) fn library(error: &dyn std::error::Error) -> Self {
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
