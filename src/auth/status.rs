//! Who is logged in, without asking the network.

use chrono::{DateTime, Utc};

use super::credentials;
use super::server_choice::{ServerSource, chosen, named};
use super::session::{SessionError, at_issuer, environment_token};
use crate::http::Server;
use crate::world::{World, names};

/// What is known of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    /// The control plane that commands would speak with.
    pub server: Option<Server>,
    /// What chose it.
    pub server_source: Option<ServerSource>,
    /// Whether a request to it would carry a token that may still be good.
    pub standing: Standing,
    /// Who logged in, where that is known.
    pub username: Option<String>,
    /// The team.
    pub team_slug: Option<String>,
    /// When the access token ends; it is renewed by itself until the refresh token ends.
    pub access_expires_at: Option<DateTime<Utc>>,
    /// When the refresh token ends.
    pub refresh_expires_at: Option<DateTime<Utc>>,
}

/// How one stands with the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// With the session of the credentials file.
    LoggedIn,
    /// With `SPEC_KITTY_TOKEN`.
    Environment,
    /// Nobody is logged in.
    LoggedOut,
    /// The session's last token has ended.
    Expired,
    /// The session was issued by this other server.
    OtherServer(Server),
}

impl Standing {
    /// Whether requests would be sent.
    pub(crate) fn is_logged_in(&self) -> bool {
        matches!(self, Self::LoggedIn | Self::Environment)
    }
}

/// Looks at environment, settings and credentials.
pub(crate) fn look(world: &World, flag_server: Option<&str>) -> Result<Status, SessionError> {
    let mut status = Status {
        server: None,
        server_source: None,
        standing: Standing::LoggedOut,
        username: None,
        team_slug: None,
        access_expires_at: None,
        refresh_expires_at: None,
    };
    if environment_token(world)?.is_some() {
        let server = named(world, flag_server)?.ok_or(SessionError::TokenWithoutServer)?;
        status.server = Some(server.server);
        status.server_source = Some(server.source);
        status.standing = Standing::Environment;
        status.team_slug = world.variable(names::TEAM).map(str::to_owned);
        return Ok(status);
    }
    let wanted = chosen(world, flag_server)?;
    status.server = wanted.as_ref().map(|resolved| resolved.server.clone());
    status.server_source = wanted.as_ref().map(|resolved| resolved.source);
    let Some(session) = credentials::load(world)? else {
        return Ok(status);
    };
    let Ok(server) = at_issuer(&session, wanted.map(|resolved| resolved.server)) else {
        status.standing = Standing::OtherServer(session.server);
        return Ok(status);
    };
    status.server = Some(server);
    status
        .server_source
        .get_or_insert(ServerSource::Credentials);
    let last = match session.refresh {
        Some(_) => session.refresh_expires_at,
        None => session.access_expires_at,
    };
    status.standing = match last {
        Some(end) if end <= world.now() => Standing::Expired,
        _ => Standing::LoggedIn,
    };
    status.username = session.username;
    status.team_slug = session.team_slug;
    status.access_expires_at = session.access_expires_at;
    status.refresh_expires_at = session.refresh_expires_at;
    Ok(status)
}
