//! `~/.spec-kitty/credentials` (DESIGN §4): TOML, mode 0600, the same format as spec-kitty 3.0.x,
//! so that a login there is a login here.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::fs::FsError;
use crate::fs::lock::LockError;
use crate::http::Server;
use crate::secret::Secret;
use crate::world::World;

/// A session on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The control plane that issued the tokens; they go nowhere else.
    pub server: Server,
    /// The access token.
    pub access: Secret,
    /// The refresh token; none where the access token was given by hand.
    pub refresh: Option<Secret>,
    /// When the access token ends.
    pub access_expires_at: Option<DateTime<Utc>>,
    /// When the refresh token ends.
    pub refresh_expires_at: Option<DateTime<Utc>>,
    /// Who logged in.
    pub username: Option<String>,
    /// The team the session acts for.
    pub team_slug: Option<String>,
}

/// Credentials that cannot be read or written. Nothing of the file's text is in it.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file breaks the format.
    #[error("the credentials in {} cannot be used: {problem}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        problem: String,
    },
    /// The file could not be read or replaced.
    #[error(transparent)]
    File(#[from] FsError),
    /// The lock was not had.
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// Reads the session; `None` where nobody is logged in.
pub fn load(_world: &World) -> Result<Option<Credentials>, CredentialsError> {
    Ok(None)
}
