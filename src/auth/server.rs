//! Which control plane a command speaks with. A file of the repository never decides that: it
//! would get the token.

use super::credentials::CredentialsError;
use super::user_config::UserConfigError;
use crate::http::{Server, ServerError};
use crate::world::World;

/// Where an address came from, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerSource {
    /// `--server`.
    Flag,
    /// `SPEC_KITTY_SERVER` or its older alias.
    Environment,
    /// `[sync] server_url` of the user's `config.toml`.
    UserConfig,
    /// The session's own server.
    Credentials,
}

impl ServerSource {
    /// For people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "--server",
            Self::Environment => "SPEC_KITTY_SERVER",
            Self::UserConfig => "config.toml",
            Self::Credentials => "credentials",
        }
    }
}

/// An address and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedServer {
    /// The address.
    pub server: Server,
    /// Where it came from.
    pub source: ServerSource,
}

/// No address to speak with.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// Nothing names one.
    #[error("no control plane is configured")]
    NotConfigured,
    /// What names one is wrong.
    #[error("the server address of {} cannot be used", origin.as_str())]
    Invalid {
        /// Where it stands.
        origin: ServerSource,
        /// What is wrong with it.
        source: ServerError,
    },
    /// The user's settings cannot be read.
    #[error(transparent)]
    UserConfig(#[from] UserConfigError),
    /// The credentials cannot be read.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
}

/// The address of `--server`, the environment, the user's settings, or the session's own.
pub fn resolve(_world: &World, _flag: Option<&str>) -> Result<ResolvedServer, ResolveError> {
    Err(ResolveError::NotConfigured)
}
