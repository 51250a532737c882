//! `~/.spec-kitty/credentials`: TOML, mode 0600, in the format of spec-kitty 3.0.x, so that both
//! programs share a login.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use toml::{Table, Value};

use crate::fs::lock::{Lock, LockError, acquire};
use crate::fs::replace::{Mode, remove_leftovers, replace};
use crate::fs::{FsError, ensure_private_directory, is_absent, require_private};
use crate::http::ServerUrl;
use crate::secret::Secret;
use crate::settings::toml_file;
use crate::wire::candidate::FieldError;
use crate::wire::response::TokenResponse;
use crate::world::World;

/// A session on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The control plane that issued the tokens. They are sent to no other.
    pub server: ServerUrl,
    pub access: Secret,
    /// `None` if the user provided the access token.
    pub refresh: Option<Secret>,
    pub access_expires_at: Option<DateTime<Utc>>,
    pub refresh_expires_at: Option<DateTime<Utc>>,
    pub username: Option<String>,
    pub team_slug: Option<String>,
}

/// A login: server, user and team. Without a team the server chooses one.
#[derive(Debug, Clone)]
pub struct Login {
    pub server: ServerUrl,
    pub username: Option<String>,
    pub team_slug: Option<String>,
}

impl Credentials {
    /// The session of a successful login.
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

/// Credentials that cannot be read or written. The messages contain no text of the file.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file breaks the format.
    #[error("invalid credentials in {}: {problem}", path.display())]
    Broken { path: PathBuf, problem: String },
    /// The file could not be read or replaced.
    #[error(transparent)]
    File(#[from] FsError),
    /// The lock could not be acquired.
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// Permission to change the file.
#[derive(Debug)]
pub struct WriteLock {
    _lock: Lock,
}

/// Waits for permission to change the file.
pub fn lock(world: &World, wait: Duration) -> Result<WriteLock, CredentialsError> {
    let folder = world.state_directory();
    ensure_private_directory(&folder)?;
    let lock = acquire(world, &folder.join("credentials.lock"), wait)?;
    // The temporary file of a killed writer contains tokens.
    remove_leftovers(&path(world));
    Ok(WriteLock { _lock: lock })
}

/// Reads the session; `None` if nobody is logged in.
pub fn load(world: &World) -> Result<Option<Credentials>, CredentialsError> {
    let path = path(world);
    match fs::metadata(&path) {
        Ok(metadata) => require_private(&path, &metadata, 0o600)?,
        Err(error) if is_absent(&error, &path) => return Ok(None),
        Err(error) => return Err(FsError::on("read", &path)(error).into()),
    }
    let table = toml_file::read(&path)?.unwrap_or_else(|| Ok(Table::new()));
    let session = table.and_then(|table| from_table(&table));
    session.map_err(|problem| CredentialsError::Broken { path, problem })
}

/// Replaces the stored session. Unknown keys of the file stay.
pub fn store(
    world: &World,
    credentials: &Credentials,
    _lock: &WriteLock,
) -> Result<(), CredentialsError> {
    let path = path(world);
    // A new login replaces a broken file.
    let mut table = toml_file::read(&path)?
        .and_then(Result::ok)
        .unwrap_or_default();
    let secret = |secret: &Secret| secret.expose().to_owned();
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, false);
    let values = [
        Some(secret(&credentials.access)),
        credentials.refresh.as_ref().map(secret),
        credentials.access_expires_at.map(time),
        credentials.refresh_expires_at.map(time),
        credentials.username.clone(),
        credentials.team_slug.clone(),
        Some(credentials.server.to_string()),
    ];
    for ((section, key), value) in KEYS.into_iter().zip(values) {
        let mut entries = match table.remove(section) {
            Some(Value::Table(entries)) => entries,
            _ => Table::new(),
        };
        match value {
            Some(text) => entries.insert(key.to_owned(), text.into()),
            None => entries.remove(key),
        };
        table.insert(section.to_owned(), entries.into());
    }
    replace(&path, table.to_string().as_bytes(), Mode::Private)?;
    Ok(())
}

/// Removes the session, and the file if it is then empty. Returns whether there was a file.
pub fn remove(world: &World, _lock: &WriteLock) -> Result<bool, CredentialsError> {
    let path = path(world);
    let Some(table) = toml_file::read(&path)? else {
        return Ok(false);
    };
    let mut rest = table.unwrap_or_default();
    for (section, key) in KEYS {
        if let Some(Value::Table(values)) = rest.get_mut(section) {
            values.remove(key);
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

/// Whether the file exists, valid or not.
pub fn exists(world: &World) -> Result<bool, CredentialsError> {
    let path = path(world);
    match fs::metadata(&path) {
        Ok(_) => Ok(true),
        Err(error) if is_absent(&error, &path) => Ok(false),
        Err(error) => Err(FsError::on("read", &path)(error).into()),
    }
}

/// Whether a text can be a token, which is sent in a header unchanged.
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The section and key of each value of a session.
const KEYS: [(&str, &str); 7] = [
    ("tokens", "access"),
    ("tokens", "refresh"),
    ("tokens", "access_expires_at"),
    ("tokens", "refresh_expires_at"),
    ("user", "username"),
    ("user", "team_slug"),
    ("server", "url"),
];

fn path(world: &World) -> PathBuf {
    world.state_directory().join("credentials")
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
        server: ServerUrl::parse(&url).map_err(|error| format!("`server.url` is {error}"))?,
        access,
        refresh: token("refresh")?,
        access_expires_at: time(table, "access_expires_at")?,
        refresh_expires_at: time(table, "refresh_expires_at")?,
        username: toml_file::string(table, "user", "username")?,
        team_slug: toml_file::string(table, "user", "team_slug")?,
    }))
}

/// An RFC 3339 time, as a string or as a TOML datetime.
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

#[cfg(test)]
mod tests;
