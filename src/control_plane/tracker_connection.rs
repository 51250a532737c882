//! Opens a stored connection together with its credential.

use std::path::{Path, PathBuf};

use super::credential_file;
use super::store::ConnectionRow;
use super::trackers::{Connection, Deployment};
use crate::fs::FsError;
use crate::secret::Secret;
use crate::web::ServerUrl;

/// Why a stored connection cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionError {
    #[error("cannot read the credential of connection {name}")]
    Credential { name: String, source: FsError },
    /// Only another program can have stored it.
    #[error("connection {0} has an invalid provider or URL")]
    Invalid(String),
}

/// The connection of a row. Reads the credential.
pub(super) fn connection(row: &ConnectionRow, data: &Path) -> Result<Connection, ConnectionError> {
    let file = match &row.token_file {
        Some(file) => PathBuf::from(file),
        None => credential_file::path(data, &row.name),
    };
    let credential = credential_file::read(&file).map_err(|source| {
        let name = row.name.clone();
        ConnectionError::Credential { name, source }
    })?;
    with_credential(row, credential)
}

/// The connection of a row with a credential that is not stored yet.
pub(super) fn with_credential(
    row: &ConnectionRow,
    credential: Secret,
) -> Result<Connection, ConnectionError> {
    let invalid = || ConnectionError::Invalid(row.name.clone());
    Ok(Connection {
        provider: row.provider.parse().map_err(|_| invalid())?,
        url: ServerUrl::parse(&row.url).map_err(|_| invalid())?,
        user: row.user.clone(),
        credential,
        deployment: row.deployment.as_deref().and_then(Deployment::from_word),
    })
}
