//! `~/.spec-kitty/credentials` (DESIGN §4): TOML, mode 0600, the same format as spec-kitty 3.0.x,
//! so that a login there is a login here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use toml::{Table, Value};

use crate::fs::lock::{Lock, LockError, acquire};
use crate::fs::replace::{Mode, remove_leftovers, replace};
use crate::fs::{FsError, ensure_private_directory, require_private};
use crate::http::Server;
use crate::secret::Secret;
use crate::settings::toml_file;
use crate::wire::candidate::FieldError;
use crate::wire::response::TokenResponse;
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

/// Who logs in, where, and for which team; the server's own choice of team where none is given.
#[derive(Debug, Clone)]
pub struct Login {
    /// The control plane.
    pub server: Server,
    /// The user.
    pub username: Option<String>,
    /// The team.
    pub team_slug: Option<String>,
}

impl Credentials {
    /// The session that a login was answered with.
    pub(super) fn issued(
        world: &World,
        login: Login,
        tokens: TokenResponse,
    ) -> Result<Self, FieldError> {
        for (field, token) in [("access", &tokens.access), ("refresh", &tokens.refresh)] {
            if !is_token(token.expose()) {
                return Err(FieldError::new(field, "must be a token"));
            }
        }
        let end = |lifetime: Option<u64>| {
            let lifetime = TimeDelta::try_seconds(lifetime?.try_into().ok()?)?;
            world.now().checked_add_signed(lifetime)
        };
        Ok(Self {
            server: login.server,
            access: tokens.access,
            refresh: Some(tokens.refresh),
            access_expires_at: end(tokens.access_lifetime),
            refresh_expires_at: end(tokens.refresh_lifetime),
            username: login.username,
            team_slug: login.team_slug.or(tokens.team_slug),
        })
    }

    /// The same session with new tokens.
    pub(super) fn renewed(&self, world: &World, tokens: TokenResponse) -> Result<Self, FieldError> {
        let login = Login {
            server: self.server.clone(),
            username: self.username.clone(),
            team_slug: self.team_slug.clone(),
        };
        Self::issued(world, login, tokens)
    }
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

/// What may be changed in the file only by whoever holds this.
#[derive(Debug)]
pub struct WriteLock {
    _lock: Lock,
}

/// Waits for the right to change the file.
pub fn lock(world: &World, wait: Duration) -> Result<WriteLock, CredentialsError> {
    let folder = world.state_directory();
    ensure_private_directory(&folder)?;
    let lock = acquire(world, &folder.join("credentials.lock"), wait)?;
    // A killed writer may have left tokens.
    remove_leftovers(&path(world));
    Ok(WriteLock { _lock: lock })
}

/// Reads the session; `None` where nobody is logged in.
pub fn load(world: &World) -> Result<Option<Credentials>, CredentialsError> {
    let path = path(world);
    let Some(found) = metadata(&path)? else {
        return Ok(None);
    };
    require_private(&path, &found, 0o600)?;
    let Some(table) = toml_file::read(&path)? else {
        return Ok(None);
    };
    let session = table.and_then(|table| from_table(&table));
    session.map_err(|problem| CredentialsError::Broken { path, problem })
}

/// Writes the session in place of the old one. Keys that are not ours are kept.
pub fn store(
    world: &World,
    credentials: &Credentials,
    _lock: &WriteLock,
) -> Result<(), CredentialsError> {
    let path = path(world);
    // A broken file holds no session; a new login is what mends it.
    let mut table = toml_file::read(&path)?
        .and_then(Result::ok)
        .unwrap_or_default();
    fill(&mut table, credentials);
    replace(&path, table.to_string().as_bytes(), Mode::Private)?;
    Ok(())
}

/// Removes the session, and the file where nothing else is in it. Whether there was a file.
pub fn remove(world: &World, _lock: &WriteLock) -> Result<bool, CredentialsError> {
    let path = path(world);
    let Some(table) = toml_file::read(&path)? else {
        return Ok(false);
    };
    let mut rest = table.unwrap_or_default();
    for (section, keys) in SECTIONS {
        if let Some(Value::Table(values)) = rest.get_mut(section) {
            values.retain(|key, _| !keys.contains(&key));
            if values.is_empty() {
                rest.remove(section);
            }
        }
    }
    if rest.is_empty() {
        fs::remove_file(&path).map_err(FsError::on("remove", &path))?;
    } else {
        replace(&path, rest.to_string().as_bytes(), Mode::Private)?;
    }
    Ok(true)
}

/// Whether there is a file at all, whatever is in it.
pub fn exists(world: &World) -> Result<bool, CredentialsError> {
    Ok(metadata(&path(world))?.is_some())
}

/// Whether a text can be a token: it goes into a header as it is.
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// All that a session is made of.
const SECTIONS: [(&str, &[&str]); 3] = [
    (
        "tokens",
        &[
            "access",
            "refresh",
            "access_expires_at",
            "refresh_expires_at",
        ],
    ),
    ("user", &["username", "team_slug"]),
    ("server", &["url"]),
];

fn path(world: &World) -> PathBuf {
    world.state_directory().join("credentials")
}

fn metadata(path: &Path) -> Result<Option<fs::Metadata>, FsError> {
    match fs::metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FsError::on("read", path)(error)),
    }
}

fn from_table(table: &Table) -> Result<Option<Credentials>, String> {
    let token = |key| match toml_file::string(table, "tokens", key)? {
        None => Ok(None),
        Some(text) if is_token(&text) => Ok(Some(Secret::new(text))),
        Some(_) => Err(format!("`tokens.{key}` is not a token")),
    };
    let Some(access) = token("access")? else {
        return Ok(None);
    };
    let url = toml_file::string(table, "server", "url")?.ok_or("`server.url` is missing")?;
    Ok(Some(Credentials {
        server: Server::parse(&url).map_err(|error| format!("`server.url` is {error}"))?,
        access,
        refresh: token("refresh")?,
        access_expires_at: time(table, "access_expires_at")?,
        refresh_expires_at: time(table, "refresh_expires_at")?,
        username: toml_file::string(table, "user", "username")?,
        team_slug: toml_file::string(table, "user", "team_slug")?,
    }))
}

/// A time of RFC 3339, as a string or as TOML's own.
fn time(table: &Table, key: &str) -> Result<Option<DateTime<Utc>>, String> {
    let text = match toml_file::value(table, "tokens", key)? {
        None => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    DateTime::parse_from_rfc3339(&text)
        .map(|time| Some(time.to_utc()))
        .map_err(|_| format!("`tokens.{key}` is not a time"))
}

fn fill(table: &mut Table, credentials: &Credentials) {
    let secret = |secret: &Secret| secret.expose().to_owned();
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, false);
    let values = [
        [
            Some(secret(&credentials.access)),
            credentials.refresh.as_ref().map(secret),
            credentials.access_expires_at.map(time),
            credentials.refresh_expires_at.map(time),
        ]
        .to_vec(),
        vec![credentials.username.clone(), credentials.team_slug.clone()],
        vec![Some(credentials.server.to_string())],
    ];
    for ((section, keys), values) in SECTIONS.into_iter().zip(values) {
        let mut kept = match table.remove(section) {
            Some(Value::Table(kept)) => kept,
            _ => Table::new(),
        };
        for (key, value) in keys.iter().zip(values) {
            match value {
                Some(text) => kept.insert((*key).to_owned(), text.into()),
                None => kept.remove(*key),
            };
        }
        table.insert(section.to_owned(), kept.into());
    }
}

#[cfg(test)]
mod tests;
