//! The state of the session, without a request.

use chrono::{DateTime, Utc};

use super::credentials;
use super::server_choice::{ServerSource, chosen, named};
use super::session::{SessionError, at_issuer, environment_token};
use crate::http::ServerUrl;
use crate::world::{World, names};

/// The state of the session.
#[derive(Debug)]
pub(crate) struct Status {
    /// The control plane that commands talk to.
    pub server: Option<ServerUrl>,
    pub server_source: Option<ServerSource>,
    pub standing: Standing,
    pub username: Option<String>,
    pub team_slug: Option<String>,
    /// After this, requests renew the access token until `refresh_expires_at`.
    pub access_expires_at: Option<DateTime<Utc>>,
    pub refresh_expires_at: Option<DateTime<Utc>>,
}

/// Whether a request would be sent, and with which token.
#[derive(Debug)]
pub(crate) enum Standing {
    /// The session of the credentials file.
    LoggedIn,
    /// `SPEC_KITTY_TOKEN`.
    Environment,
    /// Nobody is logged in.
    LoggedOut,
    /// The last token of the session has expired.
    Expired,
    /// The stored session belongs to this other server.
    OtherServer(ServerUrl),
}

impl Standing {
    pub(crate) fn is_logged_in(&self) -> bool {
        matches!(self, Self::LoggedIn | Self::Environment)
    }
}

/// Reads environment, settings and credentials.
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
